export { type Fx, type FxWant, findFx, fxKey } from './fx.ts';
