import { UpstreamError } from '../../core/errors.ts';
import type { Http } from '../../platform/http/client.ts';
import { checkTags, codeInField, codeOf, codesIn, type Half, tagStartOf } from '../mapping.ts';
import { FieldsRefused, type TagChange } from '../port.ts';
import type { Conversation } from './schema.ts';
import type { KustomerSettings } from './settings.ts';
import type { TagNames } from './tags.ts';
import { attributeText } from './ticket.ts';

/** Kustomer tells no bound of its own, and makes any tag that is new. */
const longestTag = 80;

/** Kustomer read the body and does not take what it says. */
const isOddBody = (error: unknown): boolean => error instanceof UpstreamError && [400, 422].includes(error.status ?? 0);

/** The key may not change conversations, or the plan has no such thing. */
const isForbidden = (error: unknown): boolean =>
  error instanceof UpstreamError && [402, 403].includes(error.status ?? 0);

type MappedFields = Pick<KustomerSettings, 'partnerFieldId' | 'regionFieldId' | 'tagPrefix'>;

/**
 * Values that the mapped attributes are to take so that they say what our tags will say; none where they say it. An attribute
 * holds one code: of several it keeps the one it has.
 */
const mirrored = (
  { add, remove }: TagChange,
  heldTags: Iterable<string>,
  custom: ReadonlyMap<string, unknown>,
  { partnerFieldId, regionFieldId, tagPrefix }: MappedFields,
): Record<string, string | null> => {
  const fields: readonly (readonly [Half, string | undefined])[] = [
    ['partner', partnerFieldId],
    ['region', regionFieldId],
  ];
  const wanted: Record<string, string | null> = {};
  for (const [half, name] of fields) {
    if (name === undefined) continue;
    const start = tagStartOf(half, tagPrefix);
    const value = codeInField(attributeText(custom, name), start);
    const held = value === null ? null : codeOf(value);
    const added = codesIn(add, start);
    const removed = codesIn(remove, start);
    const codes = [...added, ...codesIn([...heldTags], start).filter((code) => !removed.includes(code))];
    if (held !== null && codes.includes(held)) continue;
    if (added[0] !== undefined) wanted[name] = added[0];
    else if (held !== null && removed.includes(held)) wanted[name] = codes[0] ?? null;
  }
  return wanted;
};

/** Writes tags and the attributes that mirror them: adds and takes away, never replaces, and only what differs. */
export const createWriter = (deps: {
  readonly http: Http;
  readonly settings: MappedFields;
  readonly tags: TagNames;
  readonly read: (id: string) => Promise<Conversation>;
}) => {
  const { http, settings, tags, read } = deps;
  /** The form of the body that Kustomer took last. The docs show none; programs send the bare list. */
  let form: 'list' | 'object' = 'list';
  const bodyIn = (shape: typeof form, names: readonly string[]) => (shape === 'list' ? names : { tags: names });

  const change = async (method: 'POST' | 'DELETE', id: string, names: readonly string[]): Promise<void> => {
    if (names.length === 0) return;
    const send = (shape: typeof form) =>
      http.request({
        method,
        path: '/v1/conversations/{id}/tags',
        params: { id },
        body: bodyIn(shape, names),
        idempotent: true,
      });
    try {
      await send(form);
    } catch (error) {
      if (!isOddBody(error)) throw error;
      const other = form === 'list' ? 'object' : 'list';
      await send(other);
      form = other;
    }
  };

  /**
   * The tags say it already: an attribute that is gone or closed to us, or whose list of values lacks ours, stays as it is,
   * and keeps neither the other nor the tags from being written. Answers with the names of those that were not taken.
   */
  const mirror = async (id: string, values: readonly (readonly [string, string | null])[]): Promise<string[]> => {
    if (values.length === 0) return [];
    const body = { custom: Object.fromEntries(values) };
    try {
      await http.request({ method: 'PUT', path: '/v1/conversations/{id}', params: { id }, body });
      return [];
    } catch (error) {
      const isLacking = isForbidden(error);
      if (!isLacking && !isOddBody(error)) throw error;
      if (isLacking || values.length === 1) return values.map(([name]) => name);
      const refused: string[] = [];
      for (const one of values) refused.push(...(await mirror(id, [one])));
      return refused;
    }
  };

  return {
    async changeTags(id: string, { add, remove }: TagChange): Promise<void> {
      checkTags([...add, ...remove], longestTag);
      const { attributes } = await read(id);
      await tags.know(attributes.tags);
      const held = new Set(attributes.tags.flatMap((tag) => tags.nameOf(tag)?.toLowerCase() ?? []));
      await change(
        'POST',
        id,
        add.filter((tag) => !held.has(tag)),
      );
      await change(
        'DELETE',
        id,
        remove.filter((tag) => held.has(tag)),
      );
      const refused = await mirror(id, Object.entries(mirrored({ add, remove }, held, attributes.custom, settings)));
      if (refused.length > 0) throw new FieldsRefused(refused);
    },
  };
};
