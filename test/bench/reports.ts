import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { addDays } from '../../src/core/time.ts';
import { startChild } from './child.ts';
import { openDatabase } from './installation.ts';
import { atLeast, atMost, type Measure, median, plain, quantile, rounded } from './measures.ts';
import { differences, type Report } from './reports-differences.ts';
import { firstDay, sizeOf } from './reports-fill.ts';
import { ledgerFolder, type Prepared, preparedIn, type Tokens } from './reports-ledger.ts';
import { measureMoves } from './reports-moves.ts';
import { type Answer, duckdb, type Period, plainSql, type Rival } from './reports-rivals.ts';
import { type Installation, startServer, temporaryFolder } from './server-process.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const rounds = 7;
const requests = 120;
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
  readonly size: number;
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

/** A prepared ledger whose server runs, and who asks it. */
interface Opened {
  readonly rows: number;
  /** Of `count` reports, from the `first` period on, what each took in ms. */
  ask(whose: keyof Tokens, first: number, count: number): Promise<number[]>;
  askRivals(): Promise<Pick<Timed, 'plainMs' | 'duckMs'>>;
  /** Once; asked again it waits for the same end. */
  end(): Promise<void>;
}

/**
 * Asked by a process of its own, as by a manager's browser: this one collects what it keeps of DuckDB. `exports` is a folder
 * that everybody may write to. Rejects where the rivals answer otherwise.
 */
const open = async (installation: Installation, exports: string, tokens: Tokens): Promise<Opened> => {
  const server = await startServer(installation, { program: ['src/deskledger.ts', 'serve', '--no-worker'] });
  const database = await openDatabase(installation);
  const duck = await duckdb(database, exports);
  const client = startChild('./report-requests.ts');
  let ending: Promise<void> | undefined;
  const endAll = async (): Promise<void> => {
    await client.end();
    duck.end();
    await database.end();
    await server.stop();
  };
  const end = (): Promise<void> => {
    ending ??= endAll();
    return ending;
  };
  const sql = plainSql(database);
  try {
    for (const round of [0, 5]) {
      const report = await reportOf(server.url, tokens.rates, periodOf(round));
      requireEqual('plain SQL', report, await sql(periodOf(round)));
      requireEqual('DuckDB', report, await duck.ask(periodOf(round)));
    }
    const { rows } = await reportOf(server.url, tokens.rates, periodOf(0));
    return {
      rows: rows.length,
      ask: (whose, first, count) =>
        client.ask('requests', {
          urls: Array.from({ length: count }, (_, at) => reportUrl(server.url, periodOf(first + at))),
          token: tokens[whose],
        }),
      askRivals: async () => ({ plainMs: await timeRival(sql), duckMs: await timeRival(duck.ask) }),
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
};

/** Rounds of ms of each ledger, in turns: a machine that is slower for a while is so for all of them. */
const askInTurns = async (all: readonly Opened[], whose: keyof Tokens): Promise<number[][][]> => {
  const took = all.map((): number[][] => []);
  for (const one of all) await one.ask(whose, 0, warmUp);
  for (let round = 0; round < rounds; round += 1)
    for (const [index, one] of all.entries())
      took[index]?.push(await one.ask(whose, warmUp + round * requests, requests));
  return took;
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
  folder: kept,
}: {
  readonly postings: readonly number[];
  readonly folder: string | undefined;
}): Promise<Measure[]> => {
  const sizes = postings.toSorted((a, b) => a - b);
  const ends: (() => Promise<void>)[] = [];
  const ledgers: (Prepared & {
    readonly size: number;
    readonly installation: Installation;
    readonly opened: Opened;
  })[] = [];
  try {
    for (const size of sizes) {
      progress(`  ${rounded(size)} postings ...`);
      const folder = await ledgerFolder(kept, size);
      ends.push(folder.remove);
      const prepared = await preparedIn(folder.path, size);
      const opened = await open(prepared.installation, join(folder.path, 'exports'), prepared.tokens);
      ends.push(opened.end);
      ledgers.push({ ...prepared, size, opened });
    }
    const all = ledgers.map(({ opened }) => opened);
    const [trueMs, pooledMs] = [await askInTurns(all, 'rates'), await askInTurns(all, 'read')];
    const timed: Timed[] = [];
    for (const [index, { opened, ...ledger }] of ledgers.entries())
      timed.push({
        ...ledger,
        rows: opened.rows,
        trueMs: trueMs[index] ?? [],
        pooledMs: pooledMs[index] ?? [],
        ...(await opened.askRivals()),
      });
    for (const { end } of all) await end();
    // Moves of 100,000 tickets need so many; in a ledger that is kept none are moved.
    const moving = kept === undefined ? ledgers.find(({ size }) => sizeOf(size).tickets >= 100_000) : undefined;
    const moved = moving ? await measureMoves(moving.installation, moving.tokens.rates) : [];
    return [...measuresOf(timed), ...moved];
  } finally {
    for (const end of ends.toReversed()) await end();
  }
};

const measuresOf = (sizes: readonly Timed[]): Measure[] => {
  const measures: Measure[] = [];
  for (const timed of sizes) {
    const name = `partner x region, 90 days, ${rounded(timed.size)} postings`;
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
  const [smallest, last] = [sizes[0], sizes.at(-1)];
  if (!smallest || !last) return measures;
  if (sizes.length > 1) {
    const [small, large] = [p95sOf(smallest.trueMs), p95sOf(last.trueMs)];
    const ratios = large.map((p95, round) => p95 / (small[round] ?? p95));
    measures.push(
      atMost(`p95 of the largest to the smallest, median of ${rounds} rounds`, median(ratios), 1.5, times),
      plain('  of each round', ratios.map(times).join(', ')),
    );
  }
  const ours = median(last.trueMs.flat());
  measures.push(
    atLeast('faster than plain SQL, largest', median(last.plainMs) / ours, 8, times),
    atLeast('faster than DuckDB over Parquet, largest', median(last.duckMs) / ours, 5, times),
  );
  return measures;
};
