interface Row {
  readonly id: number;
}

/** Where a walk of a list stands: just before or after the row with this key and id. */
export interface Mark {
  readonly atMs: number;
  readonly id: number;
  readonly towards: 'next' | 'prev';
}

/** Rows by key, then id. Keyset pages: a row whose key changes while somebody pages moves, as the vendor's do. */
export interface Ordered<T extends Row> {
  readonly rows: readonly T[];
  add(row: T): void;
  /** To be called before the row's key changes. */
  remove(row: T): void;
  /** The index of the first row with this key or a later one. */
  from(atMs: number): number;
  page(query: {
    readonly descending: boolean;
    readonly mark: Mark | null;
    readonly limit: number;
    readonly keep?: (row: T) => boolean;
    /** Keys below or above are not looked at. */
    readonly fromMs?: number;
    readonly toMs?: number;
  }): { readonly rows: readonly T[]; readonly next: Mark | null; readonly prev: Mark | null };
}

/** Rows may be given, in order already. */
export const createOrdered = <T extends Row>(keyOf: (row: T) => number, rows: T[] = []): Ordered<T> => {
  /** The index of the first row at or after (key, id). */
  const place = (atMs: number, id: number): number => {
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = rows[middle] as T;
      const key = keyOf(row);
      if (key < atMs || (key === atMs && row.id < id)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const markOf = (row: T, towards: Mark['towards']): Mark => ({ atMs: keyOf(row), id: row.id, towards });

  return {
    rows,
    add(row) {
      rows.splice(place(keyOf(row), row.id), 0, row);
    },
    remove(row) {
      const index = place(keyOf(row), row.id);
      if (rows[index] === row) rows.splice(index, 1);
    },
    from: (atMs) => place(atMs, Number.NEGATIVE_INFINITY),
    page({ descending, mark, limit, keep = () => true, fromMs, toMs }) {
      const back = mark?.towards === 'prev';
      const step = descending === back ? 1 : -1;
      const start = mark ? place(mark.atMs, mark.id) : 0;
      const held = mark !== null && rows[start]?.id === mark.id && keyOf(rows[start]) === mark.atMs;
      const low = fromMs === undefined ? 0 : place(fromMs, Number.NEGATIVE_INFINITY);
      const end = toMs === undefined ? rows.length : place(toMs, Number.POSITIVE_INFINITY);
      let index = step === 1 ? Math.max(low, held ? start + 1 : start) : Math.min(end, mark ? start : rows.length) - 1;
      const found: T[] = [];
      let more = false;
      for (; index >= low && index < end; index += step) {
        const row = rows[index] as T;
        if (!keep(row)) continue;
        if (found.length === limit) {
          more = true;
          break;
        }
        found.push(row);
      }
      if (back) found.reverse();
      const [first, last] = [found[0], found.at(-1)];
      return {
        rows: found,
        next: last && (back || more) ? markOf(last, 'next') : null,
        prev: first && mark && (!back || more) ? markOf(first, 'prev') : null,
      };
    },
  };
};

/** Rows of a short list, by their creation. */
export const orderedByCreation = <T extends Row & { readonly createdAtMs: number }>(rows: Iterable<T>): Ordered<T> =>
  createOrdered<T>(
    ({ createdAtMs }) => createdAtMs,
    [...rows].toSorted((a, b) => a.createdAtMs - b.createdAtMs || a.id - b.id),
  );
