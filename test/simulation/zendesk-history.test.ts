import { beforeAll, expect, test, vi } from 'vitest';
import { dayMs, hourMs, minuteMs } from '../../src/core/time.ts';
import { catchingUpClock } from '../../src/platform/clock.ts';
import { createZendeskSandbox, type ZendeskSandboxOptions } from '../../src/sandbox/zendesk/index.ts';
import { viaOf } from '../../src/sandbox/zendesk/model.ts';
import { atEndOfFile } from '../support/cleanup.ts';
import { type RunningProduct, startProduct } from './product.ts';

/** Ten minutes per second. */
const startMs = Date.parse('2026-06-01T09:00:00Z');
const clock = catchingUpClock({ startMs, speed: 600 });
const since = new Date(startMs - 300 * dayMs);

/** An account with two agents, and tickets of long ago. */
const account = async (name: string, options: Partial<ZendeskSandboxOptions>) => {
  const sandbox = await createZendeskSandbox({ clock, seed: name, limits: 'off', ...options });
  atEndOfFile(() => sandbox.close());
  const { desk } = sandbox;
  const person = { email: null, locale: 'sv', organizationId: null };
  const customer = desk.addUser({ ...person, name: 'Kim', role: 'end-user' }).id;
  const [ada, bo] = ['Ada', 'Bo'].map((agent) => desk.addUser({ ...person, name: agent, role: 'agent' }).id);
  if (ada === undefined || bo === undefined) throw new RangeError('two agents');
  const timeField = Number(sandbox.settings.totalTimeFieldId);
  return {
    sandbox,
    settings: { ...sandbox.settings, name },
    ada,
    bo,
    /** Solved by Ada, who put so many seconds on its clock, and closed four days later; returns its id. */
    ticket(ageDays: number, seconds: number): number {
      const atMs = startMs - ageDays * dayMs;
      const about = { subject: 'Return', body: 'Hello', requesterId: customer, brandId: 5 };
      const { id } = desk.create({ ...about, atMs, via: viaOf('email') });
      const fields = new Map([[timeField, String(seconds)]]);
      desk.update(id, {
        atMs: atMs + hourMs,
        authorId: ada,
        comment: { body: 'It is on its way.', public: true },
        values: { status: 'solved', assigneeId: ada, ...(seconds > 0 && { fields }) },
      });
      if (ageDays > 5) desk.update(id, { atMs: atMs + 4 * dayMs, authorId: -1, values: { status: 'closed' } });
      return id;
    },
  };
};

type Account = Awaited<ReturnType<typeof account>>;

let running: RunningProduct;
beforeAll(async () => {
  running = await startProduct({ clock });
  await running.bring('rates', 'scope,key,hourly,currency,valid_from\ndefault,,36.00,USD,2020-01-01');
});

/** Connects, lets the running server read its feeds as it does, and only then reads the history. */
const backfilled = async ({ settings }: Account, more: object, feed: string) => {
  const { product } = running;
  await running.join('zendesk', { ...settings, ...more });
  const connection = await product.directory.connections.get(settings.name);
  const count = async (text: string): Promise<number> => {
    const [row] = await product.db.query<{ n: number }>(text, [connection.id]);
    return row?.n ?? 0;
  };
  const walked = () =>
    count(`select count(*)::int as n from sync_cursor where connection_id = $1 and stream = 'work ${feed}'`);
  await vi.waitUntil(async () => (await walked()) > 0, { timeout: 30_000 });
  // The export leaves out its last minute.
  await clock.sleep(2 * minuteMs);
  const { comparison } = await product.backfill(connection, { since });
  await product.walk(connection);
  const open = () =>
    count(
      'select count(*)::int as n from ticket where connection_id = $1 and (due_at is not null or stale_since is not null)',
    );
  await vi.waitUntil(async () => (await open()) === 0, { timeout: 30_000 });
  const rows = await product.db.query<{ id: string; status: string; kinds: string[]; seconds: number }>(
    `select t.external_id as id, t.status, coalesce(array_agg(distinct w.kind) filter (where w.state = 'costed'), '{}') as kinds,
            coalesce(sum(p.microseconds) / 1000000, 0)::int as seconds
       from ticket t left join work_entry w on w.ticket_id = t.id left join posting p on p.work_entry_id = w.id
      where t.connection_id = $1 group by t.id order by t.id`,
    [connection.id],
  );
  const held = new Map(rows.map(({ id, ...row }) => [Number(id), row]));
  return { comparison, held };
};

test('a backfill finds archived tickets whole, and the calls of before it', async () => {
  const at = await account('archive', { talk: true, archive: { inBulk: 'left out', pagedAudits: 'refused' } });
  const archived = [250, 200, 130].map((ageDays) => at.ticket(ageDays, ageDays));
  const closed = at.ticket(20, 300);
  const called = at.ticket(60, 0);
  at.sandbox.talk?.add({
    ticketId: called,
    startMs: startMs - 60 * dayMs,
    legs: [{ agentId: at.bo, talkSeconds: 180, wrapUpSeconds: 45 }],
  });
  const { comparison, held } = await backfilled(at, {}, 'talk');
  expect(comparison).toMatchObject({ complete: true, found: 5, held: 5, missing: 0, countedThere: 5 });
  const measured = { status: 'closed', kinds: ['measured'] };
  expect(held).toEqual(
    new Map([
      ...archived.map((id, index) => [id, { ...measured, seconds: [250, 200, 130][index] }] as const),
      [closed, { ...measured, seconds: 300 }],
      [called, { ...measured, seconds: 225 }],
    ]),
  );
});

test('engagements of before the connection are the clock where the account has it, of both channels', async () => {
  const at = await account('routed', { engagements: 'MESSAGING' });
  const [old, young, without] = [at.ticket(150, 900), at.ticket(30, 900), at.ticket(3, 900)];
  const leg = (
    ticketId: number,
    ageDays: number,
    seconds: number,
    channel: 'MESSAGING' | 'SUPPORT',
    agentId: number,
  ) => {
    const fromMs = startMs - ageDays * dayMs;
    at.sandbox.engagements?.add({ ticketId, agentId, channel, startMs: fromMs, endMs: fromMs + seconds * 1000 });
  };
  leg(old, 149, 700, 'MESSAGING', at.ada);
  leg(young, 29, 120, 'MESSAGING', at.ada);
  leg(young, 29, 60, 'SUPPORT', at.bo);
  const { comparison, held } = await backfilled(at, { engagementClock: 'instead' }, 'engagements');
  expect(comparison).toMatchObject({ complete: true, found: 3, held: 3 });
  // Zendesk keeps them for 90 days: who has none is estimated, by one reply, and Time Tracking costs nothing.
  expect(held).toEqual(
    new Map([
      [old, { status: 'closed', kinds: ['estimate'], seconds: 300 }],
      [young, { status: 'closed', kinds: ['measured'], seconds: 180 }],
      [without, { status: 'solved', kinds: ['estimate'], seconds: 300 }],
    ]),
  );
});
