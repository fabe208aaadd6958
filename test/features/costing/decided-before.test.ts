import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { migrate, migrationsFolder } from '../../../src/platform/database/migrate.ts';
import { testDatabaseUrl } from '../../support/database.ts';

test('who decided on work before it stood beside the decision comes from the log, the last one of each', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'deskledger-migrations-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await cp(migrationsFolder, folder, { recursive: true });
  for (const one of await readdir(folder))
    if (one >= '20261203110000_work_decided' && one !== 'migration_lock.toml')
      await rm(join(folder, one), { recursive: true });
  const url = await testDatabaseUrl({ empty: true });
  await migrate(url, folder);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  await client.query(
    `insert into connection (id, kind, name, settings, secrets, webhook_key, created_at) values (1, 'zendesk', 'main', '{}', '', 'k', now());
     insert into ticket (id, connection_id, external_id, first_seen_at) values (1, 1, '1', now());
     insert into work_entry (id, connection_id, ticket_id, source_key, clock, kind, actor, raw_seconds, costed_seconds, state, decision, cap_decision, worked_at, worked_day, recorded_at)
     select n, 1, 1, 'audit:' || n, 'time tracking', 'measured', 'agent', 60, 60, 'costed', d, c, now(), now(), now()
       from (values (1, 'accept', 'reject'), (2, 'accept', null), (3, null, null)) as e(n, d, c);
     insert into audit_log (at, actor, action, detail) values
       ('2026-05-01', 'ann', 'reject held work', '{"workEntries": ["1", "2"]}'),
       ('2026-05-02', 'bo', 'accept held work', '{"workEntries": ["2", "1"]}'),
       ('2026-05-03', 'cy', 'reject capped work', '{"workEntries": ["1"]}'),
       ('2026-05-04', 'dan', 'settings', '{"workEntries": "none"}')`,
  );
  await migrate(url);
  const { rows } = await client.query(
    `select id::int, decided_by as by, decided_at::date::text as at, cap_decided_by as "capBy", cap_decided_at::date::text as "capAt" from work_entry order by id`,
  );
  expect(rows).toEqual([
    { id: 1, by: 'bo', at: '2026-05-02', capBy: 'cy', capAt: '2026-05-03' },
    { id: 2, by: 'bo', at: '2026-05-02', capBy: null, capAt: null },
    { id: 3, by: null, at: null, capBy: null, capAt: null },
  ]);
});
