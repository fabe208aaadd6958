import { sidebarToken } from '../support/sidebar-token.ts';
import { startChild } from './child.ts';
import { openDatabase, withInstallation } from './installation.ts';
import { atMost, type Measure, median, plain, quantile, rounded } from './measures.ts';
import type { Paced } from './pace.ts';
import { ledgerFolder, preparedIn } from './reports-ledger.ts';
import { startServer } from './server-process.ts';

const perSecond = 200;
const roundSeconds = 10;
/** The first warms up and does not count. */
const rounds = 4;
const connections = 64;
const ordersPerCustomer = 4;
/** The filled ledger's postings of one ticket (reports-fill.ts). */
const postingsPerTicket = 10;
const secret = 'bench-bench-bench-bench-bench-bench-bench-1';

const milliseconds = (value: number): string => `${value.toFixed(1)} ms`;

/** What the ledger of the reports lacks: customers with orders, and the app's secret. */
const addCustomers = `
  update ticket set requester_hash = int8send(id % (select greatest(1, count(*) / ${ordersPerCustomer}) from "order"));
  insert into order_address (order_id, email_hash) select id, int8send(id % (select greatest(1, count(*) / ${ordersPerCustomer}) from "order")) from "order"`;

interface Look {
  readonly cost: { readonly soFar: unknown } | null;
  readonly counting: boolean;
  readonly partners: readonly { readonly trend: readonly unknown[] }[];
  readonly customer: { readonly orders: readonly unknown[] };
}

const lookOnce = async (url: string, ticket: number): Promise<Look> => {
  const headers = { authorization: `Bearer ${await sidebarToken(secret)}` };
  const answer = await fetch(`${url}/sidebar/v1/tickets/${ticket}`, { headers });
  if (!answer.ok) throw new Error(`the sidebar answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Look;
};

/** Fails where what is timed is not the whole answer; how long the first look after a start took, and all until the figures were there. */
const warmUp = async (url: string, tickets: number) => {
  const startMs = performance.now();
  await lookOnce(url, tickets);
  const firstMs = performance.now() - startMs;
  // Of the latest tickets some have a partner with figures, once these are counted.
  for (let ticket = tickets; ; ) {
    const look = await lookOnce(url, ticket);
    if (look.counting && performance.now() - startMs < 60_000) continue;
    if (look.partners.length === 0 && ticket > 1) {
      ticket -= 1;
      continue;
    }
    if (!look.cost?.soFar || look.customer.orders.length === 0 || !look.partners[0]?.trend.length)
      throw new Error(`the sidebar shows too little of ticket ${ticket}: ${JSON.stringify(look)}`);
    return { firstMs, countedMs: performance.now() - startMs };
  }
};

/** Looks of agents at tickets all over a ledger's years, 200 a second, each with a token of its own. */
export const measureSidebar = async ({
  tickets,
  folder: kept,
}: {
  readonly tickets: number;
  /** Where ledgers are kept, those of the reports among them. */
  readonly folder?: string | undefined;
}): Promise<Measure[]> => {
  const postings = tickets * postingsPerTicket;
  const folder = await ledgerFolder(kept, postings);
  const load = startChild('./looks.ts');
  try {
    const { installation, buildSeconds } = await preparedIn(folder.path, postings);
    await withInstallation(installation, async ({ directory }) => {
      const { id } = await directory.connections.get('desk');
      await directory.connections.changeSettings(id, { sidebarSecrets: [secret] }, 'bench');
      const client = await openDatabase(installation);
      const { rowCount } = await client.query('select from order_address limit 1');
      if (rowCount === 0) {
        await client.query('set session_replication_role = replica');
        await client.query(addCustomers);
        await client.query('vacuum analyze ticket, order_address');
      }
      await client.end();
    });
    const server = await startServer(installation, { program: ['src/deskledger.ts', 'serve', '--no-worker'] });
    try {
      const { firstMs, countedMs } = await warmUp(server.url, tickets);
      const took: Paced[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const how = { url: server.url, secret, connections, tickets, perSecond, seconds: roundSeconds };
        const paced = await load.ask<Paced>('looks', how);
        if (round > 0) took.push(paced);
      }
      const at = (share: number) => took.map(({ latencies }) => quantile(latencies, share));
      return [
        atMost(
          `p95 of a look by the sidebar at ${perSecond}/s, ${rounded(tickets)} tickets (median of ${took.length})`,
          median(at(0.95)),
          25,
          milliseconds,
        ),
        plain(
          '  of which',
          `p50 ${milliseconds(median(at(0.5)))}, p99 ${milliseconds(median(at(0.99)))}; p95 by round ${at(0.95).map(milliseconds).join(', ')}, from the moment each was meant to be sent`,
        ),
        plain('  first look after a start; with figures', `${milliseconds(firstMs)}; ${milliseconds(countedMs)}`),
        plain(
          '  answers other than 200, errors',
          `${took.reduce((sum, { failed }) => sum + failed, 0)}, ${server.complaints[0]?.slice(0, 200) ?? 'none in the log'}`,
        ),
        plain('  filled in', `${rounded(buildSeconds)} s`),
      ];
    } finally {
      await server.stop();
    }
  } finally {
    await load.end();
    await folder.remove();
  }
};
