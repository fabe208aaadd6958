import { UpstreamError } from '../../core/errors.ts';
import { isGone } from '../absence.ts';
import { checkTags, codeOf, codesIn, halves, tagStartOf } from '../mapping.ts';
import { FieldsRefused, type TagChange } from '../port.ts';
import type { GorgiasClient } from './client.ts';
import { valueIn } from './codes.ts';
import type { GorgiasField } from './schema.ts';
import type { GorgiasSettings } from './settings.ts';

/** Names of Gorgias' tags tell capitals apart: ours have none. */
const longestTag = 256;

const isStatus = (error: unknown, statuses: readonly number[]): boolean =>
  error instanceof UpstreamError && !error.retryable && statuses.includes(error.status ?? 0);
/** Our user has no right to fields, or the plan has none. */
const isForbidden = (error: unknown): boolean => isStatus(error, [402, 403]);
/** Said of a call for the fields: it speaks of them alone, for the tags are written by then. */
const isRefused = (error: unknown): boolean => isForbidden(error) || isStatus(error, [400, 404, 410, 422]);

interface FieldValue {
  readonly id: string;
  readonly value: string;
}

/** How the field writes a code: one of its choices exactly, else the code itself; null where no choice stands for it. */
const valueFor = (code: string, { definition: choices }: GorgiasField, tagStart: string): string | null =>
  choices === null
    ? code
    : (choices.find((choice) => {
        const value = valueIn(choice, tagStart);
        return value !== null && codeOf(value) === code;
      }) ?? null);

/**
 * Writes tags, additively, and has the mapped fields follow them. A field is set only where it is empty or holds what we take
 * away: any other value is a person's. It is written after the tags, which is how choices.ts tells our values from a person's.
 */
export const createTagWriter = (
  client: Pick<
    GorgiasClient,
    'addTags' | 'removeTags' | 'ticketTags' | 'ticketFields' | 'setTicketFields' | 'clearTicketField'
  >,
  fieldOf: (fieldId: string) => Promise<GorgiasField | undefined>,
  settings: Pick<GorgiasSettings, 'partnerFieldId' | 'regionFieldId' | 'tagPrefix'>,
) => {
  const remove = async (ticketId: string, tags: readonly string[]): Promise<void> => {
    try {
      await client.removeTags(ticketId, tags);
    } catch (error) {
      // Taking away what is not there may be an error; where the ticket carries none of them all is well.
      if (!(error instanceof UpstreamError) || (error.status !== 400 && !isGone(error))) throw error;
      const present = await client.ticketTags(ticketId).catch(() => {
        throw error;
      });
      if (present.some((tag) => tags.includes(tag))) throw error;
    }
  };

  /** One field that is not taken keeps no other from being set; answers with those that were not. */
  const setFields = async (ticketId: string, values: readonly FieldValue[]): Promise<string[]> => {
    if (values.length === 0) return [];
    try {
      await client.setTicketFields(ticketId, values);
      return [];
    } catch (error) {
      if (!isRefused(error)) throw error;
      if (values.length === 1 || isForbidden(error)) return values.map(({ id }) => id);
      const refused: string[] = [];
      for (const one of values) refused.push(...(await setFields(ticketId, [one])));
      return refused;
    }
  };

  const mirror = async (ticketId: string, { add, remove: taken }: TagChange): Promise<void> => {
    const wanted = halves.flatMap((half) => {
      const fieldId = settings[`${half}FieldId`];
      const tagStart = tagStartOf(half, settings.tagPrefix);
      const [added, removed] = [codesIn(add, tagStart), codesIn(taken, tagStart)];
      // Several partners bear the ticket: one field cannot say so.
      const code = added.length === 1 ? (added[0] ?? null) : null;
      return fieldId === undefined || added.length + removed.length === 0 || added.length > 1
        ? []
        : [{ fieldId, tagStart, code, removed }];
    });
    if (wanted.length === 0) return;
    const values = await client.ticketFields(ticketId).catch((error: unknown) => {
      if (!isRefused(error)) throw error;
      throw new FieldsRefused(
        wanted.map(({ fieldId }) => fieldId),
        { cause: error },
      );
    });
    const set: FieldValue[] = [];
    const refused: string[] = [];
    for (const { fieldId, tagStart, code, removed } of wanted) {
      const held = valueIn(values.get(fieldId), tagStart);
      const heldCode = held === null ? null : codeOf(held);
      if (heldCode === code || (heldCode !== null && !removed.includes(heldCode))) continue;
      if (code === null) {
        await client.clearTicketField(ticketId, fieldId).catch((error: unknown) => {
          // Emptied since we read it.
          if (isGone(error)) return;
          if (!isRefused(error)) throw error;
          refused.push(fieldId);
        });
        continue;
      }
      const field = await fieldOf(fieldId).catch((error: unknown) => {
        if (!isRefused(error)) throw error;
        return undefined;
      });
      if (!field) refused.push(fieldId);
      const value = field ? valueFor(code, field, tagStart) : null;
      if (value !== null) set.push({ id: fieldId, value });
    }
    refused.push(...(await setFields(ticketId, set)));
    if (refused.length > 0) throw new FieldsRefused(refused);
  };

  /** What is still to be written of a change that may be there in part: tags may have landed before the fields failed. */
  const lacking = async (ticketId: string, { add, remove: taken }: TagChange): Promise<TagChange> => {
    const present = await client.ticketTags(ticketId);
    return {
      add: add.filter((tag) => !present.includes(tag)),
      remove: taken.filter((tag) => present.includes(tag)),
    };
  };

  return async (ticketId: string, change: TagChange): Promise<void> => {
    checkTags([...change.add, ...change.remove], longestTag);
    const left = change.inDoubt ? await lacking(ticketId, change) : change;
    if (left.add.length > 0) await client.addTags(ticketId, left.add);
    if (left.remove.length > 0) await remove(ticketId, left.remove);
    await mirror(ticketId, change);
  };
};
