import { z } from 'zod';
import { faultsOf, type InputFault, InvalidInput } from '../../core/errors.ts';
import type { HelpdeskAdapter } from '../../helpdesks/port.ts';
import type { Vault } from '../../platform/crypto.ts';
import type { StoreAdapter } from '../../stores/port.ts';

/** What connections need of an adapter, helpdesk or store. */
export type Adapter = Pick<HelpdeskAdapter | StoreAdapter, 'kind' | 'settings' | 'secretKeys'>;

const ownSettings = z.looseObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .regex(
      /[^\d]/,
      'may not be digits alone, for rates and commands take those for the id of a connection; add a letter',
    ),
});

/** Settings as the adapter's schema reads them; throws InvalidInput with one fault per setting. */
export const parseSettings = (adapter: Adapter, raw: unknown): Record<string, unknown> & { name: string } => {
  const own = ownSettings.safeParse(raw);
  const parsed = adapter.settings.safeParse(raw);
  const faults = new Map<string, InputFault>();
  for (const result of [parsed, own])
    if (!result.success)
      for (const fault of faultsOf(result.error.issues, 'settings'))
        faults.set(fault.field, faults.get(fault.field) ?? fault);
  if (!parsed.success || !own.success) {
    const list = [...faults.values()];
    throw new InvalidInput(
      `The settings of the ${adapter.kind} connection have ${list.length === 1 ? '1 fault' : `${list.length} faults`}; correct the named fields`,
      list,
    );
  }
  return { ...parsed.data, name: own.data.name };
};

/** Settings as they are stored: what anybody may read, and the secrets sealed. */
export const sealSettings = (
  vault: Vault,
  adapter: Adapter,
  settings: Record<string, unknown>,
): { open: Record<string, unknown>; secrets: Buffer } => {
  const isSecret = ([key]: [string, unknown]): boolean => adapter.secretKeys.includes(key);
  const entries = Object.entries(settings);
  return {
    open: Object.fromEntries(entries.filter((entry) => !isSecret(entry))),
    secrets: vault.seal(JSON.stringify(Object.fromEntries(entries.filter(isSecret))), 'connection secrets'),
  };
};

/** The settings of a stored connection, secrets included. */
export const openSettings = (
  vault: Vault,
  adapter: Adapter,
  stored: { readonly settings: Record<string, unknown>; readonly secrets: Uint8Array },
): Record<string, unknown> => {
  const secrets = JSON.parse(vault.open(stored.secrets, 'connection secrets')) as Record<string, unknown>;
  return parseSettings(adapter, { ...stored.settings, ...secrets });
};
