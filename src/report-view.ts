import type { ConnectionStatus } from './features/ingest/index.ts';
import type { HeldDays, PartnerReport, PayrollLine, ReportRow } from './features/reports/index.ts';
import {
  amountText,
  type Column,
  dash,
  decimalText,
  instantText,
  moneyText,
  percentText,
  textTable,
} from './readable.ts';

const decimals = (value: number | null, places: number): string => (value === null ? dash : decimalText(value, places));
const percent = (share: number | null): string => (share === null ? dash : percentText(share));
/** Tickets and orders count by shares. */
const count = (value: number): string => decimalText(value, Number.isInteger(value) ? 0 : 1);
const minutes = (seconds: number | null): string => (seconds === null ? dash : `${decimalText(seconds / 60, 1)} min`);

/** Too few answers have no score. */
const csatText = ({ csat }: ReportRow): string => `${'topTwoBox' in csat ? percent(csat.topTwoBox) : dash} (${csat.n})`;

const partnerText = ({ partner, folded }: ReportRow): string =>
  folded ? '(several)' : partner === null ? 'Unattributed' : partner === 'direct' ? 'Direct' : partner;

type Line = ReportRow & { readonly isTotal?: true };

/** The few figures that a manager asks for; what there is room for last goes first. */
const reportColumns = ({ groupBy, currency }: PartnerReport): Column<Line>[] => {
  const names: Column<Line>[] = groupBy.map((dimension, at) => ({
    name: dimension,
    of: (row) => {
      if (row.isTotal) return at === 0 ? 'Total' : '';
      return dimension === 'partner' ? partnerText(row) : (row.region ?? 'none');
    },
  }));
  return [
    ...names,
    { name: 'tickets', of: (row) => count(row.tickets) },
    { name: 'worked on', of: (row) => count(row.ticketsWorked), spare: 10 },
    { name: '/100 orders', of: (row) => decimals(row.contactRate, 2), spare: 4 },
    { name: 'AHT', of: (row) => minutes(row.ahtSeconds), spare: 5 },
    { name: `cost ${currency}`, of: (row) => amountText(row.supportCost) },
    { name: 'per ticket', of: (row) => amountText(row.costPerTicket) },
    { name: 'x average', of: (row) => decimals(row.costMultiple, 2) },
    { name: 'per order', of: (row) => amountText(row.costPerOrder), spare: 6 },
    { name: 'orders', of: (row) => count(row.orders), spare: 7 },
    { name: 'net revenue', of: (row) => amountText(row.netRevenue), spare: 8 },
    { name: 'of revenue', of: (row) => percent(row.costShareOfRevenue), spare: 3 },
    { name: 'measured', of: (row) => percent(row.measuredShare), spare: 2 },
    { name: 'CSAT (n)', of: csatText, spare: 9 },
    { name: 'flags', of: (row) => row.flags.map(({ code }) => code.replace('_', ' ')).join(', '), spare: 1 },
  ];
};

const plural = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`;

/** What the figures rest on, and what is in none of them. */
const coverageLines = ({ total }: PartnerReport): string[] => {
  const lacking = [
    ...(total.unpricedEntries > 0
      ? [`${plural(total.unpricedEntries, 'work entry', 'work entries')} without a rate or an exchange rate`]
      : []),
    ...(total.unpricedOrders > 0
      ? [`${plural(total.unpricedOrders, 'order', 'orders')} without an exchange rate`]
      : []),
  ];
  return [
    `Coverage: ${total.measuredShare === null ? 'no cost' : `${percent(total.measuredShare)} of the cost is measured, the rest estimated`}; ` +
      `${total.attributedShare === null ? 'no tickets' : `${percent(total.attributedShare)} of the tickets have a partner or a region`}.`,
    ...(lacking.length > 0 ? [`In no figure: ${lacking.join('; ')}. \`deskledger doctor\` says what to do.`] : []),
    ...(total.cappedEntries > 0
      ? [`Above the cap and not costed: a part of ${plural(total.cappedEntries, 'work entry', 'work entries')}.`]
      : []),
  ];
};

/** Whose cells are too small to stand alone, and why. */
const foldedLines = ({ rows }: PartnerReport): string[] =>
  rows.flatMap(({ region, folded }) =>
    folded ? [`Several under ${region ?? 'no region'}, ${folded.reason}: ${folded.partners.join(', ')}.`] : [],
  );

/** That not all is held of the report's days, and who lacks it; nothing where all is. */
const heldLines = ({ held: { unknown, partlyKnown, heldUpBy } }: HeldDays): string[] => {
  const sides = [...unknown, ...partlyKnown];
  if (sides.length === 0) return [];
  const names = [...new Set(heldUpBy.flatMap(({ connections }) => connections))];
  return [
    `Not held whole on these days: ${sides.join(', ')}${names.length === 0 ? '' : ` (${names.join(', ')})`}. What rests on them is of what is held, and rates may be far off; \`deskledger doctor\` says what keeps it, \`deskledger backfill\` reads what is older.`,
  ];
};

/** The same of a seal, as it was when that was made. */
const sealedHeldLines = ({ seal }: PartnerReport): string[] =>
  seal?.notHeld?.length
    ? [
        `Not held whole when it was sealed: ${seal.notHeld.join(', ')}. What rests on them is of what was held, and rates may be far off; \`deskledger seal --revise\` takes up what was read since.`,
      ]
    : [];

/** The partner report for a person at a terminal of that width; amounts are rounded. */
export const reportLines = (
  report: PartnerReport,
  width?: number,
  days: HeldDays | null = null,
  fxDay?: string,
): string[] => {
  const { from, to, timeZone, currency, seal, total } = report;
  const asOf = seal ? `, as sealed ${instantText(seal.asOf)}, revision ${seal.revision}` : '';
  return [
    `Support cost, ${from} to ${to} (${timeZone})${days?.partial ? ', not over yet' : ''}, in ${currency}${fxDay === undefined ? '' : ` at the exchange rates of ${fxDay}`}${asOf}`,
    '',
    ...textTable<Line>(reportColumns(report), report.rows, { total: { ...total, isTotal: true }, width }),
    '',
    ...coverageLines(report),
    ...foldedLines(report),
    ...(days ? heldLines(days) : sealedHeldLines(report)),
  ];
};

/** What was costed of what was paid, in a line; amounts are rounded. */
export const payrollWords = ({ month, costed, paid, difference, utilisation }: PayrollLine): string => {
  if (paid === null || difference === null)
    return `Payroll of ${month}: ${moneyText(costed)} was costed on tickets; what was paid cannot be told for want of an exchange rate before the month's last day. \`deskledger import fx\` brings one.`;
  const part = utilisation === null ? '' : `, ${percent(utilisation)}`;
  const rest = difference.amount.startsWith('-')
    ? `${moneyText(difference).slice(1)} more than was paid: look at \`deskledger export rates\` and \`deskledger export payroll\``
    : `the difference of ${moneyText(difference)} is breaks, leave, waiting and other work`;
  return `Payroll of ${month}: of ${moneyText(paid)} paid, ${moneyText(costed)} was costed on tickets${part}; ${rest}.`;
};

const connectionColumns: readonly Column<ConnectionStatus>[] = [
  { name: 'id', of: ({ id }) => String(id) },
  { name: 'name', of: ({ name }) => name },
  { name: 'kind', of: ({ kind }) => kind },
  { name: 'mode', of: ({ mode }) => mode },
  { name: 'state', of: ({ state }) => state },
  { name: 'held', of: ({ completeness }) => percent(completeness) },
  { name: 'pending', of: ({ pending }) => String(pending) },
  { name: 'quarantined', of: ({ quarantined }) => String(quarantined), spare: 1 },
  { name: 'tickets', of: ({ tickets }) => String(tickets), spare: 3 },
  { name: 'orders', of: ({ orders }) => String(orders), spare: 4 },
  { name: 'last delivery', of: ({ lastDeliveryAt }) => instantText(lastDeliveryAt), spare: 2 },
];

/** Connections under one another, and what is wrong with which. */
export const connectionLines = (statuses: readonly ConnectionStatus[], width?: number): string[] => [
  ...textTable(connectionColumns, statuses, { width }),
  ...statuses.flatMap(({ name, stateText, stateNext }) =>
    stateText === null ? [] : ['', `${name}: ${stateText}`, ...(stateNext === null ? [] : [`  -> ${stateNext}`])],
  ),
];
