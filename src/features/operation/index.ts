export { type Check, type DoctorReport, examine } from './doctor.ts';
export { operationRoutes, type Readiness } from './routes.ts';
