export {
  decideInvitation,
  type InvitationDecision,
  type InvitationFacts,
  type NotInvited,
} from './eligibility.ts';
export { type InvitationCandidate, type InvitationShare, inviteFor } from './invite.ts';
export { chooseLanguage, detectLanguage, type LanguageChoice } from './language.ts';
export { rebaseResponses } from './rebase.ts';
export { type CsatSummary, csatSummary, neededResponses } from './results.ts';
export { type SurveyRoutesDeps, surveyRoutes } from './routes.ts';
export { createSender, type SenderDeps } from './send.ts';
export { type Score, type SurveyLanguage, scores, surveyLanguages } from './survey-language.ts';
export { createScoreTeller } from './tell-score.ts';
