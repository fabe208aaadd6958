import { setTimeout as wait } from 'node:timers/promises';
import { importTicketRules } from '../../src/features/attribution/index.ts';
import { openDatabase, withInstallation } from './installation.ts';
import { atMost, type Measure, plain, rounded } from './measures.ts';
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

const lookAt = async (url: string, token: string): Promise<Looked> => {
  const response = await fetch(`${url}/api/v1/reports/partners?from=2023-11-22&to=2026-11-20&groupBy=partner,region`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!response.ok) throw new Error(`the report answered ${response.status}`);
  const { total } = (await response.json()) as {
    total: { supportCost: { amount: string }; handledSeconds: number; tickets: number; ticketsWorked: number };
  };
  return {
    cost: total.supportCost.amount,
    seconds: total.handledSeconds,
    tickets: total.tickets,
    worked: total.ticketsWorked,
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
    const before = await lookAt(server.url, token);
    const postings = await count('select max(id) as n from posting');
    const startMs = performance.now();
    await client.query('update ticket set stale_since = now() where id <= $1', [moving]);
    const odd: Looked[] = [];
    let looks = 0;
    let left = 1;
    while (left > 0 && performance.now() - startMs < withinMs) {
      await wait(lookEveryMs);
      left = await count('select count(*) as n from ticket where stale_since is not null');
      const seen = await lookAt(server.url, token);
      looks += 1;
      if (JSON.stringify(seen) !== JSON.stringify(before)) odd.push(seen);
    }
    const seconds = (performance.now() - startMs) / 1000;
    const moved = await count('select count(distinct ticket_id) as n from attribution where version > 2');
    const written = await count(`select count(*) as n from posting where id > ${postings}`);
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
      plain('  postings written by it', rounded(written)),
    ];
  } finally {
    await client.end();
    await server.stop();
  }
};
