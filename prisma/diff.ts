import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { joinEmbeddedPostgres } from '../src/platform/database/embedded.ts';
import { migrate } from '../src/platform/database/migrate.ts';
import { schemaDiff } from './schema-engine.ts';

// Prints the SQL that is missing between the migrations and schema.prisma: the start of the next migration.
const dataDir = await mkdtemp(join(tmpdir(), 'deskledger-diff-'));
const server = await joinEmbeddedPostgres({ dataDir, volatile: true });
try {
  await migrate(server.url);
  const script = await schemaDiff(server.url, await readFile(new URL('schema.prisma', import.meta.url), 'utf8'));
  console.log(script === '' ? '-- The migrations produce exactly schema.prisma.' : script);
} finally {
  await server.leave();
  await rm(dataDir, { recursive: true });
}
