import type { AuditEvent, Happening, Ticket, TicketField, TicketValues, Via } from './model.ts';

/** Tags as the helpdesk keeps them: lower case, no doubles; a space or a comma ends a tag. */
export const normalTags = (tags: readonly string[]): string[] =>
  [...new Set(tags.flatMap((tag) => tag.toLowerCase().split(/[\s,]+/)).filter(Boolean))].toSorted();

const sameTags = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((tag, index) => tag === b[index]);

/** Ids of users and groups stand in audits and events as text. */
export const text = (value: unknown): unknown => (typeof value === 'number' ? String(value) : value);

/** Applies values to a ticket and writes down each difference, as events of the audit and as happenings for webhooks. */
export const createChanger = ({
  fields,
  nextId,
}: {
  readonly fields: readonly TicketField[];
  readonly nextId: () => number;
}) => {
  const commentEvent = (
    comment: { readonly body: string; readonly public: boolean },
    authorId: number,
  ): AuditEvent => ({
    id: nextId(),
    type: 'Comment',
    author_id: authorId,
    body: comment.body,
    html_body: `<div class="zd-comment"><p>${comment.body.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</p></div>`,
    plain_body: comment.body,
    public: comment.public,
    attachments: [],
  });

  const apply = (
    ticket: Ticket,
    values: TicketValues,
    via: Via | undefined,
    events: AuditEvent[],
    happenings: Happening[],
  ): void => {
    const change = (name: string, value: unknown, previous: unknown): void => {
      events.push({
        id: nextId(),
        type: 'Change',
        field_name: name,
        value: text(value),
        previous_value: text(previous),
        ...(via ? { via } : {}),
      });
    };
    const { status, priority, subject, assigneeId, groupId } = values;
    if (groupId !== undefined && groupId !== ticket.groupId) {
      change('group_id', groupId, ticket.groupId);
      happenings.push({
        type: 'group_assignment_changed',
        event: { current: text(groupId), previous: text(ticket.groupId) },
      });
      ticket.groupId = groupId;
    }
    if (assigneeId !== undefined && assigneeId !== ticket.assigneeId) {
      change('assignee_id', assigneeId, ticket.assigneeId);
      happenings.push({
        type: 'agent_assignment_changed',
        event: { current: text(assigneeId), previous: text(ticket.assigneeId) },
      });
      ticket.assigneeId = assigneeId;
    }
    if (subject !== undefined && subject !== ticket.subject) {
      change('subject', subject, ticket.subject);
      happenings.push({ type: 'subject_changed', event: { current: subject, previous: ticket.subject } });
      ticket.subject = subject;
    }
    if (priority !== undefined && priority !== ticket.priority) {
      change('priority', priority, ticket.priority);
      happenings.push({
        type: 'priority_changed',
        event: { current: priority.toUpperCase(), previous: ticket.priority?.toUpperCase() ?? null },
      });
      ticket.priority = priority;
    }
    for (const [id, value] of values.fields ?? []) {
      const previous = ticket.fields.get(id) ?? null;
      if (value === previous) continue;
      change(String(id), value, previous);
      const field = fields.find((known) => known.id === id);
      happenings.push({
        type: 'custom_field_changed',
        event: {
          current: { value },
          previous: { value: previous },
          custom_field: { id: String(id), title: field?.title ?? '', type: field?.type ?? 'text' },
        },
      });
      ticket.fields.set(id, value);
    }
    const tags = values.tags && normalTags(values.tags);
    if (tags && !sameTags(tags, ticket.tags)) {
      const before = ticket.tags;
      change('tags', tags, before);
      happenings.push({
        type: 'tags_changed',
        event: {
          tags_added: tags.filter((tag) => !before.includes(tag)),
          tags_removed: before.filter((tag) => !tags.includes(tag)),
        },
      });
      ticket.tags = tags;
    }
    if (status !== undefined && status !== ticket.status) {
      change('status', status, ticket.status);
      happenings.push({
        type: 'status_changed',
        event: { current: status.toUpperCase(), previous: ticket.status.toUpperCase() },
      });
      ticket.status = status;
    }
  };

  return { apply, commentEvent };
};
