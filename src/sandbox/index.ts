import { type Actor, createActor } from './actor.ts';
import { type BigcommerceLimits, type BigcommerceSandbox, createBigcommerceSandbox } from './bigcommerce/index.ts';
import { isoSeconds, type SandboxClock } from './clock.ts';
import { type Customers, type GivenAnswer, startCustomers } from './customers.ts';
import { createHistory, type SandboxHistory } from './history.ts';
import { createServer, type FaultPlan, listen } from './http.ts';
import { type Progress, playScenario } from './play.ts';
import type { PlannedTicket } from './scenario/actions.ts';
import { fxCsv } from './scenario/fx.ts';
import { type SetupInputs, writeInputs } from './scenario/inputs.ts';
import { firstOrderId } from './scenario/orders.ts';
import { firstTicketId } from './scenario/tickets.ts';
import { createScenario, type Scenario } from './scenario.ts';
import type { DeliverySettings } from './zendesk/delivery.ts';
import { createZendeskSandbox, type ZendeskSandbox } from './zendesk/index.ts';
import type { ZendeskLimits } from './zendesk/limits.ts';

export type { BigcommerceSandbox } from './bigcommerce/index.ts';
export type { SandboxClock } from './clock.ts';
export type { Customers, GivenAnswer } from './customers.ts';
export type { SandboxHistory } from './history.ts';
export type { FaultPlan } from './http.ts';
export type { Progress } from './play.ts';
export type { SetupInputs } from './scenario/inputs.ts';
export type { Scenario } from './scenario.ts';
export type { DeliverySettings } from './zendesk/delivery.ts';
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
  /** `off` for benches; else by vendor, with the vendors' own quotas as defaults. */
  readonly limits?:
    | 'off'
    | { readonly zendesk?: ZendeskLimits | 'off'; readonly bigcommerce?: BigcommerceLimits | 'off' };
  readonly faults?: { readonly zendesk?: FaultPlan; readonly bigcommerce?: FaultPlan };
  readonly delivery?: DeliverySettings;
}

export interface Sandbox {
  readonly zendesk: ZendeskSandbox;
  readonly bigcommerce: BigcommerceSandbox;
  /** Reference rates in the ECB's CSV, each day's from 16:00 UTC of that day on. */
  readonly fx: { readonly url: string };
  /** What a person would import, as text. */
  readonly inputs: SetupInputs;
  readonly scenario: Scenario;
  readonly actor: Actor;
  readonly history: SandboxHistory;
  /** Lets the days pass, then a live trickle; ends when the signal aborts, or after the days with `endAfterDays`. */
  play(options: {
    readonly signal: AbortSignal;
    readonly onProgress?: (progress: Progress) => void;
    readonly endAfterDays?: boolean;
  }): Promise<void>;
  /** Starts the customers who read the mails of the folder and answer; once. */
  answerSurveys(options: { readonly outboxDir: string }): Customers;
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

/** Simulators of both vendors on loopback, the plan of a marketplace that plays on them, and its customers. Starts empty: `play` fills it. */
export const createSandbox = async (options: SandboxOptions): Promise<Sandbox> => {
  const { clock, seed, startsAt, days = 90, scale = 1, limits = {}, faults = {}, delivery = {} } = options;
  const scenario = createScenario({ seed, startsAt, days, scale });
  const zendesk = await createZendeskSandbox({
    clock,
    seed,
    firstTicketId,
    delivery,
    limits: limits === 'off' ? 'off' : (limits.zendesk ?? {}),
    ...(faults.zendesk ? { faults: faults.zendesk } : {}),
  });
  const bigcommerce = await createBigcommerceSandbox({
    clock,
    seed,
    firstOrderId,
    limits: limits === 'off' ? 'off' : (limits.bigcommerce ?? {}),
    ...(faults.bigcommerce ? { faults: faults.bigcommerce } : {}),
  });
  const fx = await serveFx(scenario, clock);
  const actor = createActor({ desk: zendesk.desk, shop: bigcommerce.shop });
  const planned = new Map<number, PlannedTicket>();
  const byEmail = new Map<string, { readonly partner: PlannedTicket['partner']; readonly live: boolean }>();
  let customers: Customers | undefined;
  const answers = (): readonly GivenAnswer[] => customers?.answers ?? [];

  return {
    zendesk,
    bigcommerce,
    fx: { url: fx.url },
    inputs: writeInputs({
      connection: zendesk.settings.name,
      agentIds: actor.agentIds,
      startDay: startsAt.toISOString().slice(0, 10),
      days,
      fx: fxCsv(scenario.fx),
    }),
    scenario,
    actor,
    history: createHistory({
      desk: zendesk.desk,
      shop: bigcommerce.shop,
      apiUserId: zendesk.apiUserId,
      planned,
      answers,
    }),
    play: ({ signal, onProgress, endAfterDays }) =>
      playScenario({
        scenario,
        actor,
        clock,
        seed,
        signal,
        onProgress,
        endAfterDays,
        onTicket(ticket, live) {
          planned.set(ticket.id, ticket);
          byEmail.set(ticket.email, { partner: ticket.partner, live });
        },
      }),
    answerSurveys({ outboxDir }) {
      if (customers) throw new RangeError('the customers read their mail already');
      customers = startCustomers({ clock, seed, outboxDir, about: (email) => byEmail.get(email) });
      return customers;
    },
    async close() {
      await customers?.stop();
      await Promise.all([zendesk.close(), bigcommerce.close(), fx.close()]);
    },
  };
};
