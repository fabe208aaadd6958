import type { SidebarChoices, SidebarTicket } from '../../src/features/sidebar/contract.ts';
import type { Fields } from './correction.ts';

/** What the browser keeps between openings, so that a ticket shows at once and without our service. */
export interface Memory {
  ticket(externalId: string): SidebarTicket | null;
  keepTicket(data: SidebarTicket): void;
  choices(): SidebarChoices | null;
  keepChoices(choices: SidebarChoices): void;
  /** The mapped fields, as any ticket or the choices told them last. */
  fields(): Fields | null;
  /** Nothing of this installation is kept any longer. */
  forget(): void;
}

export type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** Changes with the shape of what is kept: an app that was updated does not read what its forerunner wrote. */
const shape = 2;
const whats = ['tickets', 'choices', 'fields'] as const;
type What = (typeof whats)[number];
const mostTickets = 50;
const longestMs = 7 * 24 * 3_600_000;

interface Kept {
  readonly atMs: number;
  readonly data: SidebarTicket;
}

/** Without what belongs to the customer: orders and refunds are shown fresh or not at all. */
export const withoutCustomer = (data: SidebarTicket): SidebarTicket => ({
  ...data,
  attribution: data.attribution && { ...data.attribution, order: null, orderField: [] },
  customer: { orders: [] },
});

/**
 * Everything under one key per installation, so that two accounts on one machine share nothing. A browser that keeps nothing
 * (storage blocked or full) only loses the last known data: reads then start from nothing.
 */
export const createMemory = (
  store: Store | null,
  { installation, nowMs }: { readonly installation: string; readonly nowMs: () => number },
): Memory => {
  const keyOf = (what: What): string => `deskledger:${shape}:${installation}:${what}`;
  const read = <Value>(what: What): Value | null => {
    try {
      const text = store?.getItem(keyOf(what));
      return text ? (JSON.parse(text) as Value) : null;
    } catch {
      // Blocked, or not written by us.
      return null;
    }
  };
  const drop = (what: What): void => {
    try {
      store?.removeItem(keyOf(what));
    } catch {
      // Blocked: nothing is kept anyhow.
    }
  };
  const write = (what: What, value: unknown): void => {
    try {
      store?.setItem(keyOf(what), JSON.stringify(value));
    } catch {
      // Full: what was kept may be older than what is shown; better none.
      drop(what);
    }
  };
  const tickets = (): [id: string, kept: Kept][] =>
    Object.entries(read<Record<string, Kept | null>>('tickets') ?? {}).filter(
      (entry): entry is [string, Kept] => !!entry[1]?.data && nowMs() - entry[1].atMs < longestMs,
    );

  return {
    ticket: (externalId) => tickets().find(([id]) => id === externalId)?.[1].data ?? null,
    keepTicket(data) {
      const { externalId, state } = data.ticket;
      // Amounts that an admin has hidden since are not shown from here either.
      const others = tickets().filter(
        ([id, one]) => id !== externalId && (data.money === 'shown' || one.data.money === 'hidden'),
      );
      const mine: typeof others =
        state === 'not yet known' ? [] : [[externalId, { atMs: nowMs(), data: withoutCustomer(data) }]];
      const newest = [...mine, ...others.toSorted(([, a], [, b]) => b.atMs - a.atMs)].slice(0, mostTickets);
      write('tickets', Object.fromEntries(newest));
      write('fields', data.fields);
    },
    choices: () => read<SidebarChoices>('choices'),
    keepChoices(choices) {
      write('choices', choices);
      write('fields', choices.fields);
    },
    fields: () => read<Fields>('fields'),
    forget() {
      for (const what of whats) drop(what);
    },
  };
};
