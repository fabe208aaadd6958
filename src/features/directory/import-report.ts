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
