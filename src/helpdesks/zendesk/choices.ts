import { codeInField, codesIn } from '../mapping.ts';
import type { PersonChange } from '../port.ts';
import type { Audit, AuditEvent } from './schema.ts';

/** One half of an attribution as an agent can set it: a mapped field, and tags that start so. */
interface MappedHalf {
  readonly fieldId: string | undefined;
  readonly tagStart: string;
}

/** Zendesk writes tags as an array, or as words in one string. */
const tagsOf = (value: unknown): string[] => {
  const tags =
    typeof value === 'string'
      ? value.split(/[\s,]+/)
      : Array.isArray(value)
        ? value.filter((tag) => typeof tag === 'string')
        : [];
  return tags.filter((tag) => tag !== '');
};

/** True where Zendesk copied values in from another ticket, so that they tell nothing of the author's mind. */
const isCopied = (audit: Audit): boolean => audit.via.rel === 'follow_up' || isMerge(audit);

/** True for the audits that a merge leaves on its source and on its target. */
export const isMerge = (audit: Audit): boolean =>
  audit.via.channel === 'merge' || audit.via.channel === '19' || audit.via.rel === 'merge';

/** The tags of a half that one audit's events added, took away and left; undefined where they changed none. */
const tagChange = (events: readonly AuditEvent[], { tagStart }: MappedHalf) => {
  const tags = events.filter(({ field_name }) => field_name === 'tags');
  const before = codesIn(tagsOf(tags[0]?.previous_value), tagStart);
  const after = codesIn(tagsOf(tags.at(-1)?.value), tagStart);
  const added = after.filter((code) => !before.includes(code));
  const removed = before.filter((code) => !after.includes(code));
  if (added.length + removed.length === 0) return undefined;
  return { source: 'tag' as const, added, removed, left: after.filter((code) => before.includes(code)) };
};

/**
 * What one audit of an agent may say of a half. A field value set outweighs the tags of the same audit, tags added outweigh
 * a field emptied. At creation tags never count (Zendesk copies them from the requester and the organisation) and an empty
 * field is no statement.
 */
const changesIn = (audit: Audit, events: readonly AuditEvent[], half: MappedHalf): PersonChange[] => {
  if (isCopied(audit) || audit.author_id === null) return [];
  const made = { by: audit.author_id, at: audit.created_at, sourceKey: `audit:${audit.id}` };
  const creation = audit.events.some(({ type }) => type === 'Create');
  const event =
    half.fieldId === undefined ? undefined : events.findLast(({ field_name }) => field_name === half.fieldId);
  const value = event ? codeInField(event.value, half.tagStart) : null;
  const field: PersonChange[] = event && !(creation && value === null) ? [{ ...made, source: 'field', value }] : [];
  const tags = creation ? undefined : tagChange(events, half);
  const byTag: PersonChange[] = tags ? [{ ...made, ...tags }] : [];
  return value === null ? [...field, ...byTag] : [...byTag, ...field];
};

/** Every change by an agent that may say a half, in order. Audits come in order of time. */
export const personChanges = (
  audits: readonly Audit[],
  half: MappedHalf,
  isAgents: (audit: Audit, event: AuditEvent) => boolean,
): PersonChange[] =>
  audits.flatMap((audit) =>
    changesIn(
      audit,
      audit.events.filter((event) => (event.type === 'Change' || event.type === 'Create') && isAgents(audit, event)),
      half,
    ),
  );
