/** One connection to SQL: the pool, or a transaction. Rows come back with bigint for int8, string for numeric and date, Date for timestamptz. */
export interface Sql {
  query<Row extends object>(
    text: string,
    parameters?: readonly unknown[],
    options?: {
      /** Each connection plans a statement of this name once: for the hottest, whose best plan never changes. */
      readonly preparedAs?: string;
    },
  ): Promise<Row[]>;
}
