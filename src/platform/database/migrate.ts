import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { AppError } from '../../core/errors.ts';

export const migrationsFolder = join(import.meta.dirname, '../../../prisma/migrations');

/** The lock that Prisma's own CLI takes, so that the two never run at once. */
const migrationLock = 72_707_369;

/** As Prisma's schema engine creates it. */
const historyTable = `create table if not exists _prisma_migrations (
  id                  varchar(36) primary key not null,
  checksum            varchar(64) not null,
  finished_at         timestamptz,
  migration_name      varchar(255) not null,
  logs                text,
  rolled_back_at      timestamptz,
  started_at          timestamptz not null default now(),
  applied_steps_count integer not null default 0
)`;

interface Migration {
  readonly name: string;
  readonly script: string;
  readonly checksum: string;
}

const readMigrations = async (folder: string): Promise<Migration[]> => {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const bytes = await readFile(join(folder, name, 'migration.sql'));
      return { name, script: bytes.toString('utf8'), checksum: createHash('sha256').update(bytes).digest('hex') };
    }),
  );
};

const applyOne = async (client: pg.Client, { name, script, checksum }: Migration): Promise<void> => {
  try {
    await client.query('begin');
    await client.query(script);
    await client.query(
      `insert into _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       values ($1, $2, $3, now(), clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new AppError('unavailable', `Migration ${name} failed and was taken back: ${(error as Error).message}`, {
      cause: error,
    });
  }
};

/**
 * Brings the database up to date: applies what `folder` holds and the database does not, in order, each in a transaction,
 * and records it as Prisma would. Returns the names applied. Throws AppError when an applied migration was changed since,
 * or failed under Prisma's CLI: both want a person.
 */
export const migrate = async (url: string, folder: string = migrationsFolder): Promise<string[]> => {
  const migrations = await readMigrations(folder);
  const client = new pg.Client({ connectionString: url, application_name: 'deskledger migrate' });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    await client.query(historyTable);
    const { rows } = await client.query<{ migration_name: string; checksum: string; finished: boolean }>(
      'select migration_name, checksum, finished_at is not null as finished from _prisma_migrations where rolled_back_at is null',
    );
    const history = new Map(rows.map((row) => [row.migration_name, row]));
    const applied: string[] = [];
    for (const migration of migrations) {
      const known = history.get(migration.name);
      if (known && !known.finished)
        throw new AppError(
          'conflict',
          `Migration ${migration.name} was begun and not finished; settle it with "npx prisma migrate resolve"`,
        );
      if (known && known.checksum !== migration.checksum)
        throw new AppError(
          'conflict',
          `Migration ${migration.name} was changed after it was applied; restore the file and add a new migration instead`,
        );
      if (known) continue;
      await applyOne(client, migration);
      applied.push(migration.name);
    }
    return applied;
  } finally {
    await client.end();
  }
};
