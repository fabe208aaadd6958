export { type AccountLook, tagRoundTrip, testTagOf } from './account-checks.ts';
export { type Check, reasonOf } from './check.ts';
export { decisionRoutes } from './decision-routes.ts';
export { type DoctorReport, examine } from './doctor.ts';
export { jobRoutes, jobView } from './job-routes.ts';
export { operationRoutes, probeRoutes, type Readiness } from './routes.ts';
export { createRuleChanges, type RuleChanges } from './rule-changes.ts';
export { ruleRoutes } from './rule-routes.ts';
export { settingsRoutes } from './settings-routes.ts';
