export { pageRoutes } from './page-routes.ts';
export { type PartnerReport, parsePeriod, partnerReport } from './partner-report.ts';
export { rollupDifferences } from './rollups.ts';
export { reportRoutes } from './routes.ts';
export { reportCsv } from './tables.ts';
export { workRoutes } from './work-routes.ts';
