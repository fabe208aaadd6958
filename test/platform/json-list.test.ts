import { expect, test } from 'vitest';
import { InvalidInput } from '../../src/core/errors.ts';
import { readJsonList } from '../../src/platform/json-list.ts';

const read = (text: string) => readJsonList(text, { what: 'The rules', name: 'rules', example: '[{"a": 1}]' });

test('reads a list, what the API tells of one, and what an editor put before it', () => {
  expect(read('[1]')).toEqual([1]);
  expect(read('{"rules": [1]}')).toEqual([1]);
  expect(read('\uFEFF[1]')).toEqual([1]);
});

test.each([
  ['[', /^The rules are not JSON; .*\[{"a": 1}\]/],
  ['{"rules": [], "more": 1}', /^The rules must be a JSON list/],
  ['{"rules": {}}', /^The rules must be a JSON list of rules such as/],
  ['{"others": []}', /^The rules must be a JSON list/],
  ['null', /^The rules must be a JSON list/],
])('refuses %s and says what it should be', (text, words) => {
  expect(() => read(text)).toThrow(words);
  expect(() => read(text)).toThrow(InvalidInput);
});
