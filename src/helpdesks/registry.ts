import { gorgias } from './gorgias/index.ts';
import { kustomer } from './kustomer/index.ts';
import type { HelpdeskAdapter } from './port.ts';
import { zendesk } from './zendesk/index.ts';

const adapters: readonly HelpdeskAdapter[] = [
  zendesk, //
  gorgias,
  kustomer,
];

/** Every helpdesk we can connect, by its kind. */
export const helpdesks: ReadonlyMap<string, HelpdeskAdapter> = new Map(
  adapters.map((adapter) => [adapter.kind, adapter]),
);
