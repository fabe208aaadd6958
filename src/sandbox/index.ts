import { actAtShop } from './actor.ts';
import { type BigcommerceLimits, type BigcommerceSandbox, createBigcommerceSandbox } from './bigcommerce/index.ts';
import { isoSeconds, type SandboxClock } from './clock.ts';
import { type Customers, type GivenAnswer, startCustomers } from './customers.ts';
import type { GorgiasSandbox } from './gorgias/index.ts';
import {
  createHelpdesk,
  type HelpdeskDelivery,
  type HelpdeskKind,
  type HelpdeskLimits,
  type PlayedHelpdesk,
  shareOut,
} from './helpdesks.ts';
import { createHistory, type SandboxHistory } from './history.ts';
import { createServer, type FaultPlan, listen } from './http.ts';
import type { OpenQuestions } from './kustomer/conversation-routes.ts';
import type { KustomerSandbox } from './kustomer/index.ts';
import { type Progress, playScenario } from './play.ts';
import type { Action, PlannedTicket } from './scenario/actions.ts';
import { fxCsv } from './scenario/fx.ts';
import { type SetupInputs, writeInputs } from './scenario/inputs.ts';
import { firstOrderId } from './scenario/orders.ts';
import { createScenario, type Scenario } from './scenario.ts';
import type { ZendeskSandbox } from './zendesk/index.ts';

export type { BigcommerceSandbox } from './bigcommerce/index.ts';
export type { SandboxClock } from './clock.ts';
export type { Customers, GivenAnswer } from './customers.ts';
export type { GorgiasSandbox } from './gorgias/index.ts';
export { type HelpdeskKind, helpdeskKinds, type PlayedHelpdesk } from './helpdesks.ts';
export type { SandboxHistory } from './history.ts';
export type { FaultPlan } from './http.ts';
export type { KustomerSandbox } from './kustomer/index.ts';
export type { Progress } from './play.ts';
export type { SetupInputs } from './scenario/inputs.ts';
export type { Scenario } from './scenario.ts';
export type { DeliverySettings } from './sender.ts';
export { createTour, type TourTicket, tourTickets } from './tour/index.ts';
export type { ZendeskSandbox } from './zendesk/index.ts';

export interface SandboxOptions {
  readonly clock: SandboxClock;
  readonly seed: string | number;
  /** Midnight UTC of the first day. */
  readonly startsAt: Date;
  /** 90 unless given. A fraction ends the plan in the middle of a day: let it end when a fast clock falls into the wall's pace. */
  readonly days?: number;
  /** Part of the whole marketplace, for tests: 1 is about 6,000 orders and 1,500 tickets. */
  readonly scale?: number;
  /** The helpdesks that share the plan's tickets; Zendesk alone unless given. */
  readonly helpdesks?: readonly HelpdeskKind[];
  /** `off` for benches; else by vendor, with the vendors' own quotas as defaults. */
  readonly limits?: 'off' | (HelpdeskLimits & { readonly bigcommerce?: BigcommerceLimits | 'off' });
  readonly faults?: Readonly<Partial<Record<HelpdeskKind | 'bigcommerce', FaultPlan>>>;
  readonly delivery?: HelpdeskDelivery;
  /** How Kustomer does what its documentation leaves open. */
  readonly open?: OpenQuestions;
}

export interface Sandbox {
  readonly helpdesks: readonly PlayedHelpdesk[];
  /** Each throws a RangeError where that helpdesk is not among those that play; so does `history`, which is Zendesk's. */
  readonly zendesk: ZendeskSandbox;
  readonly gorgias: GorgiasSandbox;
  readonly kustomer: KustomerSandbox;
  readonly history: SandboxHistory;
  readonly bigcommerce: BigcommerceSandbox;
  /** Reference rates in the ECB's CSV, each day's from 16:00 UTC of that day on. */
  readonly fx: { readonly url: string };
  /** What a person would import, as text, for all helpdesks together. */
  readonly inputs: SetupInputs;
  readonly scenario: Scenario;
  readonly answers: () => readonly GivenAnswer[];
  /** Lets the days pass, then a live trickle; ends when the signal aborts, or after the days with `endAfterDays`. */
  play(options: {
    readonly signal: AbortSignal;
    readonly onProgress?: (progress: Progress) => void;
    readonly endAfterDays?: boolean;
  }): Promise<void>;
  /** Starts the customers who read the mails of the folder and answer; once. `everybody`: at once and without exception. */
  answerSurveys(options: { readonly outboxDir: string; readonly everybody?: boolean }): Customers;
  close(): Promise<void>;
}

const serveFx = async (scenario: Scenario, clock: SandboxClock) => {
  const server = createServer();
  server.get('/fx', (_, reply) => {
    const now = isoSeconds(clock.now().getTime());
    const known = scenario.fx.filter(({ day }) => `${day}T16:00:00Z` <= now);
    return reply.header('content-type', 'text/csv; charset=utf-8').send(fxCsv(known));
  });
  return { url: `${await listen(server)}/fx`, close: () => server.close() };
};

/** Simulators of the vendors on loopback, the plan of a marketplace that plays on them, and its customers. Starts empty: `play` fills it. */
export const createSandbox = async (options: SandboxOptions): Promise<Sandbox> => {
  const { clock, seed, startsAt, days = 90, scale = 1, limits = {}, faults = {}, delivery = {}, open = {} } = options;
  const scenario = createScenario({ seed, startsAt, days, scale });
  const kinds = [...new Set<HelpdeskKind>(options.helpdesks ?? ['zendesk'])];
  const helpdesks = await Promise.all(
    kinds.map((kind) => createHelpdesk(kind, { clock, seed, limits, faults, delivery, open })),
  );
  const bigcommerce = await createBigcommerceSandbox({
    clock,
    seed,
    firstOrderId,
    limits: limits === 'off' ? 'off' : (limits.bigcommerce ?? {}),
    ...(faults.bigcommerce ? { faults: faults.bigcommerce } : {}),
  });
  const fx = await serveFx(scenario, clock);
  const homeOf = shareOut(scenario, seed, helpdesks);
  const byEmail = new Map<string, { readonly partner: PlannedTicket['partner']; readonly live: boolean }>();
  let customers: Customers | undefined;
  const answers = (): readonly GivenAnswer[] => customers?.answers ?? [];

  const of = <Kind extends HelpdeskKind>(kind: Kind): PlayedHelpdesk<Kind> => {
    const found = helpdesks.find((helpdesk) => helpdesk.kind === kind);
    if (!found) throw new RangeError(`${kind} is not among the helpdesks of this sandbox: ${kinds.join(', ')}`);
    return found as PlayedHelpdesk<Kind>;
  };
  const act = (action: Action): void => {
    if (actAtShop(bigcommerce.shop, action)) return;
    if (action.kind === 'ticket') homeOf(action.ticket.id).act(action);
    else if ('ticketId' in action) homeOf(action.ticketId).act(action);
  };

  return {
    helpdesks,
    get zendesk() {
      return of('zendesk').sandbox;
    },
    get gorgias() {
      return of('gorgias').sandbox;
    },
    get kustomer() {
      return of('kustomer').sandbox;
    },
    get history() {
      const { sandbox, planned } = of('zendesk');
      const { desk, apiUserId } = sandbox;
      return createHistory({ desk, shop: bigcommerce.shop, apiUserId, planned, answers });
    },
    bigcommerce,
    fx: { url: fx.url },
    inputs: writeInputs({
      helpdesks,
      startDay: startsAt.toISOString().slice(0, 10),
      days,
      fx: fxCsv(scenario.fx),
    }),
    scenario,
    answers,
    play: ({ signal, onProgress, endAfterDays }) =>
      playScenario({
        scenario,
        act,
        clock,
        seed,
        signal,
        onProgress,
        endAfterDays,
        onTicket: ({ email, partner }, live) => byEmail.set(email, { partner, live }),
      }),
    answerSurveys({ outboxDir, everybody = false }) {
      if (customers) throw new RangeError('the customers read their mail already');
      customers = startCustomers({ clock, seed, outboxDir, everybody, about: (email) => byEmail.get(email) });
      return customers;
    },
    async close() {
      await customers?.stop();
      await Promise.all([...helpdesks, bigcommerce, fx].map((vendor) => vendor.close()));
    },
  };
};
