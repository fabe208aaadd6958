import { dayMs } from '../../core/time.ts';
import { type Actor, actAtShop } from '../actor.ts';
import type { Shop } from '../bigcommerce/shop.ts';
import type { PlannedTicket, TicketUpdateAction } from '../scenario/actions.ts';
import { agents } from '../scenario/marketplace.ts';
import type { TicketAction } from './actions.ts';
import type { TicketValues } from './changes.ts';
import type { Desk } from './desk.ts';
import type { GorgiasSandbox } from './index.ts';
import type { FieldValue, Ticket } from './model.ts';

export interface GorgiasActor extends Actor {
  /** The ticket here that plays a planned one. */
  ticketOf(plannedId: number): Ticket | undefined;
}

/** The channels of the plan, by the names of this vendor. */
const channels: Readonly<Record<string, string>> = {
  web: 'contact_form',
  native_messaging: 'whatsapp',
  voice: 'phone',
  facebook: 'facebook-messenger',
};

/**
 * Plays the plan's tickets on this desk; the store's actions too where a shop is given, else they are somebody else's.
 * There are two states here: pending is snoozed, solved is closed, and what an automation closes is closed already.
 */
export const createGorgiasActor = ({
  desk,
  fieldIds,
  shop,
}: {
  readonly desk: Desk;
  readonly fieldIds: GorgiasSandbox['fieldIds'];
  readonly shop?: Shop;
}): GorgiasActor => {
  const agentIds = agents.map(
    ({ name }) => desk.addUser({ name: `Agent ${name}`, email: `${name.toLowerCase()}@example.com`, role: 'agent' }).id,
  );
  const customers = new Map<string, number>();
  const tickets = new Map<number, { readonly ticket: Ticket; readonly planned: PlannedTicket }>();
  const agentId = (index: number): number => {
    const id = agentIds[index];
    if (id === undefined) throw new RangeError(`the scenario has no agent ${index}`);
    return id;
  };
  const playedOf = (plannedId: number) => {
    const played = tickets.get(plannedId);
    if (!played) throw new RangeError(`ticket ${plannedId} of the plan was never opened`);
    return played;
  };

  const customerOf = ({ email, locale }: PlannedTicket): number => {
    const known = customers.get(email);
    if (known !== undefined) return known;
    const { id } = desk.addCustomer({
      name: email.slice(0, email.indexOf('@')),
      email,
      language: locale?.slice(0, 2) ?? null,
    });
    customers.set(email, id);
    return id;
  };

  const open = (planned: PlannedTicket): void => {
    const fields = new Map<number, FieldValue>();
    if (planned.orderNumber !== null) fields.set(fieldIds.orderNumber, planned.orderNumber);
    if (planned.reasonInField) fields.set(fieldIds.reason, planned.reason);
    const tags = planned.reasonInField ? planned.tags : [...planned.tags, planned.reason];
    const customerId = customerOf(planned);
    const ticket = desk.create({
      atMs: planned.atMs,
      customerId,
      channel: channels[planned.channel] ?? planned.channel,
      subject: planned.subject,
      message: { from: { customerId }, text: planned.body, language: planned.language },
      fields,
      ruled: { id: 120_977, name: 'Sort new tickets', values: { addTags: tags } },
    });
    tickets.set(planned.id, { ticket, planned });
  };

  /** What the clock adds: nobody sets this clock to a total, and nothing falls below zero. */
  const secondsOf = (ticket: Ticket, { addSeconds = 0 }: TicketUpdateAction): number => {
    const held = ticket.work.reduce((sum, { seconds }) => sum + seconds, 0);
    return Math.max(-held, addSeconds);
  };

  const update = (action: TicketUpdateAction): void => {
    const { ticket, planned } = playedOf(action.ticketId);
    if (ticket.trashedAtMs !== null || action.author === 'automation') return;
    const { atMs, comment, status, names } = action;
    if (action.author === 'requester') {
      desk.act(ticket.id, {
        atMs,
        userId: null,
        ...(comment
          ? {
              message: {
                from: { customerId: ticket.customerId },
                text: comment.text,
                language: planned.language,
              },
            }
          : { values: { status: 'open' } }),
      });
      return;
    }
    const userId = agentId(action.author);
    const held = ticket.tagIds.flatMap((id) => desk.tags.get(id)?.name ?? []);
    const values: TicketValues = {
      ...(status === 'solved' ? { status: 'closed', snoozeUntilMs: null } : {}),
      ...(status === 'pending' ? { status: 'open', snoozeUntilMs: atMs + 3 * dayMs } : {}),
      ...(status === 'open' ? { status: 'open' } : {}),
      ...(action.assign ? { assigneeId: userId } : {}),
      ...(names?.by === 'tag'
        ? {
            addTags: [`partner_${names.partner}`],
            removeTags: held.filter((tag) => tag.startsWith('partner_') && tag !== `partner_${names.partner}`),
          }
        : {}),
      ...(names?.by === 'field' ? { fields: new Map([[fieldIds.partner, names.partner]]) } : {}),
    };
    let seconds = secondsOf(ticket, action);
    // On the phone the first talk is a call, whose length is told by the call and not by the ticket's clock.
    const talks = ticket.channel === 'phone' && comment?.public === true && seconds > 0;
    if (talks && !desk.calls.rows.some(({ ticketId }) => ticketId === ticket.id)) {
      const startedAtMs = Math.max(ticket.createdAtMs, atMs - seconds * 1000);
      desk.addCall({
        ticketId: ticket.id,
        customerId: ticket.customerId,
        userId,
        direction: 'outbound',
        seconds,
        startedAtMs,
      });
      seconds = 0;
    }
    // An agent who only looks in again leaves the ticket marked for later: without any trace nobody could tell.
    const looksIn = !comment && Object.keys(values).length === 0;
    const done: TicketAction = {
      atMs,
      userId,
      seconds,
      values: looksIn ? { isUnread: true } : values,
      ...(comment ? { message: { from: { userId }, text: comment.text, public: comment.public } } : {}),
    };
    if (!looksIn || seconds !== 0) desk.act(ticket.id, done);
  };

  return {
    agentIds,
    ticketOf: (plannedId) => tickets.get(plannedId)?.ticket,
    act(action) {
      if (shop && actAtShop(shop, action)) return;
      switch (action.kind) {
        case 'ticket':
          return open(action.ticket);
        case 'update':
          return update(action);
        case 'merge': {
          const [source, target] = [playedOf(action.ticketId).ticket, playedOf(action.intoId).ticket];
          if (source.trashedAtMs === null && target.trashedAtMs === null)
            desk.merge(source.id, target.id, { atMs: action.atMs, userId: agentId(action.author) });
          return;
        }
        case 'delete':
          desk.act(playedOf(action.ticketId).ticket.id, {
            atMs: action.atMs,
            userId: agentId(action.author),
            values: { trashed: true },
          });
      }
    },
  };
};
