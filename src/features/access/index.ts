export { type Access, createAccess, type Identity } from './access.ts';
export { type CostBasis, costBasisFor, identityOf, maySeeRates, requireScope, signInRoutes } from './routes.ts';
export { allScopes, type Scope } from './scopes.ts';
