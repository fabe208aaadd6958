import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import pg from 'pg';
import { inject } from 'vitest';
import { type Database, openDatabase } from '../../src/platform/database/open.ts';
import { atEndOfFile } from './cleanup.ts';
import { databaseAt, templateDatabase } from './server.ts';

const onServer = async (statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: inject('databaseUrl') });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
};

/** The URL of a database of its own, dropped after the file: migrated, or empty on request. */
export const testDatabaseUrl = async ({ empty = false } = {}): Promise<string> => {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(`create database ${name} template ${empty ? 'template1' : templateDatabase}`);
  atEndOfFile(() => onServer(`drop database ${name} with (force)`));
  return databaseAt(inject('databaseUrl'), name);
};

/** A fresh migrated database, closed and dropped after the file. */
export const testDatabase = async (): Promise<Database> => {
  const url = await testDatabaseUrl();
  const database = await openDatabase({ url, dataDir: tmpdir(), connections: 8 });
  atEndOfFile(() => database.close());
  return database;
};
