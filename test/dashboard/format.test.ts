import currencies from 'currency-codes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatMicros } from '../../src/core/money.ts';
import type { Money } from '../../src/dashboard/api-types.d.ts';
import { amountText, decimalText, percentText } from '../../src/readable.ts';
import { createFormat } from '../../zendesk-app/src/format.ts';

/** The page is JavaScript, whose types are its own project's. */
const {
  amount,
  number,
  percent,
  useMinorDigits,
}: {
  amount(money: Money): string;
  number(value: number, places?: number): string;
  percent(share: number, places?: number): string;
  useMinorDigits(digits: Readonly<Record<string, number>>): void;
} = await import(new URL('../../src/dashboard/format.js', import.meta.url).href);

const sidebar = createFormat('en-US');
/** Without the currency's name and the separators of each screen. */
const digits = (text: string): string => text.replaceAll(/[^\d.-]/g, '');

/** As the page gets them from /api/v1/basis. */
const isoDigits = Object.fromEntries(currencies.data.map(({ code, digits: minor }) => [code, minor]));

describe('the page, the sidebar and the command line round alike', () => {
  test('bug: an amount between two cents was another in the sidebar than on the page', () => {
    useMinorDigits(isoDigits);
    const money = { amount: '12.345000', currency: 'USD' };
    expect([amount(money), digits(sidebar.money(money)), amountText(money)]).toEqual(['12.34', '12.34', '12.34']);
  });

  test('any amount of any currency, to its minor digits of ISO 4217', () => {
    useMinorDigits(isoDigits);
    const codes = currencies.data.map(({ code }) => code).filter((code) => !/^X(?!AF|CD|OF|PF)/.test(code));
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 13n), max: 10n ** 13n }), fc.constantFrom(...codes), (micros, currency) => {
        const money = { amount: formatMicros(micros), currency };
        expect(digits(sidebar.money(money)), currency).toBe(digits(amount(money)));
        expect(digits(amountText(money)), currency).toBe(digits(amount(money)));
      }),
    );
    expect(codes.length).toBeGreaterThan(150);
  });

  test('bug: 57.5 % was 57 % on the page, 58 % in the sidebar, and 81.25 % was 81.3 % at a terminal', () => {
    expect([percent(0.575), sidebar.percent(0.575)].map(digits)).toEqual(['58', '58']);
    expect([percent(0.8125, 1), percentText(0.8125)].map(digits)).toEqual(['81.2', '81.2']);
    expect([number(2.25, 1), sidebar.multiple(2.25), decimalText(2.25, 1)].map(digits)).toEqual(['2.2', '2.2', '2.2']);
  });

  test('any share, as it is told', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_000_000 }), (millionths) => {
        const share = millionths / 1e6;
        expect(digits(sidebar.percent(share))).toBe(digits(percent(share)));
        expect(digits(percentText(share))).toBe(digits(percent(share, 1)));
      }),
    );
  });
});
