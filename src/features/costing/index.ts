export {
  type ConstantRow,
  type Constants,
  constantNames,
  constantsFrom,
  loadConstantRows,
  namableChannels,
} from './constants.ts';
export { type Applied, appliedOn, effectiveHourly, importCostBasis, isWage, loadCostBasis } from './cost-basis.ts';
export {
  bulkEditOf,
  type Decidable,
  decidables,
  decideWork,
  mostDecisions,
  type WorkDecision,
  workToDecide,
} from './decisions.ts';
export { estimateTouches } from './estimate.ts';
export { createFxFetch, createFxRun } from './fetch-fx.ts';
export { foldRollups } from './fold.ts';
export { type Fx, type FxWant, findFx, fxKey } from './fx.ts';
export { type FxNeed, fxWarnings } from './fx-warnings.ts';
export { findMissedHolds, lookForMissedHolds } from './holds.ts';
export { type ConstantsImportReport, importConstants, ticketsWorkedSince } from './import-constants.ts';
export { importFx, loadDatedFx, type PriceImportReport } from './import-fx.ts';
export { importOwnFx, loadOwnFx } from './import-own-fx.ts';
export { importRates } from './import-rates.ts';
export { planPostings, type Share } from './price.ts';
export { findRates, listRates, type PriceWant } from './rates.ts';
export { rebaseWork } from './rebase.ts';
export { removeFx, removeOwnFx, removeRates } from './remove-prices.ts';
export { ticketsToReprice } from './reprice.ts';
export { planWork, settleWork, type TicketCost, type TicketToSettle } from './settle.ts';
export { loadWork, type TicketWork } from './store.ts';
export { replayWork, type WorkFact } from './work.ts';
