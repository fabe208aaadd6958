export { gapsAnswer } from './answers.ts';
export { importPayroll } from './import-payroll.ts';
export { parseMonth, parseWeek, periodFrom, type SealKind, type SealPeriod } from './period.ts';
export { type Reconciliation, reconcileBooks, reconciliationDue, reconciliations } from './reconcile.ts';
export { bookRoutes } from './routes.ts';
export { owedWords, refuseUnended, sealPeriod } from './seal.ts';
export { askForSeal, sealHandler } from './seal-job.ts';
export { type MoneyMoves, movesOf, repriceAll } from './settle-again.ts';
export { listSeals, type Seal } from './store.ts';
