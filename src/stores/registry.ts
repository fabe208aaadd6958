import { bigcommerce } from './bigcommerce/adapter.ts';
import type { StoreAdapter } from './port.ts';

/** Every store the program can be connected to, by kind. */
export const storeAdapters: ReadonlyMap<string, StoreAdapter> = new Map(
  [bigcommerce].map((adapter) => [adapter.kind, adapter as unknown as StoreAdapter]),
);
