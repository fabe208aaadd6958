import type { SandboxHistory } from '../../../src/sandbox/index.ts';
import { dealOut, type Fraction, minus, times, toEven } from './numbers.ts';
import type { MappingRule, Setup } from './setup.ts';

type Record_ = ReturnType<SandboxHistory['orders']>[number];

export interface Part {
  readonly partner: string | null;
  readonly ppm: bigint;
}

export interface Order {
  readonly id: number;
  /** What a customer may call it. */
  readonly numbers: readonly string[];
  readonly placedMs: number;
  readonly statusId: number;
  readonly email: string;
  /** Its own and that of the account, which is opened with the first order. */
  readonly addresses: readonly string[];
  readonly customerId: number;
  readonly country: string;
  readonly region: string;
  readonly parts: readonly Part[];
  /** What a customer may name of it, whose that is, and what it cost the company, in micros of the order's currency (null: not told). */
  readonly lines: readonly {
    readonly words: readonly string[];
    readonly partner: string | null;
    readonly cost: bigint | null;
  }[];
  readonly counted: boolean;
  readonly day: string;
  /** In micros of the reporting currency; null without an exchange rate. */
  readonly revenue: bigint | null;
  /** Before discounts. */
  readonly gross: bigint | null;
  readonly withCoupon: boolean;
  readonly locale: string;
  /** Its revenue in micros of its own currency. */
  readonly net: bigint;
  readonly fx: Fraction | null;
  readonly refunds: readonly { readonly day: string; readonly micros: bigint | null }[];
}

const whole = 1_000_000n;
/** Behind every code. */
const unknownName = '\uffff';

const cents = (amount: number): bigint => BigInt(Math.round(amount * 100));

/** Net of tax, after the order's discount, in hundredths. */
const lineNet = (order: Record_, index: number): Fraction => {
  const line = order.amounts.lines[index];
  if (!line) throw new RangeError(`order ${order.id} has no line ${index}`);
  const net = order.input.taxInclusive ? line.incCents - line.taxCents : line.exCents;
  return times([BigInt(net), 1n], [BigInt(line.incCents - line.discountIncCents), BigInt(line.incCents)]);
};

/** What was taken off the lines, tax out, in micros of the order's currency. */
const discountMicros = (order: Record_): bigint => {
  const parts = order.amounts.lines.map((line, index) => {
    const before = order.input.taxInclusive ? line.incCents - line.taxCents : line.exCents;
    return minus([BigInt(before), 1n], lineNet(order, index));
  });
  return toEven(
    times(
      parts.reduce(([a, b], [c, d]) => [a * d + c * b, b * d] as const, [0n, 1n]),
      [10_000n, 1n],
    ),
  );
};

const valueAt = ({ from }: MappingRule, { input }: Record_): string | null => {
  switch (from.place) {
    case 'metafield':
      return (
        input.metafields.find(
          ({ namespace, key, permissionSet }) =>
            namespace === from.namespace && key === from.key && permissionSet !== 'app_only',
        )?.value ?? null
      );
    case 'form_field':
      return input.formFields.find(({ name }) => name === from.name)?.value ?? null;
    case 'external_source':
      return input.externalSource;
    case 'channel':
      return String(input.channelId);
    default:
      return null;
  }
};

/** Whose an order is: the first rule that yields a value decides (RULES.md section 2). */
const partsOf = (order: Record_, setup: Setup): Part[] => {
  const named = (rule: MappingRule, raw: string): string | null => setup.partnerOf(rule.values[raw] ?? raw);
  for (const rule of setup.mappingRules) {
    if (rule.from.place !== 'line_brand') {
      const raw = valueAt(rule, order);
      if (raw) return [{ partner: named(rule, raw), ppm: whole }];
      continue;
    }
    const { lines } = order.input;
    if (!lines.some(({ brand }) => brand !== '')) continue;
    const nets = lines.map((_, index) => lineNet(order, index));
    const common = nets.reduce((product, [, below]) => product * below, 1n);
    const weights = new Map<string, bigint>();
    for (const [index, { brand }] of lines.entries()) {
      const [above, below] = nets[index] ?? [0n, 1n];
      const name = (brand !== '' && named(rule, brand)) || unknownName;
      weights.set(name, (weights.get(name) ?? 0n) + (above * common) / below);
    }
    const shares = [...weights].map(([name, weight]) => ({ name, weight }));
    const ppm = dealOut(whole, shares);
    return shares.map(({ name }, index) => ({ partner: name === unknownName ? null : name, ppm: ppm[index] ?? 0n }));
  }
  return [{ partner: 'direct', ppm: whole }];
};

/** Lines are somebody's of their own only where the brands decide. */
const linesOf = (order: Record_, setup: Setup): Order['lines'] => {
  const rule = setup.mappingRules.find(({ from }) => from.place === 'line_brand');
  return order.input.lines.map(({ sku, name, brand, costCents = 0, quantity }) => ({
    words: [sku, name],
    cost: costCents === 0 ? null : BigInt(costCents * quantity) * 10_000n,
    partner: rule && brand !== '' ? setup.partnerOf(rule.values[brand] ?? brand) : null,
  }));
};

export const readOrders = (history: SandboxHistory, setup: Setup): Order[] => {
  const accounts = new Map<number, string>();
  for (const { input } of history.orders())
    if (!accounts.has(input.customerId)) accounts.set(input.customerId, input.email);
  return history.orders().map((order) => {
    const { input, amounts, id } = order;
    const day = setup.dayOf(input.placedAtMs);
    const fx = setup.exchange(input.currency, day);
    const net = input.taxInclusive ? amounts.totalIncCents - amounts.totalTaxCents : amounts.totalExCents;
    const toMicros = (hundredths: Fraction): bigint | null => fx && toEven(times(hundredths, [10_000n, 1n], fx));
    return {
      id,
      numbers: [String(id), input.externalOrderId].filter((number) => number !== ''),
      placedMs: input.placedAtMs,
      statusId: order.statusId,
      email: input.email.toLowerCase(),
      addresses: [input.email, ...(input.customerId === 0 ? [] : [accounts.get(input.customerId) ?? ''])].map(
        (address) => address.toLowerCase(),
      ),
      customerId: input.customerId,
      country: input.countryIso2,
      region: setup.regionOf(input.countryIso2),
      parts: partsOf(order, setup),
      lines: linesOf(order, setup),
      counted: ![0, 5, 6].includes(order.statusId),
      day,
      revenue: toMicros([BigInt(net), 1n]),
      gross: toMicros([discountMicros(order) + BigInt(net) * 10_000n, 10_000n]),
      withCoupon: input.discountCents > 0,
      locale: input.locale,
      net: BigInt(net) * 10_000n,
      fx,
      refunds: order.refunds.flatMap((refund) => {
        const paid = refund.payments.reduce(
          (sum, { amount, is_declined }) => sum + (is_declined ? 0n : cents(amount)),
          0n,
        );
        if (paid === 0n) return [];
        const tax = times([cents(refund.total_tax), 1n], [paid, cents(refund.total_amount)]);
        return [{ day: setup.dayOf(Date.parse(refund.created)), micros: toMicros(minus([paid, 1n], tax)) }];
      }),
    };
  });
};
