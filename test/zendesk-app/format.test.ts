import { expect, test } from 'vitest';
import { createFormat, daysIn } from '../../zendesk-app/src/format.ts';
import { fill, languages, localeOf } from '../../zendesk-app/src/locale.ts';
import { sharesBy } from '../../zendesk-app/src/shares.ts';
import { drawingOf } from '../../zendesk-app/src/sparkline-path.ts';
import { attributionOf, nord, sud, sweden } from './answers.ts';

test('figures are written as readers of the language write them', () => {
  const english = createFormat('en-US');
  expect(english.money({ amount: '8.415000', currency: 'USD' })).toBe('$8.42');
  expect(english.money({ amount: '-49.500000', currency: 'USD' })).toBe('-$49.50');
  expect(english.multiple(2.4)).toBe('2.4');
  expect(english.multiple(2)).toBe('2.0');
  expect(english.percent(0.8)).toBe('80%');
  expect(english.number(4.02)).toBe('4');
  expect(english.day('2026-05-04')).toBe('May 4, 2026');
  const german = createFormat('de');
  expect(german.money({ amount: '1234.500000', currency: 'EUR' })).toBe('1.234,50\u00a0€');
  expect(german.percentRange(0.627, 0.905)).toMatch(/^63.*90\s?%$/);
  expect(createFormat('ja').money({ amount: '1500.000000', currency: 'JPY' })).toMatch(/1,500$/);
});

test.each([
  ['2026-05-04T10:00:00Z', null],
  ['2026-05-04T09:59:01Z', null],
  ['2026-05-04T09:58:00Z', '2 minutes ago'],
  ['2026-05-04T07:01:00Z', '2 hours ago'],
  ['2026-05-01T10:00:00Z', '3 days ago'],
  // The server's clock is ahead.
  ['2026-05-04T10:05:00Z', null],
])('%s is %s', (iso, age) => {
  expect(createFormat('en').age(iso, Date.parse('2026-05-04T10:00:00Z'))).toBe(age);
});

test('a period has both its ends', () => {
  expect(daysIn({ from: '2026-02-04', to: '2026-05-04' })).toBe(90);
  expect(daysIn({ from: '2026-05-04', to: '2026-05-04' })).toBe(1);
});

test.each([
  ['en-GB', 'en', 'en-GB'],
  ['de', 'de', 'de'],
  ['es-419', 'es', 'es-419'],
  ['fr-ca', 'fr', 'fr-CA'],
  ['pt-BR', 'pt-br', 'pt-BR'],
  ['pt', 'pt-br', 'pt'],
  ['ar', 'ar', 'ar'],
  ['zh-tw', 'en', 'en'],
  ['sv-x-!', 'sv', 'sv'],
  [undefined, 'en', 'en'],
])('an agent who reads %j is shown %s and dates of %s', (asked, language, formats) => {
  expect(localeOf(asked)).toEqual({ language, formats, direction: language === 'ar' ? 'rtl' : 'ltr' });
});

test('every language can write its figures', () => {
  for (const language of languages) expect(createFormat(localeOf(language).formats).percent(0.5)).toMatch(/50|٥٠/);
});

test('texts are filled, and from right to left each value keeps its own order', () => {
  expect(fill('{n} of {needed}', { n: '12', needed: '30' })).toBe('12 of 30');
  expect(fill('{n} {other}', { n: '$&' })).toBe('$& {other}');
  expect(fill('#{n}', { n: '1' }, 'rtl')).toBe('#\u20681\u2069');
});

test('shares are added up by partner or region, the largest first', () => {
  const attribution = attributionOf({
    shares: [
      { partner: nord, region: sweden, ppm: 300_000 },
      { partner: sud, region: sweden, ppm: 500_000 },
      { partner: nord, region: null, ppm: 200_000 },
    ],
  });
  expect(sharesBy('partner', attribution)).toEqual([
    { code: 'nord', name: 'Nord', share: 0.5 },
    { code: 'sud', name: 'Sud', share: 0.5 },
  ]);
  expect(sharesBy('region', attribution).map(({ code, share }) => [code, share])).toEqual([
    ['se', 0.8],
    [null, 0.2],
  ]);
  expect(sharesBy('partner', null)).toEqual([]);
});

test('a sparkline leaves gaps, dots what stands alone and the latest week, and always has the average in it', () => {
  const box = { width: 100, height: 20, margin: 0 };
  expect(drawingOf([1, 2, null, 2, null, 3], box)).toEqual({
    line: 'M0 20L20 10M60 10M100 0',
    dots: [
      { x: 60, y: 10 },
      { x: 100, y: 0 },
    ],
    averageY: 20,
  });
  expect(drawingOf([1, 1], box)).toMatchObject({ averageY: 10, line: 'M0 10L100 10' });
  expect(drawingOf([], box)).toEqual({ line: '', dots: [], averageY: 10 });
});
