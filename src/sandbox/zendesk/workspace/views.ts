import { isoSeconds } from '../../clock.ts';
import type { AuditEvent, Ticket } from '../model.ts';
import type { RouteDeps } from '../ticket-routes.ts';

// What the workspace's own page reads. Zendesk's reads its API; this is one answer for each of its parts, and no API of theirs.

const mostListed = 40;

/** What every page knows of the account. */
export const accountOf = ({ desk }: Pick<RouteDeps, 'desk'>) => ({
  subdomain: 'sandbox',
  fields: desk.fields
    .filter(({ id, active }) => id > 1_000_000 && active !== false)
    .map(({ id, type, title, options, names }) => ({
      id,
      type,
      title,
      options: options?.map((value) => ({ value, name: names?.[value] ?? value })) ?? null,
    })),
});

const headOf = ({ id, subject, status }: Ticket) => ({ id, subject, status });

/** Those that were pointed at, in that order, and then the newest. */
export const ticketsOf = ({ desk }: Pick<RouteDeps, 'desk'>, pointers: ReadonlyMap<number, string>) => {
  const pointed = [...pointers].flatMap(([id, words]) => {
    const ticket = desk.tickets.get(id);
    return ticket && !ticket.deleted ? [{ ...headOf(ticket), words }] : [];
  });
  const others = [...desk.tickets.values()].filter(({ id, deleted }) => !deleted && !pointers.has(id));
  const newest = others.slice(-mostListed).toReversed();
  return { tickets: [...pointed, ...newest.map((ticket) => ({ ...headOf(ticket), words: null }))] };
};

/** One ticket with what was said and who changed what. */
export const ticketOf = ({ desk }: Pick<RouteDeps, 'desk'>, id: number) => {
  const ticket = desk.tickets.get(id);
  if (!ticket || ticket.deleted) return null;
  const nameOf = (userId: number): string => (userId === -1 ? 'System' : (desk.users.get(userId)?.name ?? '?'));
  const titleOf = (name: string): string =>
    desk.fields.find((field) => String(field.id) === name)?.title ?? name.replace(/_id$/, '');
  const readableOf = (name: string, value: unknown): unknown =>
    name === 'assignee_id' && typeof value === 'string' ? nameOf(Number(value)) : (value ?? null);
  const changesIn = (events: readonly AuditEvent[]) =>
    events
      .filter(({ type, field_name }) => type === 'Change' && field_name !== 'group_id')
      .map(({ field_name = '', value, previous_value: previous }) => ({
        what: titleOf(field_name),
        from: readableOf(field_name, previous),
        to: readableOf(field_name, value),
      }));
  const requester = desk.users.get(ticket.requesterId);
  return {
    ...headOf(ticket),
    tags: ticket.tags,
    updatedAt: isoSeconds(ticket.updatedAtMs),
    requester: { id: ticket.requesterId, name: requester?.name ?? '', email: requester?.email ?? null },
    assignee: ticket.assigneeId === null ? null : { id: ticket.assigneeId, name: nameOf(ticket.assigneeId) },
    fields: Object.fromEntries([...ticket.fields].filter(([, value]) => value !== null)),
    comments: ticket.audits.flatMap(({ author_id: authorId, created_at: at, events }) =>
      events
        .filter(({ type }) => type === 'Comment')
        .map(({ body = '', public: isPublic = true, author_id }) => ({
          author: nameOf(author_id ?? authorId),
          isStaff: desk.users.get(author_id ?? authorId)?.role !== 'end-user',
          isPublic,
          at,
          body,
        })),
    ),
    events: ticket.audits
      .map(({ id: auditId, author_id, created_at: at, events }) => ({
        id: auditId,
        author: nameOf(author_id),
        at,
        changes: changesIn(events),
      }))
      .filter(({ changes }) => changes.length > 0)
      .slice(-8)
      .toReversed(),
  };
};
