export { sidebarRoutes } from './routes.ts';
