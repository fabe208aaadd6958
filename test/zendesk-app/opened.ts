import type { SidebarChoices, SidebarTicket } from '../../src/features/sidebar/contract.ts';
import { type Desk, DeskFault } from '../../zendesk-app/src/desk.ts';
import { createMemory } from '../../zendesk-app/src/memory.ts';
import { ServiceFault } from '../../zendesk-app/src/problem.ts';
import { createSession } from '../../zendesk-app/src/session.ts';
import { choices, ticketOf } from './answers.ts';

const chosen = <Choice>(choice: Choice | undefined): Choice => {
  if (choice === undefined) throw new Error('there is no such choice');
  return choice;
};
/** What agents wish. */
export const toNord = { kind: 'partner', choice: chosen(choices.partners[0]) } as const;
export const toSud = { kind: 'partner', choice: chosen(choices.partners[1]) } as const;
export const toGermany = { kind: 'region', choice: chosen(choices.regions[1]) } as const;
export const aside = { kind: 'notAboutAnOrder' } as const;

const blocked = (): never => {
  throw new DOMException('Access is denied for this document.', 'SecurityError');
};
export const blockedStore = { getItem: blocked, setItem: blocked, removeItem: blocked };

/** An opened ticket whose service, desk and clock are played by the test. */
export const open = (
  start: {
    answer?: SidebarTicket | ServiceFault;
    ticketId?: string | null;
    keeps?: Desk['keeps'];
    /** In the place of the one that is played. */
    desk?: Desk;
    /** What an earlier opening was told. */
    remembered?: SidebarTicket;
    /** A browser that keeps nothing for frames of other sites, and says so by throwing. */
    isBlocked?: boolean;
  } = {},
) => {
  const kept = new Map<string, string>();
  const store = start.isBlocked
    ? blockedStore
    : {
        getItem: (key: string) => kept.get(key) ?? null,
        setItem: (key: string, value: string) => void kept.set(key, value),
        removeItem: (key: string) => void kept.delete(key),
      };
  const world = {
    answer: (start.answer ?? ticketOf()) as SidebarTicket | ServiceFault,
    isMute: false,
    /** Answers of the service that come when the test lets them. */
    late: null as ((answer: SidebarTicket | ServiceFault) => void)[] | null,
    lateChoices: null as ((choices: SidebarChoices) => void) | null,
    deskFault: null as DeskFault | null,
    /** Writes that Zendesk takes before it fails. */
    deskTakes: 0,
    /** How often it fails then. */
    deskFails: Number.POSITIVE_INFINITY,
    /** Of writes that fail, what Zendesk takes all the same: its answer is what is lost. */
    deskTakesUnsaid: false,
    /** Whether the read after a write that failed fails too. */
    deskIsBlind: false,
    mustFail: false,
    isSeen: true,
    isDeskMute: false,
    reads: 0,
    choiceReads: 0,
    writes: [] as unknown[],
    nowMs: 0,
    timers: [] as { atMs: number; act: () => void }[],
    held: { '11': 'partner_nord', '12': 'region_se', '14': null } as Record<string, string | null>,
  };
  const told = <Value>(answer: Value | ServiceFault): Promise<Value> =>
    answer instanceof ServiceFault ? Promise.reject(answer) : Promise.resolve(answer);
  const memory = createMemory(store, { installation: '9', nowMs: () => world.nowMs });
  if (start.remembered) memory.keepTicket(start.remembered);
  const session = createSession({
    ticketId: start.ticketId === undefined ? '4711' : start.ticketId,
    memory,
    service: {
      ticket: () => {
        world.reads += 1;
        if (world.late) {
          const { late } = world;
          return new Promise<SidebarTicket | ServiceFault>((resolve) => late.push(resolve)).then(told);
        }
        return world.isMute ? new Promise(() => {}) : told(world.answer);
      },
      choices: () => {
        world.choiceReads += 1;
        if (world.isMute) return new Promise(() => {});
        if (world.late)
          return new Promise<SidebarChoices>((resolve) => {
            world.lateChoices = resolve;
          });
        return told(world.answer instanceof ServiceFault ? world.answer : choices);
      },
    },
    desk: start.desk ?? {
      keeps: start.keeps ?? 'saved',
      fields: async (ids) => {
        const isAway = world.mustFail;
        world.mustFail = false;
        if (isAway) throw new DeskFault('failed');
        return new Map(
          ids.map((id) => [
            id,
            { value: world.held[id] ?? null, options: ['partner_nord', 'partner_sud', 'region_se', 'region_de'] },
          ]),
        );
      },
      write: async (changes) => {
        if (world.isDeskMute) return new Promise(() => {});
        const isRefused = world.deskFault !== null && world.deskTakes === 0 && world.deskFails-- > 0;
        world.deskTakes = Math.max(0, world.deskTakes - 1);
        if (!isRefused || world.deskTakesUnsaid) {
          world.writes.push(changes);
          for (const { id, value } of changes) world.held[id] = value;
        }
        world.mustFail = isRefused && world.deskIsBlind;
        if (isRefused && world.deskFault) throw world.deskFault;
      },
    },
    isSeen: () => world.isSeen,
    clock: {
      nowMs: () => world.nowMs,
      after(ms, act) {
        const timer = { atMs: world.nowMs + ms, act };
        world.timers.push(timer);
        return () => {
          world.timers = world.timers.filter((one) => one !== timer);
        };
      },
    },
  });
  /** Lets the next timer fire and what it starts come to an end. */
  const wait = async (): Promise<boolean> => {
    const [next] = world.timers.toSorted((a, b) => a.atMs - b.atMs);
    if (!next) return false;
    world.timers = world.timers.filter((one) => one !== next);
    world.nowMs = next.atMs;
    next.act();
    await new Promise((done) => setImmediate(done));
    return true;
  };
  return { session, world, wait, memory, kept };
};
