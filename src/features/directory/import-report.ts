/** What an import did or, on a dry run, would do. */
export interface ImportReport {
  readonly what: string;
  readonly rows: number;
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly removed: number;
  readonly dryRun: boolean;
  /** The first rows as they were understood. */
  readonly preview: readonly Record<string, string>[];
  readonly warnings: readonly string[];
}

export interface ImportOptions {
  readonly dryRun: boolean;
  /** Who imports, for the audit log; default "cli". */
  readonly actor?: string;
}

const previewRows = 5;

/** What a file that is the whole list takes away; no warning where that is nothing. */
export const removalWarning = (
  { gone, held }: { readonly gone: number; readonly held: number },
  { things, dryRun }: { readonly things: string; readonly dryRun: boolean },
): string[] =>
  gone === 0
    ? []
    : [
        `The file replaces the whole list: ${gone} of the ${held} ${things} that hold now ${gone === 1 ? 'is' : 'are'} not in it and ${dryRun ? 'would be removed' : gone === 1 ? 'was removed' : 'were removed'}; to keep them write them into the file too`,
      ];

/** How many of the keys are not among the others, each counted as often as it stands there. */
export const countGone = (held: readonly string[], given: readonly string[]): number => {
  const left = new Map<string, number>();
  for (const key of given) left.set(key, (left.get(key) ?? 0) + 1);
  return held.filter((key) => {
    const count = left.get(key) ?? 0;
    left.set(key, count - 1);
    return count <= 0;
  }).length;
};

/**
 * Compares the rows of a file with what is stored, by key: equal text is unchanged. `replaces`: what the file leaves out is
 * removed; else it stays.
 */
export const compareRows = (input: {
  readonly what: string;
  readonly dryRun: boolean;
  readonly replaces: boolean;
  readonly stored: ReadonlyMap<string, Record<string, string>>;
  readonly given: ReadonlyMap<string, Record<string, string>>;
  readonly warnings?: readonly string[];
}): ImportReport => {
  const text = (row: Record<string, string> | undefined): string => JSON.stringify(Object.entries(row ?? {}).sort());
  const keys = [...input.given.keys()];
  const added = keys.filter((key) => !input.stored.has(key)).length;
  const unchanged = keys.filter(
    (key) => input.stored.has(key) && text(input.stored.get(key)) === text(input.given.get(key)),
  ).length;
  return {
    what: input.what,
    rows: keys.length,
    added,
    changed: keys.length - added - unchanged,
    unchanged,
    removed: input.replaces ? [...input.stored.keys()].filter((key) => !input.given.has(key)).length : 0,
    dryRun: input.dryRun,
    preview: [...input.given.values()].slice(0, previewRows),
    warnings: input.warnings ?? [],
  };
};

/** True where an import has something to write. */
export const changesAnything = ({ added, changed, removed, dryRun }: ImportReport): boolean =>
  !dryRun && added + changed + removed > 0;
