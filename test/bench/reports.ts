import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { connect } from '../../src/connect.ts';
import { addDays } from '../../src/core/time.ts';
import { addUpMarked } from '../../src/features/reports/index.ts';
import { startChild } from './child.ts';
import { openDatabase, withInstallation } from './installation.ts';
import { atLeast, atMost, type Measure, median, plain, quantile, rounded } from './measures.ts';
import { differences, type Report } from './reports-differences.ts';
import { fillLedger, firstDay, sizeOf } from './reports-fill.ts';
import { measureMoves } from './reports-moves.ts';
import { type Answer, duckdb, type Period, plainSql, prepareInvited, type Rival } from './reports-rivals.ts';
import { freePort, type Installation, keptFolder, startServer, temporaryFolder } from './server-process.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const rounds = 3;
const requests = 200;
const warmUp = 20;
/** Rivals take longer: fewer of the same periods. */
const rivalRounds = 9;
const periodDays = 90;

/** Of so many periods no two are the same days. */
const periods = 900;
const periodOf = (round: number): Period => {
  if (round >= periods) throw new RangeError(`period ${round} would be one that was asked for before`);
  const from = addDays(firstDay, 30 + ((round * 37) % periods));
  return { from, to: addDays(from, periodDays - 1) };
};

const p95sOf = (took: readonly (readonly number[])[]): number[] => took.map((round) => quantile(round, 0.95));
/** The middle one of the rounds', so that one stall of the machine decides nothing. */
const p95Of = (took: readonly (readonly number[])[]): number => median(p95sOf(took));

const milliseconds = (value: number): string => `${value.toFixed(1)} ms`;
const times = (value: number): string => `${value.toFixed(2)} x`;
const progress = (text: string): void => void process.stderr.write(`${text}\n`);

const requireEqual = (who: string, report: Report, answers: readonly Answer[]): void => {
  const found = differences(report, answers);
  if (found.length > 0)
    throw new Error(`${who} answers differently, ${found.length} times: ${found.slice(0, 5).join('; ')}`);
};

interface Timed {
  readonly buildSeconds: number;
  readonly addUpSeconds: number;
  readonly rows: number;
  readonly trueMs: readonly (readonly number[])[];
  readonly pooledMs: readonly (readonly number[])[];
  readonly plainMs: readonly number[];
  readonly duckMs: readonly number[];
}

/** What the asking before left behind is collected first: it would be within the time taken. */
const timeRival = async (ask: Rival): Promise<number[]> => {
  const took: number[] = [];
  for (let round = 0; round < rivalRounds; round += 1) {
    collect();
    const startMs = performance.now();
    await ask(periodOf(round));
    if (round > 0) took.push(performance.now() - startMs);
  }
  return took;
};

const reportUrl = (url: string, { from, to }: Period): string =>
  `${url}/api/v1/reports/partners?from=${from}&to=${to}&groupBy=partner,region`;

const reportOf = async (url: string, token: string, period: Period): Promise<Report> => {
  const response = await fetch(reportUrl(url, period), { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`the report answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Report;
};

/** By a process of its own, as a manager's browser is: this one collects what it keeps of DuckDB. Rounds of ms. */
const timeReports = async (url: string, token: string): Promise<number[][]> => {
  const client = startChild('./report-requests.ts');
  const ask = (first: number, count: number): Promise<number[]> =>
    client.ask('requests', {
      urls: Array.from({ length: count }, (_, at) => reportUrl(url, periodOf(first + at))),
      token,
    });
  try {
    await ask(0, warmUp);
    const took: number[][] = [];
    for (let round = 0; round < rounds; round += 1) took.push(await ask(warmUp + round * requests, requests));
    return took;
  } finally {
    await client.end();
  }
};

export const prepare = async (installation: Installation, postings: number) => {
  const startMs = performance.now();
  const { tokens, addUpSeconds } = await withInstallation(installation, async (product) => {
    await connect(product, {
      kind: 'zendesk',
      settings: {
        name: 'desk',
        subdomain: 'bench',
        email: 'bench@example.com',
        apiToken: 'none',
        webhookSecrets: ['none'],
        baseUrl: 'http://127.0.0.1:9',
      },
      mode: 'observe',
      remoteSetup: false,
      actor: 'bench',
    });
    const client = await openDatabase(installation);
    await fillLedger(client, sizeOf(postings), (step, seconds) => progress(`  ${step}: ${seconds.toFixed(1)} s`));
    await prepareInvited(client);
    const foldMs = performance.now();
    while ((await addUpMarked(product.db, { timeZone: 'UTC', patient: false })) > 0);
    const seconds = (performance.now() - foldMs) / 1000;
    // Tonight's look at the books would run beside what is measured.
    await client.query(
      "insert into reconciliation (night, started_at, ended_at, last_posting_id, balanced, completeness, timeliness, balance) select (now() at time zone 'UTC')::date, now(), now(), 0, true, '[]', '{}', '[]'",
    );
    await client.query('vacuum analyze');
    await client.end();
    const token = async (name: string, scopes: string) => (await product.access.createToken({ name, scopes })).token;
    return {
      tokens: { rates: await token('rates', 'read,rates,write'), read: await token('read', 'read') },
      addUpSeconds: seconds,
    };
  });
  return { tokens, addUpSeconds, buildSeconds: (performance.now() - startMs) / 1000 };
};

/** Times the report, and the same question to its rivals, on a prepared ledger; `exports` is a folder that everybody may write to. */
export const timeSize = async (
  installation: Installation,
  exports: string,
  tokens: Awaited<ReturnType<typeof prepare>>['tokens'],
): Promise<Omit<Timed, 'buildSeconds' | 'addUpSeconds'>> => {
  const server = await startServer(installation, { program: ['src/deskledger.ts', 'serve', '--no-worker'] });
  const client = await openDatabase(installation);
  const duck = await duckdb(client, exports);
  try {
    const sql = plainSql(client);
    for (const round of [0, 5]) {
      const report = await reportOf(server.url, tokens.rates, periodOf(round));
      requireEqual('plain SQL', report, await sql(periodOf(round)));
      requireEqual('DuckDB', report, await duck.ask(periodOf(round)));
    }
    const { rows } = await reportOf(server.url, tokens.rates, periodOf(0));
    const trueMs = await timeReports(server.url, tokens.rates);
    const pooledMs = await timeReports(server.url, tokens.read);
    return { rows: rows.length, trueMs, pooledMs, plainMs: await timeRival(sql), duckMs: await timeRival(duck.ask) };
  } finally {
    duck.end();
    await client.end();
    await server.stop();
  }
};

type Prepared = Awaited<ReturnType<typeof prepare>>;

/** Where a ledger of this size is kept, or one that goes after. */
export const ledgerFolder = (kept: string | undefined, postings: number) =>
  kept === undefined ? temporaryFolder() : keptFolder(join(kept, String(postings)));

/** A prepared ledger in a folder, used again where it is there whole. */
export const preparedIn = async (
  folder: string,
  postings: number,
): Promise<Prepared & { installation: Installation }> => {
  const [dataDir, exports, told] = ['data', 'exports', 'prepared.json'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const installation: Installation = { dataDir, port: await freePort() };
  const known = await readFile(told, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (known !== null) return { ...(JSON.parse(known) as Prepared), installation };
  for (const path of [dataDir, exports]) {
    await rm(path, { recursive: true, force: true });
    await mkdir(path);
    await chmod(path, 0o777);
  }
  const prepared = await prepare(installation, postings);
  await writeFile(told, JSON.stringify(prepared));
  return { ...prepared, installation };
};

const measureSize = async (
  postings: number,
  { moves, folder: kept }: { readonly moves: boolean; readonly folder: string | undefined },
): Promise<{ timed: Timed; moved: Measure[] }> => {
  const folder = await ledgerFolder(kept, postings);
  try {
    const { installation, tokens, ...built } = await preparedIn(folder.path, postings);
    const timed = { ...built, ...(await timeSize(installation, join(folder.path, 'exports'), tokens)) };
    progress(
      `  ${rounded(postings)}: built in ${rounded(built.buildSeconds)} s; report median ${milliseconds(median(timed.trueMs.flat()))}, p95 ${p95sOf(timed.trueMs).map(milliseconds).join(', ')}`,
    );
    return { timed, moved: moves ? await measureMoves(installation, tokens.rates) : [] };
  } finally {
    await folder.remove();
  }
};

/** The moves alone, of the smallest ledger that has so many tickets. */
export const measureMovesAlone = async (): Promise<Measure[]> => {
  const folder = await temporaryFolder();
  try {
    const { installation, tokens } = await preparedIn(folder.path, 1_000_000);
    return await measureMoves(installation, tokens.rates);
  } finally {
    await folder.remove();
  }
};

/**
 * The partner x region report of 90 days over HTTP on ledgers of these sizes, beside plain SQL and DuckDB on the largest. In a
 * folder of one's own ledgers stay for the next time, and no tickets are moved in them.
 */
export const measureReports = async ({
  postings,
  folder,
}: {
  readonly postings: readonly number[];
  readonly folder: string | undefined;
}): Promise<Measure[]> => {
  const measures: Measure[] = [];
  const p95s: number[] = [];
  const sizes = postings.toSorted((a, b) => a - b);
  // Moves of 100,000 tickets need so many.
  const moving = sizes.find((size) => sizeOf(size).tickets >= 100_000);
  let last: Timed | undefined;
  const moved: Measure[] = [];
  for (const size of sizes) {
    progress(`  ${rounded(size)} postings ...`);
    const { timed, moved: ofSize } = await measureSize(size, {
      moves: folder === undefined && size === moving,
      folder,
    });
    last = timed;
    moved.push(...ofSize);
    const name = `partner x region, 90 days, ${rounded(size)} postings`;
    p95s.push(p95Of(timed.trueMs));
    measures.push(
      atMost(`${name}: p95 of ${requests}, median of ${rounds} rounds`, p95Of(timed.trueMs), 25, milliseconds),
      plain(
        '  of each round; of all',
        `${p95sOf(timed.trueMs).map(milliseconds).join(', ')}; ${milliseconds(quantile(timed.trueMs.flat(), 0.95))}`,
      ),
      plain('  median; rows', `${milliseconds(median(timed.trueMs.flat()))}; ${timed.rows}`),
      plain(
        '  at pooled rates: median, p95',
        `${milliseconds(median(timed.pooledMs.flat()))}, ${milliseconds(p95Of(timed.pooledMs))}`,
      ),
      plain(
        '  plain SQL, DuckDB (medians)',
        `${milliseconds(median(timed.plainMs))}, ${milliseconds(median(timed.duckMs))}`,
      ),
      plain('  filled, of which totals', `${rounded(timed.buildSeconds)} s, ${rounded(timed.addUpSeconds)} s`),
    );
  }
  if (sizes.length > 1)
    measures.push(atMost('p95 of the largest to the smallest', (p95s.at(-1) ?? 0) / (p95s[0] ?? 1), 1.5, times));
  if (last) {
    const ours = median(last.trueMs.flat());
    measures.push(
      atLeast('faster than plain SQL, largest', median(last.plainMs) / ours, 8, times),
      atLeast('faster than DuckDB over Parquet, largest', median(last.duckMs) / ours, 5, times),
    );
  }
  return [...measures, ...moved];
};
