import type { Day } from '../../core/time.ts';
import { type Cell, writeCsv } from '../../platform/csv.ts';
import type { ReportRow, TicketItem } from './answers.ts';
import type { CostBasis } from './facts/pooled-cost.ts';
import { type HeldDays, notHeldCell, notHeldOf } from './held-days.ts';
import type { MoneyJson } from './metrics.ts';
import type { PayrollLine } from './seals/payroll-line.ts';
import type { SealInfo } from './seals/sealed.ts';
import type { SeriesPoint } from './series-answer.ts';
import type { Wage } from './tickets/wages.ts';
import type { WorkItem } from './tickets/work-answers.ts';

/** One column: its name and its value in a row. Money comes as six decimals; the currency has a column of its own. */
interface Column<Row> {
  readonly name: string;
  readonly of: (row: Row) => Cell;
}

const amount = (money: MoneyJson | null): Cell => money?.amount ?? null;

const reportColumns = (currency: string): readonly Column<ReportRow>[] => [
  { name: 'partner', of: (row) => row.partner },
  { name: 'region', of: (row) => row.region },
  { name: 'currency', of: () => currency },
  { name: 'orders', of: (row) => row.orders },
  { name: 'returns', of: (row) => row.returns },
  { name: 'returnRate', of: (row) => row.returnRate },
  { name: 'netRevenue', of: (row) => amount(row.netRevenue) },
  { name: 'tickets', of: (row) => row.tickets },
  { name: 'ticketsWorked', of: (row) => row.ticketsWorked },
  { name: 'contactRate', of: (row) => row.contactRate },
  { name: 'handledSeconds', of: (row) => row.handledSeconds },
  { name: 'ahtSeconds', of: (row) => row.ahtSeconds },
  { name: 'supportCost', of: (row) => amount(row.supportCost) },
  { name: 'costPerTicket', of: (row) => amount(row.costPerTicket) },
  { name: 'costMultiple', of: (row) => row.costMultiple },
  { name: 'costPerOrder', of: (row) => amount(row.costPerOrder) },
  { name: 'costShareOfRevenue', of: (row) => row.costShareOfRevenue },
  { name: 'measuredShare', of: (row) => row.measuredShare },
  { name: 'attributedShare', of: (row) => row.attributedShare },
  { name: 'csatResponses', of: (row) => row.csat.n },
  { name: 'csat', of: (row) => ('topTwoBox' in row.csat ? row.csat.topTwoBox : null) },
  { name: 'csatLow', of: (row) => ('topTwoBox' in row.csat ? row.csat.low : null) },
  { name: 'csatHigh', of: (row) => ('topTwoBox' in row.csat ? row.csat.high : null) },
  { name: 'responseRate', of: (row) => ('topTwoBox' in row.csat ? row.csat.responseRate : null) },
  { name: 'cappedEntries', of: (row) => row.cappedEntries },
  { name: 'unpricedEntries', of: (row) => row.unpricedEntries },
  { name: 'unpricedOrders', of: (row) => row.unpricedOrders },
  { name: 'flags', of: (row) => row.flags.map(({ code }) => code).join(' ') },
  { name: 'missing', of: (row) => row.missing },
  // Of the row "*": the partners that it stands for.
  { name: 'folded', of: (row) => row.folded?.partners.join('|') ?? null },
  { name: 'foldedReason', of: (row) => row.folded?.reason ?? null },
];

/** "nord:700000 sud:300000": codes with parts per million, the largest first. */
const sharesCell = <Name extends 'partner' | 'region'>(
  shares: readonly (Readonly<Record<Name, string | null>> & { readonly ppm: number })[],
  name: Name,
): Cell => shares.map((share) => `${share[name] ?? 'none'}:${share.ppm}`).join(' ');

const ticketColumns: readonly Column<TicketItem>[] = [
  { name: 'id', of: (row) => row.id },
  { name: 'connection', of: (row) => row.connection },
  { name: 'externalId', of: (row) => row.externalId },
  { name: 'createdAt', of: (row) => row.createdAt },
  { name: 'status', of: (row) => row.status },
  { name: 'channel', of: (row) => row.channel },
  { name: 'language', of: (row) => row.language },
  { name: 'reason', of: (row) => row.reason },
  { name: 'method', of: (row) => row.method },
  { name: 'confidence', of: (row) => row.confidence },
  { name: 'partners', of: (row) => sharesCell(row.shares, 'partner') },
  { name: 'regions', of: (row) => sharesCell(row.shares, 'region') },
  { name: 'handledSeconds', of: (row) => row.handledSeconds },
  { name: 'supportCost', of: (row) => amount(row.supportCost) },
  { name: 'currency', of: (row) => row.supportCost?.currency ?? null },
];

const seriesColumns = (currency: string): readonly Column<SeriesPoint>[] => [
  { name: 'day', of: (row) => row.day },
  { name: 'supportCost', of: (row) => amount(row.supportCost) },
  { name: 'currency', of: () => currency },
  { name: 'handledSeconds', of: (row) => row.handledSeconds },
  { name: 'tickets', of: (row) => row.tickets },
  { name: 'orders', of: (row) => row.orders },
  { name: 'partial', of: (row) => row.partial },
  { name: 'notHeld', of: (row) => notHeldCell(row.notHeld) },
];

const table = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string =>
  writeCsv(
    columns.map(({ name }) => name),
    rows.map((row) => columns.map(({ of }) => of(row))),
  );

/** What every cost of a table is at; `fxDay` is empty where each amount is at the exchange rates of its own day. */
export interface CostedAt {
  readonly costBasis: CostBasis;
  readonly fxDay?: Day | undefined;
}

/** The last columns of every table with cost in it. */
export const basisColumns = ({ costBasis, fxDay }: CostedAt): readonly Column<unknown>[] => [
  { name: 'fxDay', of: () => fxDay ?? null },
  { name: 'costBasis', of: () => costBasis },
];

/** How much of the days a report is of; as of a seal, which is made of days that are over, what it did not hold then. */
const daysColumns = (days: HeldDays | null, seal: SealInfo | undefined): readonly Column<unknown>[] => [
  { name: 'partial', of: () => days?.partial ?? false },
  { name: 'notHeld', of: () => notHeldCell(days ? notHeldOf(days) : (seal?.notHeld ?? [])) },
];

interface LineOfReport {
  readonly row: ReportRow;
  /** Of the sum alone: a month's pay is of no row, and a column that is added up counts it once. */
  readonly payroll: PayrollLine | null;
}

const payrollColumns: readonly Column<LineOfReport>[] = [
  { name: 'payrollCosted', of: ({ payroll }) => amount(payroll?.costed ?? null) },
  { name: 'payrollPaid', of: ({ payroll }) => amount(payroll?.paid ?? null) },
  { name: 'payrollDifference', of: ({ payroll }) => amount(payroll?.difference ?? null) },
  { name: 'payrollUtilisation', of: ({ payroll }) => payroll?.utilisation ?? null },
];

/** The report's rows; the last line, "total" in the first cell that rows are named by, is their sum. */
export const reportCsv = (
  {
    rows,
    total,
    groupBy: [first = 'partner'],
    currency,
    costBasis,
    seal,
  }: {
    readonly rows: readonly ReportRow[];
    readonly total: ReportRow;
    readonly groupBy: readonly ('partner' | 'region')[];
    readonly currency: string;
    readonly costBasis: CostBasis;
    readonly seal?: SealInfo;
  },
  {
    days,
    fxDay,
    payroll,
  }: { readonly days: HeldDays | null; readonly fxDay: Day | undefined; readonly payroll: PayrollLine | null },
): string =>
  table(
    [
      ...reportColumns(currency).map(({ name, of }) => ({ name, of: ({ row }: LineOfReport) => of(row) })),
      ...payrollColumns,
      ...daysColumns(days, seal),
      ...basisColumns({ costBasis, fxDay }),
    ],
    [...rows.map((row) => ({ row, payroll: null })), { row: { ...total, [first]: 'total' }, payroll }],
  );

export const ticketsCsv = (items: readonly TicketItem[], at: CostedAt): string =>
  table([...ticketColumns, ...basisColumns(at)], items);

export const seriesCsv = (
  points: readonly SeriesPoint[],
  { currency, ...at }: CostedAt & { readonly currency: string },
): string => table([...seriesColumns(currency), ...basisColumns(at)], points);

const workColumns: readonly Column<WorkItem>[] = [
  { name: 'id', of: (row) => row.id },
  { name: 'connection', of: (row) => row.ticket.connection },
  { name: 'ticket', of: (row) => row.ticket.externalId },
  { name: 'ticketId', of: (row) => row.ticket.id },
  { name: 'partners', of: (row) => sharesCell(row.shares, 'partner') },
  { name: 'regions', of: (row) => sharesCell(row.shares, 'region') },
  { name: 'agent', of: (row) => row.agent },
  { name: 'agentKey', of: (row) => row.agentKey },
  { name: 'agentName', of: (row) => row.agentName },
  { name: 'clock', of: (row) => row.clock },
  { name: 'channel', of: (row) => row.channel },
  { name: 'measured', of: (row) => String(row.measured) },
  { name: 'workedAt', of: (row) => row.workedAt },
  { name: 'rawSeconds', of: (row) => row.rawSeconds },
  { name: 'costedSeconds', of: (row) => row.costedSeconds },
  { name: 'cappedSeconds', of: (row) => row.cappedSeconds },
  { name: 'untakenSeconds', of: (row) => row.untakenSeconds },
  { name: 'state', of: (row) => row.state },
  { name: 'decision', of: (row) => row.decision },
  { name: 'decidedBy', of: (row) => row.decidedBy },
  { name: 'decidedAt', of: (row) => row.decidedAt },
  { name: 'unpriced', of: (row) => row.unpriced },
  { name: 'group', of: (row) => row.group?.id ?? null },
  { name: 'groupTickets', of: (row) => row.group?.tickets ?? null },
  { name: 'cost', of: (row) => amount(row.cost ?? null) },
  { name: 'currency', of: (row) => row.cost?.currency ?? null },
];

export const workCsv = (items: readonly WorkItem[]): string => table(workColumns, items);

/** A ticket's postings, one per line, with the entry, rate and FX each was made of. */
export const ticketCsv = (ticket: {
  readonly externalId: string;
  readonly work: readonly {
    readonly sourceKey: string;
    readonly agent: string | null;
    readonly clock: string;
    readonly measured: boolean;
    readonly rawSeconds: number;
    readonly costedSeconds: number;
    readonly workedAt: string;
    readonly postings: readonly {
      readonly revision: number;
      readonly share: number;
      readonly partner: string | null;
      readonly region: string | null;
      readonly seconds: number;
      readonly cause: string;
      readonly cost?: MoneyJson;
      readonly rate?: {
        readonly hourly: MoneyJson;
        readonly scope: string;
        readonly key: string;
        readonly validFrom: string;
        readonly wage?: Wage;
      };
      readonly fx?: { readonly numerator: string; readonly denominator: string; readonly date: string | null };
    }[];
  }[];
}): string => {
  const lines = ticket.work.flatMap((entry) => entry.postings.map((posting) => ({ entry, posting })));
  type Line = (typeof lines)[number];
  const columns: readonly Column<Line>[] = [
    { name: 'ticket', of: () => ticket.externalId },
    { name: 'sourceKey', of: ({ entry }) => entry.sourceKey },
    { name: 'agent', of: ({ entry }) => entry.agent },
    { name: 'clock', of: ({ entry }) => entry.clock },
    { name: 'measured', of: ({ entry }) => String(entry.measured) },
    { name: 'rawSeconds', of: ({ entry }) => entry.rawSeconds },
    { name: 'costedSeconds', of: ({ entry }) => entry.costedSeconds },
    { name: 'workedAt', of: ({ entry }) => entry.workedAt },
    { name: 'revision', of: ({ posting }) => posting.revision },
    { name: 'share', of: ({ posting }) => posting.share },
    { name: 'partner', of: ({ posting }) => posting.partner },
    { name: 'region', of: ({ posting }) => posting.region },
    { name: 'seconds', of: ({ posting }) => posting.seconds },
    { name: 'cause', of: ({ posting }) => posting.cause },
    { name: 'cost', of: ({ posting }) => amount(posting.cost ?? null) },
    { name: 'currency', of: ({ posting }) => posting.cost?.currency ?? null },
    { name: 'hourly', of: ({ posting }) => amount(posting.rate?.hourly ?? null) },
    { name: 'hourlyCurrency', of: ({ posting }) => posting.rate?.hourly.currency ?? null },
    { name: 'rateFrom', of: ({ posting }) => posting.rate?.validFrom ?? null },
    { name: 'fx', of: ({ posting }) => (posting.fx ? `${posting.fx.numerator}/${posting.fx.denominator}` : null) },
    { name: 'fxDate', of: ({ posting }) => posting.fx?.date ?? null },
    { name: 'wage', of: ({ posting }) => amount(posting.rate?.wage?.hourly ?? null) },
    { name: 'burden', of: ({ posting }) => posting.rate?.wage?.burden ?? null },
    { name: 'shrinkage', of: ({ posting }) => posting.rate?.wage?.shrinkage ?? null },
    { name: 'occupancy', of: ({ posting }) => posting.rate?.wage?.occupancy ?? null },
    { name: 'applied', of: ({ posting }) => posting.rate?.wage?.applied ?? null },
  ];
  return table(columns, lines);
};
