import { secondMs } from '../../core/time.ts';
import type { Shop } from '../bigcommerce/shop.ts';
import { share } from '../random.ts';
import type { Action, PlannedTicket, TicketUpdateAction } from '../scenario/actions.ts';
import { agents, helpdeskBrands, helpdeskForms, type Language } from '../scenario/marketplace.ts';
import type { Desk } from './desk.ts';
import { attributeNames } from './index.ts';
import type { ConversationValues, CustomValue, Actor as Who } from './model.ts';

export interface KustomerActor {
  /** The user ids of the agents, in the order of the scenario. */
  readonly agentIds: readonly string[];
  /** The conversation that a planned ticket became. */
  conversationOf(ticketId: number): string | undefined;
  /** The planned ticket behind a conversation. */
  ticketOf(conversationId: string): number | undefined;
  /** Does one planned thing at the helpdesk, and at the shop where one was given. */
  act(action: Action): void;
}

export interface KustomerActorOptions {
  readonly desk: Desk;
  /** Null where another actor of the same plan plays the orders. */
  readonly shop: Shop | null;
  readonly seed: string | number;
  /** Share of sessions that the agent leaves open for 90 s after the answer: they are told late. 0.1 unless given. */
  readonly lingerRate?: number;
}

/** Languages and regions as the vendor writes them. */
const languages: Readonly<Record<Language, readonly [language: string, region: string]>> = {
  sv: ['sv_se', 'SE'],
  de: ['de_de', 'DE'],
  fr: ['fr_fr', 'FR'],
  es: ['es_es', 'ES'],
  en: ['en_us', 'US'],
  ar: ['ar_ae', 'AE'],
};

const channels: Readonly<Record<string, string>> = { web: 'form', native_messaging: 'chat' };

/** The older timer starts with the page and stops after it: it counts a little more. */
const v1ExtraSeconds = 5;
const usualLeaveMs = 2 * secondMs;
const lateLeaveMs = 90 * secondMs;

const inbound: Who = { userId: null, client: 'inbound' };
const workflow: Who = { userId: null, client: 'workflow' };

/** Turns planned actions into what this helpdesk would see of them. What it has no such thing for is left out: bulk edits and take-backs of time, and merges, which become a note and a closing. */
export const createKustomerActor = ({ desk, shop, seed, lingerRate = 0.1 }: KustomerActorOptions): KustomerActor => {
  const agentIds = agents.map(
    ({ name }) =>
      desk.addUser({ name: `Agent ${name}`, email: `${name.toLowerCase()}@example.com`, userType: 'user' }).id,
  );
  const customers = new Map<string, string>();
  const conversations = new Map<number, string>();
  const tickets = new Map<string, number>();
  const agentId = (index: number): string => {
    const id = agentIds[index];
    if (id === undefined) throw new RangeError(`the scenario has no agent ${index}`);
    return id;
  };
  const conversationOf = (ticketId: number) => {
    const id = conversations.get(ticketId);
    if (id === undefined) throw new RangeError(`ticket ${ticketId} of the plan has no conversation yet`);
    return desk.conversation(id);
  };

  const customerOf = ({ email, locale, language, atMs }: PlannedTicket): string => {
    const known = customers.get(email);
    if (known !== undefined) return known;
    const defaultLang = locale === null ? null : languages[language][0];
    const { id } = desk.addCustomer(atMs, { name: email.slice(0, email.indexOf('@')), email, defaultLang });
    customers.set(email, id);
    return id;
  };

  const open = (ticket: PlannedTicket): void => {
    const { atMs } = ticket;
    const custom = new Map<string, CustomValue>();
    if (ticket.orderNumber !== null) custom.set(attributeNames.orderNumber, ticket.orderNumber);
    if (ticket.reasonInField) custom.set(attributeNames.reason, ticket.reason);
    const [language, region] = languages[ticket.language];
    const brand = desk.brands[ticket.brandId === helpdeskBrands.atelier ? 1 : 0];
    const made = desk.start({
      atMs,
      customerId: customerOf(ticket),
      name: ticket.subject,
      text: ticket.body,
      channel: channels[ticket.channel] ?? ticket.channel,
      brandId: brand?.id ?? null,
      tags: ticket.reasonInField ? ticket.tags : [...ticket.tags, ticket.reason],
      custom,
      ...(ticket.locale === null ? {} : { defaultLang: language, locale: region }),
    });
    conversations.set(ticket.id, made.id);
    tickets.set(made.id, ticket.id);
    const queue = desk.queues[ticket.formId === helpdeskForms.trade ? 1 : 0];
    desk.update(
      made.id,
      { ...workflow, atMs },
      { queueId: queue?.id ?? null, assignedTeams: desk.teams.map(({ id }) => id) },
    );
  };

  const update = (action: TicketUpdateAction, plannedMs: number): void => {
    const conversation = conversationOf(action.ticketId);
    const { atMs, author, comment, names } = action;
    if (conversation.deletedAtMs !== null || conversation.endedAtMs !== null) return;
    if (author === 'automation') {
      if (action.status === 'closed' && conversation.status === 'done')
        desk.update(conversation.id, { ...workflow, atMs }, { endedReason: 'auto' });
      return;
    }
    if (author === 'requester') {
      if (comment) desk.receive(conversation.id, { atMs, text: comment.text });
      else if (action.status === 'open') desk.update(conversation.id, { ...inbound, atMs }, { status: 'open' });
      return;
    }
    const userId = agentId(author);
    if (comment?.public) desk.reply(conversation.id, { atMs, userId, text: comment.text });
    else if (comment) desk.note(conversation.id, { atMs, userId, text: comment.text });
    const held = conversation.tags.filter((id) => !desk.tags.get(id)?.name.startsWith('partner_'));
    const values: ConversationValues = {
      ...(action.assign ? { assignedUsers: [userId] } : {}),
      ...(action.status === 'solved' ? { status: 'done' } : {}),
      ...(action.status === 'pending' ? { status: 'snoozed', snoozedUntilMs: null } : {}),
      ...(action.status === 'open' ? { status: 'open' } : {}),
      ...(names?.by === 'tag'
        ? { tags: [...held, desk.tag(atMs, `partner_${names.partner}`, { userId, client: 'web' }).id] }
        : {}),
      ...(names?.by === 'field' ? { custom: new Map([[attributeNames.partner, names.partner]]) } : {}),
    };
    desk.update(conversation.id, { userId, client: 'web', atMs }, values);
    const worked = action.setTotal === undefined ? (action.addSeconds ?? 0) : 0;
    if (worked <= 0) return;
    const late = share(seed, 'lingers', action.ticketId, plannedMs) < lingerRate;
    desk.work(conversation.id, {
      userId,
      startsAtMs: atMs - worked * secondMs,
      durationMs: worked * secondMs,
      endsAtMs: atMs + (late ? lateLeaveMs : usualLeaveMs),
      v1Seconds: worked + v1ExtraSeconds,
      ...(comment?.public ? { messageMs: worked * 600 } : {}),
      ...(comment && !comment.public ? { noteMs: worked * 600 } : {}),
    });
  };

  /** With the time at which it happens: what a fast clock plays late is a change after the last one all the same. */
  const happening = (action: Action): Action => {
    const latestMs = desk.audits.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
    if (action.atMs >= latestMs) return action;
    const atMs = latestMs + 1;
    return action.kind === 'ticket' ? { ...action, atMs, ticket: { ...action.ticket, atMs } } : { ...action, atMs };
  };

  return {
    agentIds,
    conversationOf: (ticketId) => conversations.get(ticketId),
    ticketOf: (conversationId) => tickets.get(conversationId),
    act(planned) {
      const action = happening(planned);
      switch (action.kind) {
        case 'order': {
          const id = shop?.place(action.order.input).id ?? action.order.id;
          if (id !== action.order.id) throw new RangeError(`order ${action.order.id} of the plan became ${id}`);
          return;
        }
        case 'order status':
          if (shop?.orders.get(action.orderId)?.statusId === 11) shop.setStatus(action.orderId, action.statusId);
          return;
        case 'refund':
          shop?.refund(action.orderId, action.refund);
          return;
        case 'ticket':
          return open(action.ticket);
        case 'update':
          return update(action, planned.atMs);
        case 'merge': {
          const [source, target] = [conversationOf(action.ticketId), conversationOf(action.intoId)];
          if (source.endedAtMs !== null || target.endedAtMs !== null) return;
          const { atMs } = action;
          const userId = agentId(action.author);
          desk.note(source.id, { atMs, userId, text: `Continued in ${target.name}` });
          desk.update(source.id, { userId, client: 'web', atMs }, { status: 'done' });
          return;
        }
        case 'delete': {
          const { atMs } = action;
          desk.remove(conversationOf(action.ticketId).id, { userId: agentId(action.author), client: 'web', atMs });
        }
      }
    },
  };
};
