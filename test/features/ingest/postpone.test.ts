import { expect, test } from 'vitest';
import { postpone } from '../../../src/features/ingest/store.ts';
import { testDatabase } from '../../support/database.ts';

const db = await testDatabase();
const at = (clock: string) => new Date(`2026-05-04T${clock}:00Z`);

test.each([
  ['go on', at('10:00')],
  ['wait too', at('10:30')],
] as const)(
  'tickets that were not pulled are put back and freed; those to be decided again %s',
  async (decisions, stale) => {
    await db.query('delete from connection');
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
      { until: at('10:30'), error: 'UpstreamError: away', decisions },
    );
    expect(
      await db.query(
        'select external_id as ticket, due_at as due, stale_since as stale, deep_due_at as deep, claimed_until as claimed, last_error as error from ticket order by id',
      ),
    ).toEqual(
      [
        { ticket: 'due', due: at('10:30'), stale: null, deep: null },
        { ticket: 'stale', due: null, stale, deep: null },
        { ticket: 'deep soon', due: at('10:30'), stale: null, deep: at('10:30') },
        { ticket: 'deep later', due: at('10:30'), stale, deep: at('16:00') },
      ].map((row) => ({ ...row, claimed: null, error: 'UpstreamError: away' })),
    );
  },
);
