export { type AttributedTicket, type AttributionInput, attribute, mayDecide } from './cascade.ts';
export { type Confidence, type Decision, type Evidence, type Method, type Share, sameDecision } from './decision.ts';
export { currentRules, importTicketRules, ticketRuleFile } from './import-rules.ts';
export { fieldNumbers, findNamedLines, findOrderNumbers, type NamableLine, type NumberPattern } from './numbers.ts';
export { parseTicketRules, type TicketCondition, type TicketRule } from './rules.ts';
export {
  append,
  countMovedSince,
  currentSharesSql,
  type DatedDecision,
  history,
  latestVersion,
  loadCurrent,
  type NewDecision,
  type StoredDecision,
} from './store.ts';
export { type CorrectionSuggestion, correctionSuggestions } from './suggest-rules.ts';
export { isOurTag, wantedTags } from './tags.ts';
