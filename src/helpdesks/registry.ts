import { gorgias } from './gorgias/index.ts';
import { kustomer } from './kustomer/index.ts';
import type { HelpdeskAdapter } from './port.ts';
import { zendesk } from './zendesk/index.ts';

/** A line for each helpdesk, under its kind. */
const adapters = {
  zendesk, //
  gorgias,
  kustomer,
};

export type HelpdeskKind = keyof typeof adapters;

/** Every helpdesk we can connect, by its kind. */
export const helpdesks: ReadonlyMap<string, HelpdeskAdapter> = new Map(Object.entries(adapters));
