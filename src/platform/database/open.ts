import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { AppError } from '../../core/errors.ts';
import type { Sql } from './database.ts';
import { joinEmbeddedPostgres } from './embedded.ts';
import { PrismaClient } from './generated/client.ts';
import { named } from './trouble.ts';

/** The pool: each query on any free connection. */
export interface Database extends Sql {
  readonly prisma: PrismaClient;
  /**
   * Connections of their own, for what a sender waits on: no other work holds them up, and a statement that takes longer than
   * `hastyMs` is given up, by the server as well, so that a locked table or a hung server ends in an error.
   */
  readonly hasty: Sql;
  /** Holds the password: for other clients of the same server, never for a log. */
  readonly url: string;
  /** Runs `work` in one transaction: committed when it returns, rolled back when it throws. */
  transaction<T>(
    work: (tx: Sql) => Promise<T>,
    options?: {
      readOnly?: boolean;
      isolation?: 'repeatable read';
      /** Each connection plans every statement with parameters once: for hot work whose texts are few and never change. */
      prepared?: boolean;
    },
  ): Promise<T>;
  close(): Promise<void>;
}

interface OpenOptions {
  /** Unset: a private server in `dataDir`. */
  readonly url?: string | undefined;
  readonly dataDir: string;
  /** Connections at most (default 16). */
  readonly connections?: number;
  /** Told of connections that broke while idle, and of a private server that died. */
  readonly onError?: (error: unknown) => void;
}

const { builtins } = pg.types;
const arrayOf = { int8: 1016, date: 1182, numeric: 1231 } as const;
/** PostgreSQL's text form of an array of plain values: {1,2,NULL}. */
const arrayParser =
  <T>(parse: (item: string) => T) =>
  (text: string): (T | null)[] =>
    text === '{}'
      ? []
      : text
          .slice(1, -1)
          .split(',')
          .map((item) => (item === 'NULL' ? null : parse(item)));
const asText = (text: string): string => text;

const parsers = new Map<number, (text: string) => unknown>([
  [builtins.INT8, BigInt],
  [builtins.DATE, asText],
  [builtins.NUMERIC, asText],
  [arrayOf.int8, arrayParser(BigInt)],
  [arrayOf.date, arrayParser(asText)],
  [arrayOf.numeric, arrayParser(asText)],
]);

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    (format !== 'binary' && parsers.get(oid)) || pg.types.getTypeParser(oid, format as 'text'),
};

/** Names for statements that are prepared without a name of their own; as many as there are texts. */
const statementNames = new Map<string, string>();
const nameOf = (text: string): string => {
  const name = statementNames.get(text) ?? `statement ${statementNames.size + 1}`;
  statementNames.set(text, name);
  return name;
};

type Ask = <Row extends object>(query: pg.QueryConfig) => Promise<pg.QueryResult<Row>>;

/**
 * By a callback: what the promise of a client brings is held in memory, and what comes after it, until all of the heap is
 * collected (V8 13.6, pg 8.23: test/platform/database/memory.test.ts).
 */
const askOf =
  (client: pg.Pool | pg.PoolClient): Ask =>
  <Row extends object>(query: pg.QueryConfig) =>
    new Promise<pg.QueryResult<Row>>((resolve, reject) => {
      client.query<Row>(query, (error: Error | null, result) => {
        if (error) reject(error);
        else resolve(result);
      });
    });

/** The same for so long: a connection that then has not answered is ended, and its place in the pool is free. By pg's `query_timeout` answers are held in memory likewise. */
const askWithin =
  (pool: pg.Pool, milliseconds: number): Ask =>
  <Row extends object>(query: pg.QueryConfig) =>
    new Promise<pg.QueryResult<Row>>((resolve, reject) => {
      pool.connect((refused, client, release) => {
        if (!client) {
          reject(refused);
          return;
        }
        let isSettled = false;
        const settle = (error: Error | null, result?: pg.QueryResult<Row>): void => {
          if (isSettled) return;
          isSettled = true;
          clearTimeout(timer);
          release(error ?? undefined);
          if (result) resolve(result);
          else reject(error);
        };
        const timer = setTimeout(() => settle(new Error('PostgreSQL did not answer in time')), milliseconds);
        client.query<Row>(query, (error: Error | null, result) => settle(error, error ? undefined : result));
      });
    });

const sqlOf = (ask: Ask, { prepared = false } = {}): Sql => ({
  async query<Row extends object>(
    text: string,
    parameters?: readonly unknown[],
    { preparedAs }: { readonly preparedAs?: string } = {},
  ): Promise<Row[]> {
    const values = parameters as unknown[];
    const name = preparedAs ?? (prepared && parameters ? nameOf(text) : undefined);
    try {
      return (await ask<Row>(name === undefined ? { text, values } : { text, values, name })).rows;
    } catch (error) {
      // The stack that pg gives leads to the socket: this one says who asked.
      if (error instanceof Error) Error.captureStackTrace(error);
      throw named(error);
    }
  },
});

/** Well under the 10 s in which Zendesk wants its answer. */
const hastyMs = 4000;
const hastyConnections = 4;
/** Work waits this long for a free connection; a server that hangs then costs errors and not ever more waiting work. */
const freeWithinMs = 30_000;

/** A server that takes no connection for this long is down, as far as a start is concerned. */
const probeWithinMs = 10_000;

const probe = async (url: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: probeWithinMs });
  client.on('error', () => undefined);
  await client.connect();
  await client.end();
};

/** Opens the database; throws AppError when it cannot be reached. Migrations are the caller's (migrate.ts). */
export const openDatabase = async (options: OpenOptions): Promise<Database> => {
  const onError = options.onError ?? (() => undefined);
  const embedded = options.url === undefined ? await joinEmbeddedPostgres({ dataDir: options.dataDir, onError }) : null;
  const url = embedded?.url ?? (options.url as string);
  let closing: Promise<void> | undefined;
  const poolOf = (settings: pg.PoolConfig): pg.Pool => {
    const pool = new pg.Pool({
      connectionString: url,
      types,
      application_name: 'deskledger',
      keepAlive: true,
      ...settings,
    });
    // One that breaks while a transaction holds it fails the next statement; without a listener it would end the process.
    pool.on('connect', (client) => client.on('error', () => undefined));
    // A connection that the server cuts while we leave is no news.
    pool.on('error', (error) => {
      if (!closing) onError(error);
    });
    return pool;
  };
  const pool = poolOf({ max: options.connections ?? 16, connectionTimeoutMillis: freeWithinMs });
  const hasty = poolOf({
    max: hastyConnections,
    connectionTimeoutMillis: hastyMs,
    statement_timeout: hastyMs,
  });
  try {
    await probe(url);
  } catch (error) {
    await Promise.all([pool.end(), hasty.end()]);
    await embedded?.leave();
    throw new AppError(
      'unavailable',
      `PostgreSQL does not answer (${(error as { code?: string }).code ?? 'no answer in time'}); see that it runs and that DATABASE_URL names it`,
      { cause: error },
    );
  }
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  const close = async (): Promise<void> => {
    await prisma.$disconnect();
    await Promise.all([pool.end(), hasty.end()]);
    await embedded?.leave();
  };

  return {
    ...sqlOf(askOf(pool)),
    prisma,
    // A little later than the server's own end: only where that does not come.
    hasty: sqlOf(askWithin(hasty, hastyMs + 500)),
    url,
    async transaction(work, { readOnly = false, isolation, prepared = false } = {}) {
      const client = await pool.connect().catch((error: unknown) => {
        throw named(error);
      });
      const ask = askOf(client);
      const tx = sqlOf(ask, { prepared });
      let broken: Error | undefined;
      try {
        await tx.query(`begin${isolation ? ` isolation level ${isolation}` : ''}${readOnly ? ' read only' : ''}`);
        const result = await work(tx);
        const { command } = await ask({ text: 'commit' }).catch((error: unknown) => {
          throw named(error);
        });
        // So PostgreSQL answers where a statement had failed, also one whose error was caught.
        if (command === 'ROLLBACK') throw new Error('A statement of the transaction failed: none of it was kept');
        return result;
      } catch (error) {
        await ask({ text: 'rollback' }).catch((failure: Error) => {
          broken = failure;
        });
        throw error;
      } finally {
        client.release(broken);
      }
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
};
