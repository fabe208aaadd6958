import { secondMs } from '../../core/time.ts';
import { isoSeconds, type SandboxClock } from '../clock.ts';
import { createChanger, normalTags, text } from './changes.ts';
import type {
  Audit,
  AuditEvent,
  Happening,
  Ticket,
  TicketField,
  TicketUpdate,
  TicketValues,
  Via,
  ZendeskUser,
} from './model.ts';
import { viaOf } from './model.ts';

/** What a plan has for earlier, played late by a fast clock, is a change after the last one all the same: in its next second. */
const stampAfter = (lastMs: number, atMs: number): number => (atMs < lastMs ? lastMs + secondMs : atMs);

export interface NewTicket {
  readonly atMs: number;
  readonly subject: string;
  readonly body: string;
  readonly requesterId: number;
  readonly submitterId?: number;
  readonly via: Via;
  readonly brandId: number;
  readonly formId?: number;
  readonly priority?: string;
  readonly tags?: readonly string[];
  readonly fields?: ReadonlyMap<number, string | null>;
  /** The closed ticket that this one follows up: its custom fields are copied. */
  readonly followUpOf?: number;
  /** What the triggers add on creation. */
  readonly ruled?: { readonly title: string; readonly values: TicketValues };
}

export interface Update {
  readonly atMs: number;
  /** -1: the system. */
  readonly authorId: number;
  readonly via?: Via;
  readonly values?: TicketValues;
  readonly comment?: { readonly body: string; readonly public: boolean };
  /** What triggers or automations change in the same update. */
  readonly ruled?: { readonly title: string; readonly rel?: 'trigger' | 'automation'; readonly values: TicketValues };
  readonly happenings?: readonly Happening[];
}

export interface Desk {
  readonly users: ReadonlyMap<number, ZendeskUser>;
  readonly tickets: ReadonlyMap<number, Ticket>;
  readonly fields: readonly TicketField[];
  /** The change feed, oldest first; an entry holds while its ticket has the same `feedNo`. */
  readonly feed: readonly { readonly atMs: number; readonly ticketId: number }[];
  addUser(user: Omit<ZendeskUser, 'id'>): ZendeskUser;
  ticket(id: number): Ticket;
  create(input: NewTicket): Ticket;
  /** Applies one update as one audit; null where nothing differs. Closed tickets are the caller's to refuse. */
  update(id: number, update: Update): Audit | null;
  /** Closes `sourceId` into `targetId`; the source keeps its time and fields. */
  merge(sourceId: number, targetId: number, by: { readonly atMs: number; readonly authorId: number }): void;
  remove(id: number, by: { readonly atMs: number; readonly authorId: number }): void;
}

const firstUserId = 9_000_000_000_001;
const firstAuditId = 31_000_000_000_001;
const ruleId = 360_000_700_001;

const ruleVia = (title: string, rel: string): Via =>
  viaOf('rule', rel, { deleted: false, title, id: ruleId, revision_id: 1 });

/** The helpdesk's memory: tickets with their audits and a change feed. Every change is told to `onUpdate`. */
export const createDesk = (options: {
  readonly clock: SandboxClock;
  readonly fields: readonly TicketField[];
  readonly firstTicketId: number;
  readonly onUpdate: (update: TicketUpdate) => void;
}): Desk => {
  const { clock, fields, onUpdate } = options;
  const users = new Map<number, ZendeskUser>();
  const tickets = new Map<number, Ticket>();
  const feed: { atMs: number; ticketId: number }[] = [];
  let lastUserId = firstUserId - 1;
  let lastTicketId = options.firstTicketId - 1;
  let lastAuditId = firstAuditId;
  const nextId = (): number => {
    lastAuditId += 3;
    return lastAuditId;
  };

  const note = (ticket: Ticket): void => {
    ticket.text = null;
    ticket.generatedAtMs = Math.max(clock.now().getTime(), feed.at(-1)?.atMs ?? 0);
    ticket.feedNo = feed.length;
    feed.push({ atMs: ticket.generatedAtMs, ticketId: ticket.id });
  };

  const writeAudit = (
    ticket: Ticket,
    { atMs, authorId, via, events }: { atMs: number; authorId: number; via: Via; events: AuditEvent[] },
  ): Audit => {
    const audit: Audit = {
      id: nextId(),
      ticket_id: ticket.id,
      created_at: isoSeconds(atMs),
      author_id: authorId,
      metadata: { system: {}, custom: {} },
      via,
      events,
    };
    ticket.audits.push(audit);
    ticket.auditTexts.push(JSON.stringify(audit));
    return audit;
  };

  const { apply, commentEvent } = createChanger({ fields, nextId });

  const ticketOf = (id: number): Ticket => {
    const ticket = tickets.get(id);
    if (!ticket) throw new RangeError(`the sandbox has no ticket ${id}`);
    return ticket;
  };

  const desk: Desk = {
    users,
    tickets,
    fields,
    feed,
    ticket: ticketOf,
    addUser(input) {
      lastUserId += 1;
      const user = { id: lastUserId, ...input };
      users.set(user.id, user);
      return user;
    },
    create(input) {
      lastTicketId += 1;
      const parent = input.followUpOf === undefined ? undefined : ticketOf(input.followUpOf);
      const ticket: Ticket = {
        id: lastTicketId,
        subject: input.subject,
        description: input.body,
        status: 'new',
        priority: input.priority ?? null,
        type: null,
        requesterId: input.requesterId,
        submitterId: input.submitterId ?? input.requesterId,
        assigneeId: null,
        groupId: null,
        brandId: input.brandId,
        formId: input.formId ?? null,
        organizationId: users.get(input.requesterId)?.organizationId ?? null,
        tags: normalTags([...(parent?.tags ?? []), ...(input.tags ?? [])]),
        fields: new Map([...(parent?.fields ?? []), ...(input.fields ?? [])]),
        via: parent
          ? viaOf(input.via.channel, 'follow_up', {
              ticket_id: parent.id,
              subject: parent.subject,
              channel: parent.via.channel,
            })
          : input.via,
        followupIds: [],
        createdAtMs: input.atMs,
        updatedAtMs: input.atMs,
        generatedAtMs: 0,
        feedNo: 0,
        closedAtMs: null,
        deleted: false,
        mergedInto: null,
        audits: [],
        auditTexts: [],
        text: null,
      };
      if (parent) {
        parent.followupIds.push(ticket.id);
        parent.text = null;
      }
      const created: Record<string, unknown> = {
        subject: ticket.subject,
        status: 'new',
        requester_id: ticket.requesterId,
        brand_id: ticket.brandId,
      };
      if (ticket.formId) created.ticket_form_id = ticket.formId;
      if (ticket.priority) created.priority = ticket.priority;
      if (ticket.tags.length > 0) created.tags = ticket.tags;
      for (const [id, value] of ticket.fields) if (value !== null) created[String(id)] = value;
      const events: AuditEvent[] = [
        commentEvent({ body: input.body, public: true }, ticket.requesterId),
        ...Object.entries(created).map(
          ([name, value]): AuditEvent => ({ id: nextId(), type: 'Create', field_name: name, value: text(value) }),
        ),
      ];
      const happenings: Happening[] = [{ type: 'created', event: {} }];
      tickets.set(ticket.id, ticket);
      if (input.ruled) apply(ticket, input.ruled.values, ruleVia(input.ruled.title, 'trigger'), events, []);
      writeAudit(ticket, { atMs: input.atMs, authorId: ticket.submitterId, via: ticket.via, events });
      note(ticket);
      onUpdate({ ticket, actorId: ticket.submitterId, atMs: input.atMs, happenings });
      return ticket;
    },
    update(id, { atMs, authorId, via = viaOf('web'), values, comment, ruled, happenings: told = [] }) {
      const ticket = ticketOf(id);
      const events: AuditEvent[] = [];
      const happenings: Happening[] = [...told];
      if (comment) {
        const event = commentEvent(comment, authorId);
        events.push(event);
        const user = users.get(authorId);
        happenings.push({
          type: 'comment_added',
          event: {
            comment: {
              id: String(event.id),
              body: comment.body,
              is_public: comment.public,
              author: { id: String(authorId), is_staff: user?.role !== 'end-user', name: user?.name ?? '' },
            },
          },
        });
      }
      if (values) apply(ticket, values, undefined, events, happenings);
      if (ruled) apply(ticket, ruled.values, ruleVia(ruled.title, ruled.rel ?? 'trigger'), events, happenings);
      if (events.length === 0) return null;
      ticket.updatedAtMs = stampAfter(ticket.updatedAtMs, atMs);
      if (ticket.status === 'closed') ticket.closedAtMs ??= ticket.updatedAtMs;
      const audit = writeAudit(ticket, { atMs: ticket.updatedAtMs, authorId, via, events });
      note(ticket);
      onUpdate({ ticket, actorId: authorId, atMs: ticket.updatedAtMs, happenings });
      return audit;
    },
    merge(sourceId, targetId, { atMs, authorId }) {
      const source = ticketOf(sourceId);
      const target = ticketOf(targetId);
      source.mergedInto = targetId;
      desk.update(sourceId, {
        atMs,
        authorId,
        via: {
          channel: 'merge',
          source: { from: {}, to: { ticket_id: targetId, subject: target.subject }, rel: 'merge' },
        },
        comment: {
          body: `This request was closed and merged into request #${targetId} "${target.subject}".`,
          public: false,
        },
        values: { status: 'closed', tags: [...source.tags, 'closed_by_merge'] },
        happenings: [{ type: 'merged', event: { target_ticket_id: String(targetId) } }],
      });
      desk.update(targetId, {
        atMs,
        authorId,
        via: viaOf('merge', 'merge', { ticket_id: sourceId, subject: source.subject, ticket_ids: [sourceId] }),
        comment: {
          body: `Request #${sourceId} "${source.subject}" was closed and merged into this request.`,
          public: false,
        },
      });
    },
    remove(id, { atMs, authorId }) {
      const ticket = ticketOf(id);
      ticket.deleted = true;
      ticket.updatedAtMs = stampAfter(ticket.updatedAtMs, atMs);
      note(ticket);
      onUpdate({
        ticket,
        actorId: authorId,
        atMs: ticket.updatedAtMs,
        happenings: [{ type: 'soft_deleted', event: {} }],
      });
    },
  };
  return desk;
};
