export { costBasisAnswer, csat as csatAnswer, type ReportRow, reportRowAnswer } from './answers.ts';
export { atRatesOf } from './facts/constant-currency.ts';
export type { LedgerSide } from './facts/fact-statements.ts';
export { cellId } from './facts/facts.ts';
export type { CostBasis } from './facts/pooled-cost.ts';
export { type HeldDays, loadHeldDays, notHeldAnswer } from './held-days.ts';
export { pageRoutes } from './page-routes.ts';
export { csvReply, nextLink, pageLimit, queryFormat, queryPage } from './paging.ts';
export { type PartnerReport, parsePeriod, partnerReport } from './partner-report.ts';
export { reportRoutes } from './routes.ts';
export type { Bearer } from './rules/moves.ts';
export { type Previewable, previewable, previewRules, type RulePreview } from './rules/preview-rules.ts';
export { type Days, type Imbalance, imbalances } from './seals/balance.ts';
export { changedLabels } from './seals/changed-labels.ts';
export { isRebased, type Partnerships, partnershipState, partnershipsIn } from './seals/changes.ts';
export { type Differences, differencesSince, isDifferent } from './seals/differing.ts';
export { sealedFigureNames } from './seals/figure-facts.ts';
export { formulasVersion, leavesClosed } from './seals/formulas.ts';
export { books, changedItems, keepItems } from './seals/kept-items.ts';
export { type PayrollLine, payrollLine } from './seals/payroll-line.ts';
export { postedItems, postingsBook } from './seals/posted.ts';
export { isRestated, type Restatement, restatementItems, restatementOf } from './seals/restatement.ts';
export { factsToSeal, gapsIn, type SealedCell, sealedAccount, sealedRow } from './seals/sealed.ts';
export {
  lastPosting,
  type Timeliness,
  ticketsPostedSince,
  ticketsWorkedIn,
  timelinessSince,
} from './seals/timeliness.ts';
export {
  type ToldChange,
  toldCells,
  toldChanges,
} from './seals/told-changes.ts';
export { reportCsv } from './tables.ts';
export { type TicketGlance, ticketGlance } from './tickets/glance.ts';
export { type HourlyOf, pooledTicketCost, poolRatesOf } from './tickets/pooled-ticket.ts';
export { workRoutes } from './tickets/work-routes.ts';
export { rollupDifferences } from './totals/differences.ts';
export { addUpMarked } from './totals/fold.ts';
export { totalDifferences } from './totals/proof.ts';
export { stepsIn } from './totals/spans.ts';
export { timesMarked } from './totals/times-marked.ts';
export { withoutTrueCost } from './without-true-cost.ts';
