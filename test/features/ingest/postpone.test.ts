import { expect, test } from 'vitest';
import { postpone } from '../../../src/features/ingest/store.ts';
import { testDatabase } from '../../support/database.ts';

const db = await testDatabase();
const at = (clock: string) => new Date(`2026-05-04T${clock}:00Z`);

test('an outage puts every kind of due ticket back, and frees it', async () => {
  const [connection] = await db.query<{ id: number }>(
    "insert into connection (kind, name, settings, secrets, webhook_key, created_at) values ('zendesk', 'desk', '{}', '', 'k', now()) returning id",
  );
  const rows = await db.query<{ id: bigint }>(
    `insert into ticket (connection_id, external_id, first_seen_at, claimed_until, due_at, stale_since, deep_due_at) values
       ($1, 'due', $2, $2, $2, null, null), ($1, 'stale', $2, $2, null, $2, null), ($1, 'deep soon', $2, $2, $2, null, $2), ($1, 'deep later', $2, $2, $2, $2, $3)
     returning id`,
    [connection?.id, at('10:00'), at('16:00')],
  );
  await postpone(
    db,
    rows.map(({ id }) => id),
    { until: at('10:30'), error: 'UpstreamError: away' },
  );
  expect(
    await db.query(
      'select external_id as ticket, due_at as due, stale_since as stale, deep_due_at as deep, claimed_until as claimed, last_error as error from ticket order by id',
    ),
  ).toEqual(
    [
      { ticket: 'due', due: at('10:30'), stale: null, deep: null },
      { ticket: 'stale', due: null, stale: at('10:30'), deep: null },
      { ticket: 'deep soon', due: at('10:30'), stale: null, deep: at('10:30') },
      { ticket: 'deep later', due: at('10:30'), stale: at('10:30'), deep: at('16:00') },
    ].map((row) => ({ ...row, claimed: null, error: 'UpstreamError: away' })),
  );
});
