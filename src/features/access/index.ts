export { type Access, createAccess, type Identity } from './access.ts';
export { identityOf, requireScope, signInRoutes } from './routes.ts';
export { allScopes, type Scope } from './scopes.ts';
