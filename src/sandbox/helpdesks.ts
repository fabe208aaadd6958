import type { Actor } from './actor.ts';
import type { SandboxClock } from './clock.ts';
import { createGorgiasActor } from './gorgias/actor.ts';
import type { GorgiasDelivery } from './gorgias/delivery.ts';
import { createGorgiasSandbox, type GorgiasSandbox } from './gorgias/index.ts';
import type { GorgiasLimits } from './gorgias/limits.ts';
import type { FaultPlan } from './http.ts';
import { createKustomerActor } from './kustomer/actor.ts';
import type { OpenQuestions } from './kustomer/conversation-routes.ts';
import { createKustomerSandbox, type KustomerSandbox } from './kustomer/index.ts';
import type { KustomerLimits } from './kustomer/limits.ts';
import { share } from './random.ts';
import type { Action, PlannedTicket } from './scenario/actions.ts';
import type { TicketPlaces } from './scenario/inputs.ts';
import { helpdeskBrands, helpdeskForms } from './scenario/marketplace.ts';
import { firstTicketId } from './scenario/tickets.ts';
import type { Scenario } from './scenario.ts';
import type { DeliveryCounts } from './sender.ts';
import { createZendeskActor } from './zendesk/actor.ts';
import type { ZendeskDelivery } from './zendesk/delivery.ts';
import { createZendeskSandbox, type ZendeskSandbox } from './zendesk/index.ts';
import type { ZendeskLimits } from './zendesk/limits.ts';

export const helpdeskKinds = ['zendesk', 'gorgias', 'kustomer'] as const;
export type HelpdeskKind = (typeof helpdeskKinds)[number];

interface Sandboxes {
  readonly zendesk: ZendeskSandbox;
  readonly gorgias: GorgiasSandbox;
  readonly kustomer: KustomerSandbox;
}

/** One simulated helpdesk and its part of the plan, seen without regard to the vendor. */
export interface PlayedHelpdesk<Kind extends HelpdeskKind = HelpdeskKind> {
  readonly kind: Kind;
  readonly sandbox: Sandboxes[Kind];
  /** What connecting takes. */
  readonly settings: { readonly name: string; readonly baseUrl: string };
  /** In the order of the scenario. */
  readonly agentIds: readonly string[];
  readonly apiUserId: string;
  readonly delivery: Readonly<DeliveryCounts>;
  /** Planned tickets that were opened here, by their ids here. */
  readonly planned: ReadonlyMap<string, PlannedTicket>;
  readonly places: TicketPlaces;
  /** Plays one action of a ticket that lives here. */
  act(action: Action): void;
  /** Makes a webhook as an admin does by hand; returns the settings that hold its secret. */
  subscribe(webhookUrl: string): Readonly<Record<string, unknown>>;
  /** Resolves when every webhook is delivered or lost. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export interface HelpdeskLimits {
  readonly zendesk?: ZendeskLimits | 'off';
  readonly gorgias?: GorgiasLimits | 'off';
  readonly kustomer?: KustomerLimits | 'off';
}

/** Alike for all, but for what is one vendor's own: Gorgias' switch, Zendesk's breaker. */
export type HelpdeskDelivery = GorgiasDelivery & ZendeskDelivery;

interface Options {
  readonly clock: SandboxClock;
  readonly seed: string | number;
  readonly limits: HelpdeskLimits | 'off';
  readonly faults: Readonly<Partial<Record<HelpdeskKind, FaultPlan>>>;
  readonly delivery: HelpdeskDelivery;
  readonly open?: OpenQuestions;
}

const played = <Kind extends HelpdeskKind>(
  kind: Kind,
  sandbox: Sandboxes[Kind],
  rest: {
    readonly actor: Actor;
    /** The id here of a planned ticket that was opened. */
    readonly idOf: (plannedId: number) => string | number | undefined;
    readonly places: TicketPlaces;
    readonly subscribe: PlayedHelpdesk['subscribe'];
  },
): PlayedHelpdesk<Kind> => {
  const planned = new Map<string, PlannedTicket>();
  return {
    kind,
    sandbox,
    settings: sandbox.settings,
    agentIds: rest.actor.agentIds.map(String),
    apiUserId: String(sandbox.apiUserId),
    delivery: sandbox.delivery,
    planned,
    places: rest.places,
    act(action) {
      rest.actor.act(action);
      if (action.kind === 'ticket') planned.set(String(rest.idOf(action.ticket.id)), action.ticket);
    },
    subscribe: rest.subscribe,
    idle: () => sandbox.idle(),
    close: () => sandbox.close(),
  };
};

const makers = {
  async zendesk({ limits, ...options }) {
    const sandbox = await createZendeskSandbox({ ...options, limits: limits ?? {}, firstTicketId });
    const actor = createZendeskActor(sandbox.desk);
    return played('zendesk', sandbox, {
      actor,
      idOf: (plannedId) => actor.ticketOf(plannedId)?.id,
      places: {
        trade: { formId: String(helpdeskForms.trade) },
        atelier: { brandId: String(helpdeskBrands.atelier) },
      },
      subscribe: (webhookUrl) => ({ webhookSecrets: [sandbox.subscribe(webhookUrl)] }),
    });
  },
  async gorgias({ limits, ...options }) {
    // The marketplace asks its customers once.
    const sandbox = await createGorgiasSandbox({ ...options, limits: limits ?? {}, ownSurvey: false });
    const actor = createGorgiasActor({ desk: sandbox.desk, fieldIds: sandbox.fieldIds });
    return played('gorgias', sandbox, {
      actor,
      idOf: (plannedId) => actor.ticketOf(plannedId)?.id,
      places: {},
      subscribe: (webhookUrl) => ({ webhookSecret: sandbox.subscribe(webhookUrl) }),
    });
  },
  async kustomer({ limits, ...options }) {
    const sandbox = await createKustomerSandbox({ ...options, limits: limits ?? {} });
    const { desk } = sandbox;
    const actor = createKustomerActor({ desk, shop: null, seed: options.seed });
    const [, atelier] = desk.brands;
    const [, trade] = desk.queues;
    return played('kustomer', sandbox, {
      actor,
      idOf: (plannedId) => actor.conversationOf(plannedId),
      places: {
        ...(trade && { trade: { inbox: trade.id } }),
        ...(atelier && { atelier: { brandId: atelier.id } }),
      },
      subscribe: (webhookUrl) => ({ webhookToken: sandbox.subscribe(webhookUrl) }),
    });
  },
} satisfies {
  [Kind in HelpdeskKind]: (
    options: Omit<Options, 'limits' | 'faults'> & {
      readonly limits?: HelpdeskLimits[Kind];
      readonly faults?: FaultPlan;
    },
  ) => Promise<PlayedHelpdesk<Kind>>;
};

export const createHelpdesk = <Kind extends HelpdeskKind>(
  kind: Kind,
  { limits, faults, ...options }: Options,
): Promise<PlayedHelpdesk> =>
  makers[kind]({
    ...options,
    limits: limits === 'off' ? 'off' : (limits[kind] as never),
    ...(faults[kind] && { faults: faults[kind] }),
  });

/**
 * Which helpdesk plays a planned ticket: the seed and the ticket decide, and follow-ups and merged tickets stay with those
 * they belong to.
 */
export const shareOut = <Helpdesk>(
  scenario: Scenario,
  seed: string | number,
  helpdesks: readonly Helpdesk[],
): ((plannedId: number) => Helpdesk) => {
  const kin = new Map<number, number>();
  for (const { id, followUpOf } of scenario.tickets) if (followUpOf !== null) kin.set(id, followUpOf);
  for (const action of scenario.timeline) if (action.kind === 'merge') kin.set(action.ticketId, action.intoId);
  const homeOf = (plannedId: number): Helpdesk => {
    const elder = kin.get(plannedId);
    if (elder !== undefined) return homeOf(elder);
    const helpdesk = helpdesks[Math.floor(share(seed, 'helpdesk', plannedId) * helpdesks.length)];
    if (helpdesk === undefined) throw new RangeError('a sandbox has at least one helpdesk');
    return helpdesk;
  };
  return homeOf;
};
