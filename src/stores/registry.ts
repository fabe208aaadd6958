import { bigcommerce } from './bigcommerce/adapter.ts';
import type { StoreAdapter } from './port.ts';

/** A line for each store, under its kind. */
const adapters = {
  bigcommerce, //
};

export type StoreKind = keyof typeof adapters;

/** Every store the program can be connected to, by kind. */
export const storeAdapters: ReadonlyMap<string, StoreAdapter> = new Map(
  Object.entries(adapters).map(([kind, adapter]) => [kind, adapter as unknown as StoreAdapter]),
);
