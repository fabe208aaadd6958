import { minuteMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';

/** A tag that is gone is looked for once in this time, however many conversations bear it. */
const againAfterMs = minuteMs;

/** Conversations bear ids of tags; names are kept and read again only when an id is unknown. */
export const createTagNames = (
  clock: Clock,
  list: () => Promise<readonly { readonly id: string; readonly attributes: { readonly name: string | null } }[]>,
) => {
  let known: ReadonlyMap<string, string> = new Map();
  /** Ids that the list did not hold, and when that was. */
  let gone: ReadonlyMap<string, number> = new Map();
  let reading: Promise<void> | undefined;
  const read = async (): Promise<void> => {
    const tags = await list();
    known = new Map(tags.flatMap(({ id, attributes: { name } }) => (name?.trim() ? [[id, name.trim()] as const] : [])));
  };
  const isId = (tag: string): boolean => /^[0-9a-f]{24}$/.test(tag);
  return {
    /** Makes sure that the names are known, with one list where they are not. */
    async know(tags: Iterable<string>): Promise<void> {
      const nowMs = clock.now().getTime();
      const unknown = [...tags].filter((tag) => isId(tag) && !known.has(tag));
      if (unknown.every((tag) => nowMs - (gone.get(tag) ?? Number.NEGATIVE_INFINITY) < againAfterMs)) return;
      reading ??= read().finally(() => {
        reading = undefined;
      });
      await reading;
      const still = unknown.filter((tag) => !known.has(tag)).map((tag) => [tag, nowMs] as const);
      gone = new Map([...[...gone].filter(([, atMs]) => nowMs - atMs < againAfterMs), ...still]);
    },
    /** Undefined: a tag that is gone. What is no id is a name already. */
    nameOf: (tag: string): string | undefined => known.get(tag) ?? (isId(tag) ? undefined : tag),
  };
};

export type TagNames = ReturnType<typeof createTagNames>;
