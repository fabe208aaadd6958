import type { Actor } from '../actor.ts';
import type { PlannedTicket, TicketUpdateAction } from '../scenario/actions.ts';
import { agents, helpdeskGroup } from '../scenario/marketplace.ts';
import type { Desk } from './desk.ts';
import { fieldIds } from './index.ts';
import { type Ticket, type TicketValues, viaOf } from './model.ts';

export interface ZendeskActor extends Actor {
  /** The ticket here that plays a planned one. */
  ticketOf(plannedId: number): Ticket | undefined;
}

/** Plays the plan's tickets on this desk; the store's actions are somebody else's. */
export const createZendeskActor = (desk: Desk): ZendeskActor => {
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
  const tickets = new Map<number, Ticket>();
  const agentId = (index: number): number => {
    const id = agentIds[index];
    if (id === undefined) throw new RangeError(`the scenario has no agent ${index}`);
    return id;
  };

  const playedOf = (plannedId: number): Ticket => {
    const ticket = tickets.get(plannedId);
    if (!ticket) throw new RangeError(`ticket ${plannedId} of the plan was never opened`);
    return ticket;
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
      ...(ticket.followUpOf === null ? {} : { followUpOf: playedOf(ticket.followUpOf).id }),
      ruled: { title: 'Sort new tickets', values: { priority: 'normal', groupId: helpdeskGroup } },
    });
    tickets.set(ticket.id, made);
  };

  const update = (action: TicketUpdateAction): void => {
    const ticket = playedOf(action.ticketId);
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
    ticketOf: (plannedId) => tickets.get(plannedId),
    act(action) {
      switch (action.kind) {
        case 'ticket':
          return open(action.ticket);
        case 'update':
          return update(action);
        case 'merge': {
          const [source, target] = [playedOf(action.ticketId), playedOf(action.intoId)];
          if (source.status !== 'closed' && target.status !== 'closed')
            desk.merge(source.id, target.id, { atMs: action.atMs, authorId: agentId(action.author) });
          return;
        }
        case 'delete':
          desk.remove(playedOf(action.ticketId).id, { atMs: action.atMs, authorId: agentId(action.author) });
      }
    },
  };
};
