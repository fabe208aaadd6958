import { isObject } from '../../platform/http/body.ts';
import { codeInField, codesIn, type Half, tagStartOf } from '../mapping.ts';
import type { PersonChange, PersonChanges } from '../port.ts';
import type { AuditEntry, Conversation } from './schema.ts';
import type { KustomerSettings } from './settings.ts';

/** What the audit log does not tell itself. */
export interface ChoiceContext {
  readonly settings: Pick<KustomerSettings, 'partnerFieldId' | 'regionFieldId' | 'tagPrefix'>;
  readonly apiUserId: string | null;
  /** Undefined: Kustomer no longer knows the user. */
  readonly roleOf: (userId: string) => 'agent' | 'machine' | undefined;
  /** Undefined: a tag that is gone. */
  readonly tagNameOf: (tag: string) => string | undefined;
}

interface Change {
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
}

const isChange = (value: unknown): value is Readonly<Record<string, unknown>> =>
  isObject(value) && ('before' in value || 'after' in value);

/**
 * The changes of an entry, attributes of `custom` by their own name. They are read as webhooks have them
 * (`{attributes: {name: {before, after}}}`), without the frame, and as a list of rows with a property each.
 */
export const changesIn = (changes: unknown): Change[] => {
  if (Array.isArray(changes))
    return changes.flatMap((row) => {
      if (!isObject(row)) return [];
      const name = [row.property, row.attribute, row.name].find((one) => typeof one === 'string');
      return typeof name === 'string' && isChange(row) ? named(name, row) : [];
    });
  if (!isObject(changes)) return [];
  const framed = isObject(changes.attributes) && !isChange(changes.attributes) ? changes.attributes : changes;
  return Object.entries(framed).flatMap(([name, change]) => (isChange(change) ? named(name, change) : []));
};

const named = (name: string, change: Readonly<Record<string, unknown>>): Change[] => {
  const { before = null, after = null } = change;
  if (name !== 'custom') return [{ name: name.replace(/^(attributes\.)?custom\./, ''), before, after }];
  const [old, now] = [before, after].map((side) => (isObject(side) ? side : {}));
  return [...new Set([...Object.keys(old ?? {}), ...Object.keys(now ?? {})])].flatMap((key) => {
    const one = { name: key, before: old?.[key] ?? null, after: now?.[key] ?? null };
    return JSON.stringify(one.before) === JSON.stringify(one.after) ? [] : [one];
  });
};

/** Ids or names of tags in a change's side; entries may be objects. */
export const tagsIn = (value: unknown): string[] =>
  (Array.isArray(value) ? value : typeof value === 'string' ? value.split(/\s*,\s*/) : []).flatMap((entry: unknown) => {
    const tag = isObject(entry) ? (entry.name ?? entry.id) : entry;
    return typeof tag === 'string' && tag !== '' ? [tag] : [];
  });

/** True where the log has to be asked who set what; the conversation tells when its tags and attributes last changed. */
export const mayHoldChoices = (
  { attributes }: Conversation,
  { partnerFieldId, regionFieldId }: ChoiceContext['settings'],
): boolean => {
  const { modificationHistory, createdAt, custom } = attributes;
  const isFilled = [partnerFieldId, regionFieldId].some(
    (name) => name !== undefined && (custom.get(name) ?? null) !== null,
  );
  if (isFilled || modificationHistory === null) return true;
  const wasChanged = (at: Date | null): boolean => at !== null && at.getTime() > createdAt.getTime();
  return wasChanged(modificationHistory.tagsAt) || wasChanged(modificationHistory.customAt);
};

const isAgents = (entry: AuditEntry, { apiUserId, roleOf }: ChoiceContext): boolean => {
  const { userId, userType } = entry.attributes;
  if (userId === null || userId === apiUserId) return false;
  const role = roleOf(userId);
  if (role !== undefined) return role === 'agent';
  return userType === null || ['user', 'limited'].includes(userType.toLowerCase());
};

const changesOfHalf = (entry: AuditEntry, half: Half, context: ChoiceContext): PersonChange[] => {
  const { userId, createdAt, eventVerb, eventName, changes } = entry.attributes;
  if (userId === null || createdAt === null) return [];
  const { settings, tagNameOf } = context;
  const start = tagStartOf(half, settings.tagPrefix);
  const fieldId = half === 'partner' ? settings.partnerFieldId : settings.regionFieldId;
  const creation = (eventVerb ?? eventName?.split('.').at(-1)) === 'create';
  const made = { by: userId, at: createdAt, sourceKey: `audit:${entry.id}` };
  const all = changesIn(changes);

  const field = fieldId === undefined ? undefined : all.findLast(({ name }) => name === fieldId);
  const value = field ? codeInField(field.after, start) : null;
  const byField: PersonChange[] =
    field && !(creation && value === null) ? [{ ...made, source: 'field' as const, value }] : [];

  const tags = all.findLast(({ name }) => name === 'tags');
  const codes = (side: unknown) =>
    codesIn(
      tagsIn(side).flatMap((tag) => tagNameOf(tag) ?? []),
      start,
    );
  const [before, after] = [codes(tags?.before), codes(tags?.after)];
  const added = after.filter((code) => !before.includes(code));
  const removed = before.filter((code) => !after.includes(code));
  const byTag: PersonChange[] =
    creation || added.length + removed.length === 0
      ? []
      : [{ ...made, source: 'tag' as const, added, removed, left: after.filter((code) => before.includes(code)) }];
  // A value set outweighs tags of the same moment; tags added outweigh a field emptied.
  return value === null ? [...byField, ...byTag] : [...byTag, ...byField];
};

/** Whom the log names: their roles have to be known. */
export const authorsOf = (entries: readonly AuditEntry[]): string[] =>
  entries.flatMap(({ attributes: { userId } }) => userId ?? []);

/** Tags that the log names by id. */
export const tagsOf = (entries: readonly AuditEntry[]): string[] =>
  entries.flatMap(({ attributes: { changes } }) =>
    changesIn(changes).flatMap(({ name, before, after }) =>
      name === 'tags' ? [...tagsIn(before), ...tagsIn(after)] : [],
    ),
  );

/** What agents chose for each half, from the account's audit log, in order of time. Workflows, rules and API keys are no agents. */
export const personChanges = (entries: readonly AuditEntry[], context: ChoiceContext): PersonChanges => {
  const timeOf = ({ attributes: { createdAt } }: AuditEntry): number => createdAt?.getTime() ?? 0;
  const ordered = entries
    .filter((entry) => isAgents(entry, context))
    .toSorted((a, b) => timeOf(a) - timeOf(b) || (a.id < b.id ? -1 : 1));
  const ofHalf = (half: Half) => ordered.flatMap((entry) => changesOfHalf(entry, half, context));
  return { partner: ofHalf('partner'), region: ofHalf('region') };
};
