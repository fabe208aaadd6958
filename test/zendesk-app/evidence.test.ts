import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { SidebarTicket } from '../../src/features/sidebar/contract.ts';
import { choosableOf, matching } from '../../zendesk-app/src/choosable.ts';
import { evidenceOf } from '../../zendesk-app/src/evidence.ts';
import { localeOf } from '../../zendesk-app/src/locale.ts';
import { createSpeech, type Words } from '../../zendesk-app/src/words.ts';
import { attributionOf, choices, nord, sweden, ticketOf } from './answers.ts';

const speechOf = (language: string) => {
  const { sidebar } = JSON.parse(readFileSync(`zendesk-app/translations/${language}.json`, 'utf8')) as {
    sidebar: Words;
  };
  return createSpeech(sidebar, localeOf(language));
};
const english = speechOf('en');

type Attribution = NonNullable<SidebarTicket['attribution']>;
const evidence = (
  how: Attribution['how'],
  share: Partial<Attribution['shares'][number]> = {},
  confidence: Attribution['confidence'] = 'high',
): readonly (readonly string[])[] => {
  const shares = [{ partner: nord, region: sweden, ppm: 1_000_000, ...share }];
  return evidenceOf(ticketOf({ attribution: attributionOf({ shares, how, confidence }) }), english);
};

test('what both halves rest on is said once, with how sure it is', () => {
  expect(evidence({ partner: 'rule', region: 'rule' }, {}, 'medium')).toEqual([['By a rule', 'Medium confidence']]);
  expect(evidence({ partner: 'rule', region: 'unattributed' }, { region: null }, 'medium')).toEqual([
    ['By a rule', 'Medium confidence'],
  ]);
});

test('bug: of a partner that an agent chose and a region of recent orders the line spoke for one half alone', () => {
  expect(evidence({ partner: 'person', region: 'recent orders' })).toEqual([
    ['Partner: Chosen by an agent'],
    ["Region: From the customer's recent orders"],
  ]);
  expect(evidence({ partner: 'person', region: 'text' }, { partner: null })).toEqual([
    ['Partner: An agent said: no partner'],
    ['Region: From an order number in the message'],
  ]);
});

test('a region alone says that it is the region that is known; nothing known needs no line', () => {
  expect(evidence({ partner: 'unattributed', region: 'recent orders, region' }, { partner: null }, 'medium')).toEqual([
    ["Region: From the customer's recent orders", 'Medium confidence'],
  ]);
  expect(
    evidence({ partner: 'unattributed', region: 'unattributed' }, { partner: null, region: null }, 'none'),
  ).toEqual([]);
  expect(evidence({ partner: 'person', region: 'person' }, { partner: null, region: null })).toEqual([
    ['An agent said: no partner', 'High confidence'],
  ]);
});

const namesOf = (options: readonly string[] | null | undefined, speech = english) =>
  choosableOf('region', choices, options, speech).map(({ name }) => name);

test('countries without a group are offered where the field takes them, after the groups and by their names', () => {
  expect(namesOf(null)).toEqual(['Sweden', 'Germany', 'Brazil', 'United States']);
  expect(namesOf(null, speechOf('de'))).toEqual(['Sweden', 'Germany', 'Brasilien', 'Vereinigte Staaten']);
  expect(namesOf(['region_de', 'US'])).toEqual(['Sweden', 'Germany', 'United States']);
  // Not known yet.
  expect(namesOf(undefined)).toEqual(['Sweden', 'Germany']);
});

test('a group is found by the countries it holds', () => {
  const found = (search: string, language = 'en') =>
    matching(choosableOf('region', choices, null, speechOf(language)), search, language).map(({ code }) => code);
  expect(found('austria')).toEqual(['de']);
  expect(found('osterr', 'de')).toEqual(['de']);
  expect(found('united st')).toEqual(['US']);
  expect(found('usa')).toEqual(['US']);
  expect(found('aut')).toEqual(['de']);
});
