import { minuteMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { HelpdeskAgent } from '../port.ts';
import type { GorgiasUser } from './schema.ts';

/** An id that the list does not hold has it read again, but not more often than this. */
const listAgainMs = 10 * minuteMs;

/** The list of users is short (a company's agents): it is read whole, and only when somebody unknown shows up. */
export const createStaff = (list: () => Promise<readonly GorgiasUser[]>, clock: Clock) => {
  const users = new Map<string, { readonly name: string | null; readonly bot: boolean }>();
  let listedAtMs: number | undefined;
  let listing: Promise<void> | undefined;

  const refresh = async (): Promise<void> => {
    const listed = await list();
    for (const { id, name, role } of listed) users.set(id, { name, bot: role?.toLowerCase() === 'bot' });
    listedAtMs = clock.now().getTime();
  };
  return {
    /** Makes sure that these are known as far as Gorgias knows them. */
    async know(ids: Iterable<string>): Promise<void> {
      if ([...ids].every((id) => users.has(id))) return;
      if (listedAtMs !== undefined && clock.now().getTime() - listedAtMs < listAgainMs) return;
      listing ??= refresh().finally(() => {
        listing = undefined;
      });
      await listing;
    },
    /** Gorgias' own machines answer as users too. Whoever is unknown was a person whose account is gone. */
    isBot: (id: string): boolean => users.get(id)?.bot ?? false,
    agentsAmong: (people: Iterable<{ readonly id: string; readonly name: string | null }>): HelpdeskAgent[] => {
      const found = new Map<string, HelpdeskAgent>();
      for (const { id, name } of people) {
        const user = users.get(id);
        if (!user?.bot) found.set(id, { externalId: id, name: user?.name ?? name ?? found.get(id)?.name ?? null });
      }
      return [...found.values()];
    },
  };
};

export type Staff = ReturnType<typeof createStaff>;
