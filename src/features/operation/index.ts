export { type Check, reasonOf } from './check.ts';
export { type DoctorReport, examine } from './doctor.ts';
export { operationRoutes, type Readiness } from './routes.ts';
