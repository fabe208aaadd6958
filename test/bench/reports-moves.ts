import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from 'pg';
import { importTicketRules } from '../../src/features/attribution/index.ts';
import { openDatabase, withInstallation } from './installation.ts';
import { atMost, type Measure, plain, rounded } from './measures.ts';
import { cpuSecondsOf, postgresCpuSeconds } from './process-use.ts';
import { type Installation, startServer } from './server-process.ts';

const moving = 100_000;
const withinMs = 600_000;
const lookEveryMs = 1000;

/** What a report of all days tells of the account: nothing of it changes when tickets go from one partner to another. */
interface Looked {
  readonly cost: string;
  readonly seconds: number;
  readonly tickets: number;
  readonly worked: number;
}

/** The cost of each partner and region in micros; what costs nothing is left out. */
type Costs = ReadonlyMap<string, bigint>;

const costsOf = (cells: readonly { partner: string | null; region: string | null; micros: bigint }[]): Costs =>
  new Map(
    cells
      .filter(({ micros }) => micros !== 0n)
      .map(({ partner, region, micros }) => [JSON.stringify([partner, region]), micros]),
  );

/** What the ledger held up to a posting, before which none can come any more; it only grows, so that each look reads what came after alone. */
interface Held {
  readonly lastId: string;
  readonly costs: Costs;
}

const added = (costs: Costs, more: Costs): Costs => {
  const sums = new Map(costs);
  for (const [cell, micros] of more) sums.set(cell, (sums.get(cell) ?? 0n) + micros);
  return new Map([...sums].filter(([, micros]) => micros !== 0n));
};

/** Of postings after one and, where it is told, up to another. */
const costsPosted = async (client: Client, after: string, upTo: string | null = null): Promise<Costs> => {
  const { rows } = await client.query<{ partner: string | null; region: string | null; micros: string }>(
    'select partner, region, sum(cost_micros)::text as micros from posting where id > $1 and ($2::bigint is null or id <= $2) group by 1, 2',
    [after, upTo],
  );
  return costsOf(rows.map((row) => ({ ...row, micros: BigInt(row.micros) })));
};

/** Holds what is settled: who wrote before a look has ended once no transaction is as old, and whoever comes later has later numbers. */
const holding = (client: Client) => {
  let held: Held = { lastId: '0', costs: new Map() };
  let seen: { readonly lastId: string; readonly next: string } | null = null;
  return {
    async costsInLedger(): Promise<Costs> {
      const { rows } = await client.query<{ last_id: string; oldest: string; next: string }>(
        `select coalesce((select max(id) from posting), 0)::text as last_id, pg_snapshot_xmin(s)::text as oldest, pg_snapshot_xmax(s)::text as next
           from pg_current_snapshot() s`,
      );
      const [now] = rows;
      if (!now) throw new Error('PostgreSQL tells no snapshot');
      if (seen && BigInt(now.oldest) >= BigInt(seen.next)) {
        held = {
          lastId: seen.lastId,
          costs: added(held.costs, await costsPosted(client, held.lastId, seen.lastId)),
        };
        seen = null;
      }
      seen ??= { lastId: now.last_id, next: now.next };
      return added(held.costs, await costsPosted(client, held.lastId));
    },
  };
};

/** Cells that the ledger told the same of before and after a report was read, and those of them that the report told otherwise. */
const comparedWith = (reported: Costs, before: Costs, after: Costs): { cells: number; wrong: number } => {
  const settled = [...new Set([...reported.keys(), ...before.keys(), ...after.keys()])].filter(
    (cell) => before.get(cell) === after.get(cell),
  );
  return { cells: settled.length, wrong: settled.filter((cell) => reported.get(cell) !== before.get(cell)).length };
};

const lookAt = async (url: string, token: string): Promise<{ total: Looked; costs: Costs }> => {
  const response = await fetch(`${url}/api/v1/reports/partners?from=2023-11-22&to=2026-11-20&groupBy=partner,region`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!response.ok) throw new Error(`the report answered ${response.status}`);
  const { total, rows } = (await response.json()) as {
    total: { supportCost: { amount: string }; handledSeconds: number; tickets: number; ticketsWorked: number };
    rows: { partner: string | null; region: string | null; supportCost: { amount: string } | null }[];
  };
  return {
    total: {
      cost: total.supportCost.amount,
      seconds: total.handledSeconds,
      tickets: total.tickets,
      worked: total.ticketsWorked,
    },
    costs: costsOf(
      rows.map((row) => ({ ...row, micros: BigInt((row.supportCost?.amount ?? '0.000000').replace('.', '')) })),
    ),
  };
};

/** Rules by which each of the bench's tickets belongs to another cell than it does, but for those of one cell. */
export const importOtherRules = (installation: Installation): Promise<void> =>
  withInstallation(installation, async (product) => {
    const cells = await product.db.query<{ no: bigint; partner: string | null; region: string | null }>(
      'select c.no, n.partner, n.region from bench_cell c join bench_cell n on n.no = (c.no + 7) % (select count(*) from bench_cell)',
    );
    const rules = cells
      .filter(({ partner, region }) => partner !== null || region !== null)
      .map(({ no, partner, region }) => ({
        when: { brandId: `b${no}` },
        ...(partner !== null && { partner }),
        ...(region !== null && { region }),
      }));
    await importTicketRules(product, JSON.stringify(rules), { dryRun: false, actor: 'bench' });
  });

const between = (before: number | null | undefined, after: number | null): string =>
  typeof before !== 'number' || after === null ? 'not told' : `${(after - before).toFixed(1)} s`;

/**
 * 100,000 tickets go to another partner or region: rules have changed, and the server and its worker, as `npm start` runs
 * them, decide the tickets again that are marked. Reports of all days are read meanwhile.
 */
export const measureMoves = async (installation: Installation, token: string): Promise<Measure[]> => {
  await importOtherRules(installation);
  const server = await startServer(installation);
  const client = await openDatabase(installation);
  const count = async (text: string): Promise<number> => Number((await client.query<{ n: string }>(text)).rows[0]?.n);
  try {
    const { total: before } = await lookAt(server.url, token);
    const lastId = await count('select max(id) as n from posting');
    const ledger = holding(client);
    await ledger.costsInLedger();
    const cpu = async () => [await cpuSecondsOf(server.pid), await postgresCpuSeconds(installation.dataDir)];
    const cpuBefore = await cpu();
    const startMs = performance.now();
    await client.query('update ticket set stale_since = now() where id <= $1', [moving]);
    const odd: Looked[] = [];
    let looks = 0;
    const cells = { compared: 0, wrong: 0 };
    let left = 1;
    while (left > 0 && performance.now() - startMs < withinMs) {
      await wait(lookEveryMs);
      left = await count('select count(*) as n from ticket where stale_since is not null');
      const earlier = await ledger.costsInLedger();
      const { total: seen, costs } = await lookAt(server.url, token);
      const compared = comparedWith(costs, earlier, await ledger.costsInLedger());
      cells.compared += compared.cells;
      cells.wrong += compared.wrong;
      looks += 1;
      if (JSON.stringify(seen) !== JSON.stringify(before)) odd.push(seen);
    }
    const seconds = (performance.now() - startMs) / 1000;
    const [product, postgres] = (await cpu()).map((after, index) => between(cpuBefore[index], after));
    const moved = await count('select count(distinct ticket_id) as n from attribution where version > 2');
    const written = await count(`select count(*) as n from posting where id > ${lastId}`);
    return [
      atMost(
        `${rounded(moved)} tickets attributed anew${left > 0 ? ', not all' : ''}`,
        seconds,
        60,
        (value) => `${value.toFixed(1)} s`,
      ),
      {
        name: '  reports meanwhile with other totals than before',
        value: `${odd.length} of ${looks}`,
        goal: '0',
        met: odd.length === 0,
      },
      {
        name: '  cells of these reports that the ledger tells otherwise, where it stood still',
        value: `${cells.wrong} of ${rounded(cells.compared)}`,
        goal: '0',
        met: cells.wrong === 0 && cells.compared > 0,
      },
      plain('  processor time, reports included', `product ${product}, PostgreSQL ${postgres}`),
      plain('  postings written by it; reports read meanwhile', `${rounded(written)}; ${looks}`),
    ];
  } finally {
    await client.end();
    await server.stop();
  }
};
