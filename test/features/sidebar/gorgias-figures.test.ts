import { expect, test } from 'vitest';
import { append } from '../../../src/features/attribution/index.ts';
import { createDirectory } from '../../../src/features/directory/index.ts';
import { gorgias } from '../../../src/helpdesks/gorgias/index.ts';
import type { HelpdeskAdapter } from '../../../src/helpdesks/port.ts';
import { createVault } from '../../../src/platform/crypto.ts';
import { sidebarApp } from '../../support/sidebar-app.ts';
import { createWorld, nord } from '../reports/world.ts';
import { share, team } from './ticket-world.ts';

const world = await createWorld();
await team(world);
const { db, clock } = world;
const helpdesks = new Map<string, HelpdeskAdapter>([['gorgias', gorgias]]);
const directory = createDirectory({ db, vault: createVault('k'.repeat(32)), clock, helpdesks, stores: new Map() });
const secret = 'a-long-random-secret-of-our-own';
const connection = await directory.connections.create({
  kind: 'gorgias',
  settings: { name: 'loom', account: 'loom', email: 'us@example.com', apiKey: 'key', webhookSecret: secret },
});
const { app } = await sidebarApp({ db, clock, directory, helpdesks });

test('bug: amounts that the account hides were shown in the widget of Gorgias', async () => {
  const [ticket] = await db.query<{ id: bigint }>(
    `insert into ticket (connection_id, external_id, first_seen_at, created_at, created_day)
     values ($1, '7', $2::timestamptz, $2::timestamptz, ($2::timestamptz)::date) returning id`,
    [connection.id, clock.now()],
  );
  const decision = { method: 'rule', confidence: 'medium', evidence: {}, shares: [share(nord)] } as const;
  await append(db, [{ ticketId: ticket?.id ?? 0n, decidedAt: clock.now(), decision }]);
  const cost = async (): Promise<string> => {
    const headers = { 'x-deskledger-secret': secret };
    const answer = await app.inject({ url: `/sidebar/v1/gorgias/${connection.webhookKey}?ticket_id=7`, headers });
    return answer.json().cost_per_ticket;
  };
  expect(await cost()).toMatch(/^\$\d+\.\d\d, [\d.]+ x the average$/);
  await db.query(`insert into setting (key, value, updated_at) values ('sidebarMoney', '"hidden"', now())`);
  expect(await cost()).toMatch(/^[\d.]+ x the average$/);
});
