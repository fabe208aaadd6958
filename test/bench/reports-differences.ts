import type { Answer } from './reports-rivals.ts';

export interface Row {
  readonly partner: string | null;
  readonly region: string | null;
  readonly [figure: string]: unknown;
}
export interface Report {
  readonly rows: readonly Row[];
  readonly total: Row;
}

/** Below so many responses a report tells no score. */
const neededResponses = 30n;
/** Half of the last decimal that a report tells, and what binary numbers add to it. */
const asGoodAs = 5.001e-7;

const micros = (money: unknown): string | null =>
  (money as { amount: string } | null)?.amount.replace('.', '').replace(/^(-?)0+(?=\d)/, '$1') ?? null;
/** In units of the currency, whose last decimal is a micro. */
const units = (money: unknown): number | null => {
  const amount = (money as { amount: string } | null)?.amount;
  return amount === undefined ? null : Number(amount);
};
/** Where orders lack an exchange rate the report may tell nothing, a rival zero. */
const netMicros = ({ netRevenue, unpricedOrders }: Row): string | null =>
  netRevenue === null && Number(unpricedOrders) > 0 ? '0' : micros(netRevenue);

/** A rival's whole numbers of a cell, or of all; what it has no row of is nothing. */
const countsOf = (answers: readonly Answer[]) => {
  const of = (name: string): bigint => answers.reduce((sum, answer) => sum + BigInt(answer[name] ?? 0), 0n);
  const attributed = answers.filter(({ partner, region }) => (partner ?? region ?? null) !== null);
  return {
    tickets: of('tickets'),
    attributed: attributed.reduce((sum, { tickets }) => sum + BigInt(tickets ?? 0), 0n),
    worked: of('worked'),
    us: of('us'),
    cost: of('cost'),
    measured: of('measured'),
    orders: of('orders'),
    returns: of('returns'),
    net: of('revenue') - of('refunded'),
    scores: of('scores'),
    top: of('top'),
    delivered: of('delivered'),
    answered: of('answered'),
    capped: of('capped'),
    unpriced: of('unpriced'),
    unpricedOrders: of('unpriced_orders'),
  };
};
type Counts = ReturnType<typeof countsOf>;

const things = (ppm: bigint): number => Number(ppm) / 1e6;

/** Counts and money to the last digit. */
const exact = (row: Row, theirs: Counts): readonly (readonly [string, unknown, unknown])[] => [
  ['tickets', row.tickets, things(theirs.tickets)],
  ['ticketsWorked', row.ticketsWorked, things(theirs.worked)],
  ['handledSeconds', row.handledSeconds, things(theirs.us)],
  ['supportCost', micros(row.supportCost), String(theirs.cost)],
  ['orders', row.orders, things(theirs.orders)],
  ['returns', row.returns, things(theirs.returns)],
  ['netRevenue', netMicros(row), String(theirs.net)],
  ['responses', (row.csat as { n?: number }).n, Number(theirs.scores)],
  ['cappedEntries', row.cappedEntries, Number(theirs.capped)],
  ['unpricedEntries', row.unpricedEntries, Number(theirs.unpriced)],
  ['unpricedOrders', row.unpricedOrders, Number(theirs.unpricedOrders)],
];

/** What the rival divides by what, exactly, to the last decimal that the report tells; by nothing is null. */
const divided = (row: Row, theirs: Counts, all: Counts): readonly (readonly [string, unknown, bigint, bigint])[] => {
  const csat = row.csat as { topTwoBox?: number; responseRate?: number };
  const isScored = theirs.scores >= neededResponses;
  return [
    ['returnRate', row.returnRate, theirs.returns, theirs.orders],
    ['contactRate', row.contactRate, theirs.tickets * 100n, theirs.orders],
    ['ahtSeconds', row.ahtSeconds, theirs.us, theirs.worked],
    // Micros for a millionth of a thing are units of the currency for a whole one.
    ['costPerTicket', units(row.costPerTicket), theirs.cost, theirs.worked],
    ['costPerOrder', units(row.costPerOrder), theirs.cost, theirs.orders],
    ['costMultiple', row.costMultiple, theirs.cost * all.worked, all.cost * theirs.worked],
    ['costShareOfRevenue', row.costShareOfRevenue, theirs.cost, theirs.net > 0n ? theirs.net : 0n],
    ['measuredShare', row.measuredShare, theirs.measured, theirs.cost],
    ['attributedShare', row.attributedShare, theirs.attributed, theirs.tickets],
    ['topTwoBox', csat.topTwoBox ?? null, theirs.top, isScored ? theirs.scores : 0n],
    ['responseRate', csat.responseRate ?? null, theirs.answered, isScored ? theirs.delivered : 0n],
  ];
};

const isAsTold = (ours: unknown, above: bigint, below: bigint): boolean => {
  if (below === 0n || typeof ours !== 'number') return below === 0n && ours === null;
  const right = Number(above) / Number(below);
  return Math.abs(ours - right) <= asGoodAs * Math.max(1, Math.abs(right) / 1e6);
};

const inRow = (name: string, row: Row, theirs: Counts, all: Counts): string[] => [
  ...exact(row, theirs).flatMap(([figure, ours, right]) =>
    ours === right ? [] : [`${name} ${figure}: ${ours} and ${right}`],
  ),
  ...divided(row, theirs, all).flatMap(([figure, ours, above, below]) =>
    isAsTold(ours, above, below) ? [] : [`${name} ${figure}: ${ours} and ${above} / ${below}`],
  ),
];

const nameOf = ({ partner, region }: Pick<Row, 'partner' | 'region'>): string => `${partner} ${region}`;

/** What differs between the report and a rival's answer, in every column that both tell, row by row and in the sum of all. */
export const differences = ({ rows, total }: Report, answers: readonly Answer[]): string[] => {
  const byCell = new Map(
    answers.map((answer) => [nameOf({ partner: answer.partner ?? null, region: answer.region ?? null }), answer]),
  );
  const all = countsOf(answers);
  const odd = rows.flatMap((row) => {
    const name = nameOf(row);
    const answer = byCell.get(name);
    byCell.delete(name);
    return inRow(name, row, countsOf(answer ? [answer] : []), all);
  });
  const missing = [...byCell].flatMap(([name, { partner: _, region: __, ...counts }]) =>
    Object.values(counts).some((value) => /[1-9]/.test(value ?? '')) ? [`${name}: not in the report`] : [],
  );
  return [...odd, ...missing, ...inRow('total', total, all, all)];
};
