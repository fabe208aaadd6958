import { parseMonth, type SealPeriod, sealPeriod } from '../../../src/features/books/index.ts';
import type { World } from '../reports/world.ts';

export const basis = { currency: 'USD', timeZone: 'UTC' };
export const may = parseMonth('2026-05');

/** The helpdesk's changes were read to their end, after May unless said. */
export const readToEnd = ({ db, connectionId }: World, at = '2026-06-01T00:00:00Z') =>
  db.query(
    `insert into sync_cursor (connection_id, stream, cursor) values ($1, 'tickets', jsonb_build_object('endedAt', $2::text))
     on conflict (connection_id, stream) do update set cursor = excluded.cursor`,
    [connectionId, at],
  );

export const sealIn = (world: World, period: SealPeriod, { revise = false } = {}) =>
  sealPeriod({ ...world, basis }, { period, revise, actor: 'mia', asOf: world.clock.now() });
