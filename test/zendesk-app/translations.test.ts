import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { orderStatuses, sidebarTicketAnswer } from '../../src/features/sidebar/contract.ts';
import { languages } from '../../zendesk-app/src/locale.ts';
import {
  confidenceName,
  flagWords,
  howName,
  reasonName,
  statusName,
  translatedRules,
} from '../../zendesk-app/src/names.ts';
import type { Words } from '../../zendesk-app/src/words.ts';

const folder = 'zendesk-app/translations';
type Texts = { [key: string]: string | Texts };
const read = (language: string) => JSON.parse(readFileSync(`${folder}/${language}.json`, 'utf8')) as Texts;

const leavesOf = (texts: Texts, path = ''): [path: string, text: string][] =>
  Object.entries(texts).flatMap(([key, value]) =>
    typeof value === 'string' ? [[`${path}${key}`, value] as [string, string]] : leavesOf(value, `${path}${key}.`),
  );
const placeholdersIn = (text: string) => (text.match(/\{\w+\}/g) ?? []).toSorted();

const english = new Map(leavesOf(read('en')));
const words = read('en').sidebar as unknown as Words;

test('there is a file for each language and none besides', () => {
  expect(readdirSync(folder).toSorted()).toEqual(languages.map((language) => `${language}.json`).toSorted());
  expect(english.size).toBeGreaterThan(100);
});

test.each(languages.filter((language) => language !== 'en'))(
  '%s says everything, with the same values in it',
  (language) => {
    const texts = new Map(leavesOf(read(language)));
    expect([...texts.keys()]).toEqual([...english.keys()]);
    for (const [path, text] of texts) {
      expect(text.trim(), path).toBe(text);
      expect(text, path).not.toBe('');
      expect(placeholdersIn(text), path).toEqual(placeholdersIn(english.get(path) ?? ''));
    }
    // A file that was copied and never translated.
    const isSentence = (text: string): boolean => /\p{L}\s|\s\p{L}/u.test(text.replaceAll(/\{\w+\}/g, ''));
    const same = [...texts].filter(([path, text]) => text === english.get(path) && isSentence(text));
    expect(same.map(([path]) => path)).toEqual([]);
  },
);

test('whatever code the service may answer has a word', () => {
  const { method, confidence } = sidebarTicketAnswer.shape.attribution.unwrap().shape;
  for (const one of method.exclude(['unattributed']).options) expect(howName(one, words)).toBeTruthy();
  for (const one of confidence.options) expect(confidenceName(one, words) !== null).toBe(one !== 'none');
  const names = Object.values(words.orderStatus);
  expect(orderStatuses.map((status) => statusName(status, words)).toSorted()).toEqual(names.toSorted());
  expect(statusName(null, words)).toBeNull();
  expect(reasonName('return', words)).toBe('Return');
  expect(reasonName('warranty', words)).toBe('warranty');
});

test('a flag is told in the reader’s language as long as its rule is the one that was translated', () => {
  const rules = readFileSync('src/features/reports/metrics.ts', 'utf8');
  const multiple = /const dearMultiple = (\d+);/.exec(rules)?.[1] ?? '';
  const worded = rules.replaceAll(/\$\{dearMultiple\}/g, multiple);
  for (const [code, rule] of Object.entries(translatedRules)) {
    expect(worded).toContain(rule);
    expect(flagWords({ code: code as keyof typeof translatedRules, rule }, words).rule).not.toBe(rule);
  }
  expect(flagWords({ code: 'cost_multiple', rule: 'at least 3 x' }, words)).toEqual({
    title: 'Costly partner',
    rule: 'at least 3 x',
  });
});

test('bug: Japanese said "updated in now" and "2.1 × of the average"', () => {
  const { sidebar } = read('ja') as unknown as { sidebar: Words };
  expect(sidebar.updatedNow).toBe('たった今更新');
  expect(sidebar.partner.multiple).toBe('平均の{multiple}倍');
});
