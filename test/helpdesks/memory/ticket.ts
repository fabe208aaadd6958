import {
  codeInField,
  codesIn,
  contactReason,
  fieldText,
  type Half,
  tagStartOf,
} from '../../../src/helpdesks/mapping.ts';
import type { PersonChange, TicketSnapshot, Touch, WorkReading } from '../../../src/helpdesks/port.ts';
import type * as schema from './schema.ts';
import type { Settings } from './settings.ts';

/** Made by an agent: neither by a bot nor by us. */
const isAgents = ({ by, role }: schema.Change, apiUserId: string | null): boolean =>
  by !== null && by !== apiUserId && role === 'agent';

const choicesOf = (
  half: Half,
  changes: readonly schema.Change[],
  settings: Settings,
  apiUserId: string | null,
): PersonChange[] => {
  const start = tagStartOf(half, settings.tagPrefix);
  return changes
    .filter((change) => isAgents(change, apiUserId))
    .flatMap((change): PersonChange[] => {
      const made = { by: change.by ?? '', at: change.at, sourceKey: `change:${change.id}` };
      const [added, removed, left] = [change.tags_added, change.tags_removed, change.tags_left].map((tags) =>
        codesIn(tags, start),
      );
      if (added?.length || removed?.length)
        return [{ ...made, source: 'tag', added: added ?? [], removed: removed ?? [], left: left ?? [] }];
      return half === 'partner' && settings.partnerFieldId && change.field === settings.partnerFieldId
        ? [{ ...made, source: 'field', value: codeInField(change.value, start) }]
        : [];
    });
};

const workIn = (changes: readonly schema.Change[]): WorkReading[] =>
  changes.flatMap(({ id, by, at, seconds }) =>
    seconds === null
      ? []
      : [
          {
            sourceKey: `change:${id}`,
            agentId: by,
            actor: 'agent',
            clock: 'memory',
            rawSeconds: seconds,
            value: null,
            workedAt: at,
            channel: null,
          },
        ],
  );

const touchesIn = (changes: readonly schema.Change[], apiUserId: string | null): Touch[] =>
  changes.flatMap(({ id, by, role, at, message }): Touch[] =>
    message && by !== null && by !== apiUserId
      ? [
          {
            sourceKey: `message:${id}`,
            agentId: by,
            actor: role === 'bot' ? 'ai_agent' : 'agent',
            kind: message === 'internal' ? 'internal_note' : 'public_reply',
            at,
            channel: null,
          },
        ]
      : [],
  );

/** `changes` null: pulled without the history. */
export const snapshotOf = (
  ticket: schema.Ticket,
  changes: readonly schema.Change[] | null,
  settings: Settings,
  apiUserId: string | null,
): TicketSnapshot => ({
  externalId: ticket.id,
  status: ticket.status,
  createdAt: ticket.created_at,
  updatedAt: ticket.updated_at,
  channel: ticket.channel,
  subject: ticket.subject,
  firstMessage: ticket.text,
  requester: ticket.requester && { ...ticket.requester, locale: null },
  assigneeId: ticket.assignee_id,
  brandId: null,
  organizationId: null,
  formId: null,
  inboxId: null,
  tags: ticket.tags,
  orderNumber: fieldText(ticket.fields[settings.orderNumberFieldId ?? '']),
  reason: contactReason({
    reasonValues: settings.reasonValues,
    field: settings.reasonFieldId ? fieldText(ticket.fields[settings.reasonFieldId]) : null,
    names: ticket.tags,
  }),
  parentExternalId: null,
  mergedIntoExternalId: null,
  frozen: ticket.status === 'closed',
  ...(changes && {
    history: {
      work: workIn(changes),
      touches: touchesIn(changes, apiUserId),
      choices: {
        partner: choicesOf('partner', changes, settings, apiUserId),
        region: choicesOf('region', changes, settings, apiUserId),
      },
      solvedAt: changes.findLast(({ status }) => status === 'solved')?.at ?? null,
      closedAt: changes.findLast(({ status }) => status === 'closed')?.at ?? null,
    },
  }),
});
