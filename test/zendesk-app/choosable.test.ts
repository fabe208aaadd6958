import { expect, test } from 'vitest';
import { matching } from '../../zendesk-app/src/choosable.ts';
import { choices } from './answers.ts';

test('the search knows names, codes, aliases and letters without their marks', () => {
  const list = [...choices.partners, { code: 'moebel', name: 'Möbel Süd', values: [], aliases: [] }];
  const found = (search: string) => matching(list, search, 'de').map(({ code }) => code);
  expect(found('')).toEqual(['nord', 'sud', 'moebel']);
  expect(found('nordwohn')).toEqual(['nord']);
  expect(found('sud')).toEqual(['sud', 'moebel']);
  expect(found('sud mobel')).toEqual(['moebel']);
  expect(found('x')).toEqual([]);
});

test('bug: "UK" found Ukraine and "us" Australia: first comes what is called so, then what begins so', () => {
  const of = (code: string, name: string, ...aliases: string[]) => ({ code, name, values: [], aliases });
  const list = [
    of('AU', 'Australia'),
    of('UA', 'Ukraine'),
    of('GB', 'United Kingdom', 'UK'),
    of('US', 'United States'),
  ];
  const found = (search: string) => matching(list, search, 'en').map(({ code }) => code);
  expect(found('uk')).toEqual(['GB', 'UA']);
  expect(found('US')).toEqual(['US', 'AU']);
  expect(found('gb')).toEqual(['GB']);
  expect(found('u')[0]).toBe('UA');
});
