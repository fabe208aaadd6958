/** One connection to SQL: the pool, or a transaction. Rows come back with bigint for int8, string for numeric and date, Date for timestamptz. */
export interface Sql {
  query<Row extends object>(text: string, parameters?: readonly unknown[]): Promise<Row[]>;
}
