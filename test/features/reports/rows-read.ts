import type { Sql } from '../../../src/platform/database/database.ts';

interface Node {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly Node[];
}

const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** What statements read of a table, as PostgreSQL tells after it ran them: rows, also those left out, and the conditions of indexes. */
export const rowsRead = async (
  sql: Sql,
  table: string,
  work: (sql: Sql) => Promise<unknown>,
): Promise<{ readonly rows: number; readonly conditions: readonly string[] }> => {
  const nodes: Node[] = [];
  await work({
    async query(text, parameters) {
      const [told] = await sql.query<{ 'QUERY PLAN': readonly { Plan: Node }[] }>(
        `explain (analyze, timing off, format json) ${text}`,
        parameters,
      );
      nodes.push(...(told?.['QUERY PLAN'] ?? []).flatMap(({ Plan }) => nodesOf(Plan)));
      return sql.query(text, parameters);
    },
  });
  const own = nodes.filter((node) => node['Relation Name'] === table);
  return {
    rows: own.reduce(
      (sum, node) =>
        sum +
        ((node['Actual Rows'] ?? 0) +
          (node['Rows Removed by Filter'] ?? 0) +
          (node['Rows Removed by Index Recheck'] ?? 0)) *
          (node['Actual Loops'] ?? 1),
      0,
    ),
    conditions: nodes.flatMap((node) => node['Index Cond'] ?? []),
  };
};
