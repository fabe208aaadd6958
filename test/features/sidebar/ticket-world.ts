import { expect, vi } from 'vitest';
import { append, type Decision } from '../../../src/features/attribution/index.ts';
import type { SidebarTicket } from '../../../src/features/sidebar/contract.ts';
import { nord, type World } from '../reports/world.ts';
import { bigcommerceSettings, directoryOn, secretOf, sidebarApp, zendeskSettings } from './app-world.ts';

export const secret = secretOf('a');
const mapped = { partnerFieldId: '11', regionFieldId: '12', reasonFieldId: '13', orderNumberFieldId: '14' };
const agents = ['ada', 'ben', 'cleo'];

/** The world's connection with settings that open, a store, and one process that is asked. */
export const settle = async (world: World, settings: Readonly<Record<string, unknown>> = mapped) => {
  const { db, clock, connectionId } = world;
  const directory = directoryOn(db, clock);
  const shop = await directory.connections.create(bigcommerceSettings);
  await db.query("update connection set name = 'parked', webhook_key = 'parked' where id = $1", [connectionId]);
  const made = await directory.connections.create(zendeskSettings('desk', { sidebarSecrets: [secret], ...settings }));
  await db.query(
    `update connection set settings = m.settings, secrets = m.secrets, name = 'real' from connection m where m.id = $2 and connection.id = $1`,
    [connectionId, made.id],
  );
  await db.query('delete from connection where id = $1', [made.id]);
  await directory.importPartners('code,name,aliases\nnord,Nordwind,NW|Nord GmbH\nsud,Sud,', { dryRun: false });
  await directory.importRegions('region,name,countries\nnordics,Nordics,SE|NO\niberia,Iberia,ES', { dryRun: false });
  const served = await sidebarApp(db, clock);
  const ticket = async (externalId: string): Promise<SidebarTicket> => {
    const answer = await served.get(`/sidebar/v1/tickets/${externalId}`, secret);
    expect(answer.statusCode, answer.body).toBe(200);
    return answer.json();
  };
  /** Digits, as Zendesk has them; the world names tickets its own way. */
  const named = async (id: bigint, externalId: string) => {
    await db.query('update ticket set external_id = $2 where id = $1', [id, externalId]);
    return externalId;
  };
  const decide = async (externalId: string, decision: Partial<Decision>) => {
    const [row] = await db.query<{ id: bigint }>(
      `insert into ticket (connection_id, external_id, first_seen_at, created_at, created_day, snapshot_at) values ($1, $2, $3::timestamptz, $3::timestamptz, ($3::timestamptz)::date, $3::timestamptz)
       on conflict (connection_id, external_id) do update set snapshot_at = excluded.snapshot_at returning id`,
      [connectionId, externalId, clock.now()],
    );
    const whole: Decision = { method: 'text', confidence: 'high', evidence: {}, shares: [share(nord)], ...decision };
    await db.transaction((tx) => append(tx, [{ ticketId: row?.id ?? 0n, decision: whole, decidedAt: clock.now() }]));
    return row?.id ?? 0n;
  };
  /** Figures are counted behind the first answers. */
  const counted = async (externalId: string): Promise<SidebarTicket> => {
    await vi.waitFor(async () => expect((await ticket(externalId)).counting).toBe(false), { timeout: 20_000 });
    return ticket(externalId);
  };
  return { ...served, shop, directory, ticket, named, decide, counted };
};

export const share = (
  one: { partner: string | null; region: string | null },
  ppm = 1_000_000,
  country: string | null = null,
) => ({
  ...one,
  country,
  ppm,
});

/**
 * A month of three agents who earn 30, 60 and 90 dollars: each ten minutes on a ticket of Nord, and the dearer the longer on one of
 * Sud. Their pool is 62 dollars: neither Nord's true average nor anybody's wage.
 */
export const team = async (world: World, people: readonly string[] = agents) => {
  for (const [at, agent] of people.entries()) {
    await world.agent(agent, 'care');
    await world.rate(String(30 * (at + 1)), '2026-01-01', agent);
  }
  const ids: bigint[] = [];
  for (const [at, agent] of people.entries()) {
    ids.push(await world.ticket({ created: '2026-05-12', work: [[agent, 600, '2026-05-12']] }));
    await world.ticket({
      created: '2026-05-20',
      shares: [{ partner: 'sud', region: 'iberia' }],
      work: [[agent, 100 * (at + 1), '2026-05-20']],
    });
  }
  return ids;
};
