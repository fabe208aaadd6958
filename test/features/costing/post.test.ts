import { expect, test } from 'vitest';
import { insertPostings, type PostingToWrite } from '../../../src/features/costing/post.ts';
import type { Sql } from '../../../src/platform/database/database.ts';
import { testDatabase } from '../../support/database.ts';
import { now, openLedger, reading } from './ledger.ts';

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly Node[];
}
const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** How postings are found by the plan that a prepared statement keeps. */
const waysToPostings = async (sql: Sql): Promise<(string | undefined)[]> => {
  const nodes: Node[] = [];
  const explaining: Sql = {
    async query(text) {
      const [told] = await sql.query<{ 'QUERY PLAN': readonly { Plan: Node }[] }>(
        `explain (generic_plan, format json) ${text}`,
      );
      nodes.push(...(told?.['QUERY PLAN'] ?? []).flatMap(({ Plan }) => nodesOf(Plan)));
      return [];
    },
  };
  await insertPostings(explaining, [{ posting: { reversesId: 1n } } as PostingToWrite], now);
  return nodes
    .filter((node) => node['Relation Name'] === 'posting' && node['Node Type'] !== 'ModifyTable')
    .map((node) => node['Index Cond'] ?? node['Node Type']);
};

test('bug: a plan that was made and kept while the ledger was small read all of it for each lot later', async () => {
  const db = await testDatabase();
  const byKey = ['(id = b.id)', '(id = n_1.before)'];
  expect(await waysToPostings(db)).toEqual(byKey);
  const ledger = await openLedger(db);
  await ledger.rates('default,,30,USD,2026-01-01');
  // The fewest of which PostgreSQL takes statistics by itself are 50.
  for (const postings of [55, 145]) {
    const readings = Array.from({ length: postings }, () => reading());
    await ledger.cost(await ledger.ticket(), { readings });
    await db.query('analyze posting');
    expect(await waysToPostings(db)).toEqual(byKey);
  }
});
