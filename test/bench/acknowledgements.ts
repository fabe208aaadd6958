import { connect } from '../../src/connect.ts';
import { startChild } from './child.ts';
import { withInstallation } from './installation.ts';
import type { Slice } from './load.ts';
import { atLeast, atMost, type Measure, median, plain, quantile, rounded } from './measures.ts';
import type { Paced } from './pace.ts';
import { freePort, startServer, temporaryFolder } from './server-process.ts';

const connections = 64;
/** The first round warms up and does not count. */
const rounds = 7;
const sliceSeconds = 2;
/** Prepared before each slice, so that making them does not count; more are made on the way. */
const prepared = 12_000;

const pace = 1000;
const pacedSeconds = 5;
const pacedRounds = 5;

const secret = 'YmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtYmVuY2gtYmVuY2g=';

const times = (value: number): string => `${value.toFixed(2)} x`;
const milliseconds = (value: number): string => `${value.toFixed(1)} ms`;

/** Durable acknowledgements of the web role against single-row inserts into an equal table of the same server. */
export const measureAcknowledgements = async (): Promise<Measure[]> => {
  const folder = await temporaryFolder();
  const load = startChild('./load.ts');
  const bare = startChild('./bare-route.ts');
  try {
    const installation = { dataDir: folder.path, port: await freePort() };
    const url = await withInstallation(installation, async (product) => {
      const settings = {
        name: 'helpdesk',
        subdomain: 'bench',
        email: 'deskledger@example.com',
        apiToken: 'bench',
        // Nothing listens there: the bench receives and never pulls.
        baseUrl: `http://127.0.0.1:${await freePort()}`,
        webhookSecrets: [secret],
      };
      const { result } = await connect(product, { kind: 'zendesk', settings, remoteSetup: false, actor: 'bench' });
      await product.db.query('create table bench_delivery (like delivery including all)');
      // What `like` leaves out: how the product's table keeps its rows.
      const [kept] = await product.db.query<{ options: string }>(
        "select array_to_string(reloptions, ', ') as options from pg_class where oid = 'delivery'::regclass",
      );
      if (kept?.options) await product.db.query(`alter table bench_delivery set (${kept.options})`);
      // Its upkeep would fall into the paced rounds: the product has no such table.
      await product.db.query('alter table bench_delivery set (autovacuum_enabled = off)');
      return result.webhookUrl ?? '';
    });
    const bareUrl = await bare.ask<string>('listen');
    const server = await startServer(installation, { program: ['src/deskledger.ts', 'serve', '--no-worker'] });
    const slices = { acks: [] as number[], inserts: [] as number[], bare: [] as number[] };
    const paced = { p50: [] as number[], p99: [] as number[], inserts: [] as number[] };
    let failed = 0;
    try {
      const databaseUrl = await withInstallation(installation, async ({ db }) => db.url);
      const common = { seconds: sliceSeconds, connections, atMost: prepared, secret };
      for (let round = 0; round < rounds; round += 1) {
        const acks = await load.ask<Slice>('acks', { ...common, url });
        const inserts = await load.ask<Slice>('inserts', { ...common, databaseUrl });
        const without = await load.ask<Slice>('acks', { ...common, url: bareUrl });
        failed += acks.failed + inserts.failed + without.failed;
        if (round === 0) continue;
        slices.acks.push(acks.perSecond);
        slices.inserts.push(inserts.perSecond);
        slices.bare.push(without.perSecond);
      }
      for (let round = 0; round < pacedRounds; round += 1) {
        const inPace = { connections, seconds: pacedSeconds, perSecond: pace };
        const acks = await load.ask<Paced>('pacedAcks', { ...inPace, url, secret });
        const inserts = await load.ask<Paced>('pacedInserts', { ...inPace, databaseUrl });
        failed += acks.failed + inserts.failed;
        paced.p50.push(quantile(acks.latencies, 0.5));
        paced.p99.push(quantile(acks.latencies, 0.99));
        paced.inserts.push(quantile(inserts.latencies, 0.99));
      }
    } finally {
      await server.stop();
    }
    const complaints = server.complaints.length === 0 ? 'none in the log' : (server.complaints[0]?.slice(0, 200) ?? '');
    const ratioTo = (other: readonly number[]) => median(slices.acks.map((acks, index) => acks / (other[index] ?? 1)));
    return [
      atLeast(
        `durable acknowledgements per single-row insert, ${connections} connections`,
        ratioTo(slices.inserts),
        1,
        times,
      ),
      plain(
        '  of which',
        `${rounded(median(slices.acks))} acknowledgements/s, ${rounded(median(slices.inserts))} inserts/s (medians of ${rounds - 1} alternating slices of ${sliceSeconds} s)`,
      ),
      plain('  against a bare Fastify route', `${times(ratioTo(slices.bare))} of ${rounded(median(slices.bare))}/s`),
      atMost(
        `p99 of an acknowledgement at ${rounded(pace)}/s (median of ${pacedRounds})`,
        median(paced.p99),
        20,
        milliseconds,
      ),
      plain(
        '  of which',
        `p50 ${milliseconds(median(paced.p50))}; p99 by round ${paced.p99.map(milliseconds).join(', ')}, from the moment each was meant to be sent`,
      ),
      plain(
        '  single-row inserts at the same pace',
        `p99 ${milliseconds(median(paced.inserts))}; by round ${paced.inserts.map(milliseconds).join(', ')}: how long this machine's disk and processors hold up any durable write`,
      ),
      plain('  answers other than 202, errors', `${failed}, ${complaints}`),
    ];
  } finally {
    await load.end();
    await bare.end();
    await folder.remove();
  }
};
