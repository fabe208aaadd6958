import type { Shop } from './bigcommerce/shop.ts';
import type { Action, PlannedTicket, TicketUpdateAction } from './scenario/actions.ts';
import { agents, helpdeskGroup } from './scenario/marketplace.ts';
import type { Desk } from './zendesk/desk.ts';
import { fieldIds } from './zendesk/index.ts';
import { type TicketValues, viaOf } from './zendesk/model.ts';

export interface Actor {
  /** The helpdesk's user ids of the agents, in the order of the scenario. */
  readonly agentIds: readonly number[];
  /** Does one planned thing at the vendors. */
  act(action: Action): void;
}

/** Does what a plan has for the store; false where the action is none of the store's. */
export const actAtShop = (shop: Shop, action: Action): boolean => {
  switch (action.kind) {
    case 'order': {
      const { id } = shop.place(action.order.input);
      if (id !== action.order.id) throw new RangeError(`order ${action.order.id} of the plan became ${id}`);
      return true;
    }
    case 'order status':
      if (shop.orders.get(action.orderId)?.statusId === 11) shop.setStatus(action.orderId, action.statusId);
      return true;
    case 'refund':
      shop.refund(action.orderId, action.refund);
      return true;
    default:
      return false;
  }
};

/** Turns planned actions into what the vendors would see of them. */
export const createActor = ({ desk, shop }: { readonly desk: Desk; readonly shop: Shop }): Actor => {
  const agentIds = agents.map(
    ({ name }) =>
      desk.addUser({
        name: `Agent ${name}`,
        email: `${name.toLowerCase()}@example.com`,
        role: 'agent',
        locale: 'en-US',
        organizationId: null,
      }).id,
  );
  const requesters = new Map<string, number>();
  const agentId = (index: number): number => {
    const id = agentIds[index];
    if (id === undefined) throw new RangeError(`the scenario has no agent ${index}`);
    return id;
  };

  const requesterOf = ({ email, locale }: PlannedTicket): number => {
    const known = requesters.get(email);
    if (known !== undefined) return known;
    const { id } = desk.addUser({
      name: email.slice(0, email.indexOf('@')),
      email,
      role: 'end-user',
      locale,
      organizationId: null,
    });
    requesters.set(email, id);
    return id;
  };

  const open = (ticket: PlannedTicket): void => {
    const fields = new Map<number, string | null>();
    if (ticket.orderNumber !== null) fields.set(fieldIds.orderNumber, ticket.orderNumber);
    if (ticket.reasonInField) fields.set(fieldIds.reason, ticket.reason);
    const tags = ticket.reasonInField ? ticket.tags : [...ticket.tags, ticket.reason];
    const from = ticket.channel === 'email' ? { address: ticket.email, name: '' } : {};
    const made = desk.create({
      atMs: ticket.atMs,
      subject: ticket.subject,
      body: ticket.body,
      requesterId: requesterOf(ticket),
      via: viaOf(ticket.channel, null, from),
      brandId: ticket.brandId,
      ...(ticket.formId === null ? {} : { formId: ticket.formId }),
      tags,
      fields,
      ...(ticket.followUpOf === null ? {} : { followUpOf: ticket.followUpOf }),
      ruled: { title: 'Sort new tickets', values: { priority: 'normal', groupId: helpdeskGroup } },
    });
    if (made.id !== ticket.id) throw new RangeError(`ticket ${ticket.id} of the plan became ${made.id}`);
  };

  const update = (action: TicketUpdateAction): void => {
    const ticket = desk.ticket(action.ticketId);
    if (ticket.deleted || ticket.status === 'closed') return;
    if (action.author === 'automation') {
      if (action.status && ticket.status === 'solved')
        desk.update(ticket.id, {
          atMs: action.atMs,
          authorId: -1,
          via: viaOf('rule', 'automation'),
          ruled: { title: 'Close solved tickets', rel: 'automation', values: { status: action.status } },
        });
      return;
    }
    const authorId = action.author === 'requester' ? ticket.requesterId : agentId(action.author);
    const fields = new Map<number, string | null>();
    if (action.addSeconds !== undefined || action.setTotal !== undefined) {
      const loaded = Number(ticket.fields.get(fieldIds.totalTime) ?? 0);
      // The app adds to the total as loaded; nobody can take back more than there is.
      const total = action.setTotal ?? Math.max(0, loaded + (action.addSeconds ?? 0));
      if (total !== loaded) {
        fields.set(fieldIds.totalTime, String(total));
        if (action.setTotal === undefined) fields.set(fieldIds.lastTime, String(total - loaded));
      }
    }
    const { names } = action;
    if (names?.by === 'field') fields.set(fieldIds.partner, names.partner);
    const values: TicketValues = {
      ...(action.status ? { status: action.status } : {}),
      ...(action.assign && action.author !== 'requester' ? { assigneeId: authorId } : {}),
      ...(names?.by === 'tag'
        ? { tags: [...ticket.tags.filter((tag) => !tag.startsWith('partner_')), `partner_${names.partner}`] }
        : {}),
      fields,
    };
    desk.update(ticket.id, {
      atMs: action.atMs,
      authorId,
      via: viaOf(action.author === 'requester' ? ticket.via.channel : 'web'),
      values,
      ...(action.comment ? { comment: { body: action.comment.text, public: action.comment.public } } : {}),
    });
  };

  return {
    agentIds,
    act(action) {
      if (actAtShop(shop, action)) return;
      switch (action.kind) {
        case 'ticket':
          return open(action.ticket);
        case 'update':
          return update(action);
        case 'merge': {
          const [source, target] = [desk.ticket(action.ticketId), desk.ticket(action.intoId)];
          if (source.status !== 'closed' && target.status !== 'closed')
            desk.merge(source.id, target.id, { atMs: action.atMs, authorId: agentId(action.author) });
          return;
        }
        case 'delete':
          desk.remove(action.ticketId, { atMs: action.atMs, authorId: agentId(action.author) });
      }
    },
  };
};
