import { expect, test } from 'vitest';
import { InvalidInput } from '../src/core/errors.ts';
import { parseHelpdesks } from '../src/demo.ts';

test('the helpdesks of a demo are named with commas, each once', () => {
  expect(parseHelpdesks('zendesk')).toEqual(['zendesk']);
  expect(parseHelpdesks('kustomer, zendesk,kustomer')).toEqual(['zendesk', 'kustomer']);
});

test('a name that is no helpdesk of the demo is told, with those that are', () => {
  for (const text of ['freshdesk', '', 'zendesk,', 'zendesk;gorgias'])
    expect(() => parseHelpdesks(text)).toThrow(InvalidInput);
  expect(() => parseHelpdesks('zendesk,freshdesk')).toThrow(/"freshdesk".*zendesk, gorgias, kustomer/);
});
