export { type AccountLook, tagRoundTrip, testTagOf } from './account-checks.ts';
export { type Check, reasonOf } from './check.ts';
export { decisionRoutes } from './decision-routes.ts';
export { type DoctorReport, examine } from './doctor.ts';
export { operationRoutes, probeRoutes, type Readiness } from './routes.ts';
