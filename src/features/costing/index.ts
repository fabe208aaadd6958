export { type ConstantRow, type Constants, constantsFrom } from './constants.ts';
export { estimateTouches } from './estimate.ts';
export { type Fx, type FxWant, findFx, fxKey } from './fx.ts';
export { decideHeld, findMissedHolds } from './holds.ts';
export { planPostings, type Share } from './price.ts';
export { settleWork, type TicketCost, type TicketToSettle } from './settle.ts';
export { loadWork, type TicketWork } from './store.ts';
export { replayWork, type WorkFact } from './work.ts';
