import type { PersonChoice } from '../port.ts';
import type { Audit, AuditEvent } from './schema.ts';
import { fieldText } from './ticket.ts';

/** One half of an attribution as an agent can set it: a mapped field, and tags that start so. */
export interface Half {
  readonly fieldId: string | undefined;
  readonly tagStart: string;
}

/** Our tags are `partner_<code>` and `region_<code>` behind the connection's prefix. */
export const tagStartOf = (half: 'partner' | 'region', tagPrefix: string): string => `${tagPrefix}${half}_`;

/** Zendesk writes tags as an array, or as words in one string. */
const tagsOf = (value: unknown): string[] => {
  const tags =
    typeof value === 'string'
      ? value.split(/[\s,]+/)
      : Array.isArray(value)
        ? value.filter((tag) => typeof tag === 'string')
        : [];
  return tags.map((tag) => tag.toLowerCase()).filter((tag) => tag !== '');
};

const codesOf = (value: unknown, tagStart: string): string[] =>
  tagsOf(value).flatMap((tag) =>
    tag.startsWith(tagStart) && tag.length > tagStart.length ? [tag.slice(tagStart.length)] : [],
  );

/** The code in a field's value: a dropdown's value may be the tag `partner_nord`, a text field holds the bare code. */
const codeInField = (value: unknown, tagStart: string): string | null => {
  const text = fieldText(value);
  return text?.toLowerCase().startsWith(tagStart) ? text.slice(tagStart.length) || null : text;
};

/** True where Zendesk copied values in from another ticket, so that they tell nothing of the author's mind. */
const isCopied = (audit: Audit): boolean => audit.via.rel === 'follow_up' || isMerge(audit);

/** True for the audits that a merge leaves on its source and on its target. */
export const isMerge = (audit: Audit): boolean =>
  audit.via.channel === 'merge' || audit.via.channel === '19' || audit.via.rel === 'merge';

/**
 * What one audit of an agent says of a half: a code, null for "none", undefined for nothing. A field value set outweighs the
 * tags of the same audit. At creation tags never count (Zendesk copies them from the requester and the organisation) and an
 * empty field is no statement. Taking away a tag says "none" only where it takes away what held, and nothing of ours is left.
 */
const changeIn = (
  audit: Audit,
  events: readonly AuditEvent[],
  half: Half,
  held: string | null | undefined,
): string | null | undefined => {
  if (isCopied(audit)) return undefined;
  const creation = audit.events.some(({ type }) => type === 'Create');
  const field =
    half.fieldId === undefined ? undefined : events.findLast(({ field_name }) => field_name === half.fieldId);
  const code = field ? codeInField(field.value, half.tagStart) : null;
  if (code !== null) return code;
  if (creation) return undefined;
  const tags = events.filter(({ field_name }) => field_name === 'tags');
  const before = codesOf(tags[0]?.previous_value, half.tagStart);
  const after = codesOf(tags.at(-1)?.value, half.tagStart);
  const added = after.find((one) => !before.includes(one));
  if (added !== undefined) return added;
  if (field) return null;
  const removed = before.filter((one) => !after.includes(one));
  if (removed.length === 0) return undefined;
  if (held && !removed.includes(held.toLowerCase())) return undefined;
  return after[0] ?? null;
};

/** The latest change of a half by an agent; undefined where no agent ever touched it. Audits come in order of time. */
export const latestChoice = (
  audits: readonly Audit[],
  half: Half,
  isAgents: (audit: Audit, event: AuditEvent) => boolean,
): PersonChoice | undefined => {
  let choice: PersonChoice | undefined;
  for (const audit of audits) {
    const events = audit.events.filter(
      (event) => (event.type === 'Change' || event.type === 'Create') && isAgents(audit, event),
    );
    const value = events.length > 0 ? changeIn(audit, events, half, choice?.value) : undefined;
    if (value !== undefined && audit.author_id !== null)
      choice = { value, by: audit.author_id, at: audit.created_at, sourceKey: `audit:${audit.id}` };
  }
  return choice;
};
