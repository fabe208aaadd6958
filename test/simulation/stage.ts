import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import { compose } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { wallClock } from '../../src/platform/clock.ts';
import { openDatabase } from '../../src/platform/database/open.ts';
import { atEndOfFile } from '../support/cleanup.ts';
import { freePort } from '../support/cli.ts';
import type { ReceivedMail } from '../support/mail-server.ts';
import { patientProxy, startServer, temporaryFolder } from './server.ts';
import { vendors } from './vendors.ts';

/** Created, then answered, timed and solved in one update: four deliveries for each ticket. */
const deliveriesEach = 4;
/** The longest lease of a claim, by the database's clock or the wall's. */
const leaseMs = 90_000;
/** For anything that takes no waiting, on a busy machine. */
const stepMs = 120_000;
const seconds = (index: number): number => 60 + index;
const addresseeOf = (customer: number): string => `buyer${customer}@example.com`;

export const mailsIn = async (folder: string): Promise<string[]> => {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith('.eml'));
};

/** A server in its own process, both vendors in this one, and so many customers with an order of Nord's each. */
export const stage = async (customers: number, extra: Readonly<Record<string, string>>) => {
  const at = await vendors(wallClock, { concurrency: 32 });
  const dataDir = await temporaryFolder();
  const port = await freePort();
  const proxy = await patientProxy(() => `http://127.0.0.1:${port}`);
  const env = {
    DATA_DIR: dataDir,
    PORT: String(port),
    PUBLIC_URL: proxy.url,
    FX_URL: 'off',
    ALLOW_PRIVATE_UPSTREAMS: 'true',
    LOG_LEVEL: 'fatal',
    ...extra,
  };
  const emails = Array.from({ length: customers }, (_, index) => addresseeOf(index));
  for (const email of emails) at.order(email);
  const product = await compose(loadConfig(env));
  await at.setUp(product);
  for (const connection of await product.directory.connections.list())
    if (connection.kind === 'bigcommerce') await product.orders.syncStore(connection);
  const { token } = await product.access.createToken({ name: 'reader', scopes: 'read' });
  await product.close();
  const server = await startServer(env);
  const db = await openDatabase({ dataDir, connections: 2 });
  atEndOfFile(async () => {
    await server.stop();
    await db.close();
  });

  /** Customers write, 10 ms apart, and each is answered a second later. */
  const play = async (): Promise<number[]> => {
    const ids: number[] = [];
    const behind = 100;
    for (let step = 0; step < customers + behind; step += 1) {
      const email = emails[step];
      if (email !== undefined) ids.push(at.open(email).id);
      const answered = ids[step - behind];
      if (answered !== undefined) at.solve(answered, seconds(step - behind));
      await pause(10);
    }
    return ids;
  };
  const tagCallsAllowed = new Map<number, number>();
  const inFlight = new Set<bigint>();
  const status = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/status`, {
      headers: { authorization: `Bearer ${token}` },
    });
    if (!answer.ok) throw new Error(`the status answered ${answer.status}`);
    return (await answer.json()) as { pending: number; connections: { doubt: number }[] };
  };
  const pending = () =>
    status().then(
      (told) => told.pending,
      () => Number.NaN,
    );
  return {
    at,
    server,
    proxy,
    db,
    env,
    play,
    tagged: () => [...at.desk.tickets.values()].filter(({ tags }) => tags.includes('partner_nord')).length,
    async posted(): Promise<number> {
      const [row] = await db.query<{ n: bigint }>('select count(*) as n from posting');
      return Number(row?.n);
    },
    outbox: join(dataDir, 'outbox'),
    until: (holds: () => boolean | Promise<boolean>) => vi.waitUntil(holds, { timeout: stepMs, interval: 5 }),
    /** Kills the server at this moment and starts it again; `whileDead` runs between the two. */
    kill: (whileDead?: () => void) =>
      server.kill(async () => {
        whileDead?.();
        const unrecorded = await db.query<{ id: string }>(
          `select distinct t.external_id as id from wanted_tag w join ticket t on t.id = w.ticket_id where w.state = 'pending'`,
        );
        for (const { id } of unrecorded) tagCallsAllowed.set(Number(id), at.tagCallsOn(Number(id)) + 1);
        const sending = await db.query<{ id: bigint }>(`select id from invitation where state = 'sending'`);
        for (const { id } of sending) inFlight.add(id);
      }),
    /** Tickets whose tags a dead process may have written without recording it, and the calls they may have had in the end. */
    tagCallsAllowed,
    /** Invitations that a dead process had set out to send without recording how it went. */
    inFlight,
    /** Survey mails and tags that nobody knows the end of, as the status tells. */
    async doubts(): Promise<number> {
      const { connections } = await status();
      return connections.reduce((sum, { doubt }) => sum + doubt, 0);
    },
    /** All is done, also what dead processes had claimed: that is free when their leases end, and nobody helps it along. */
    async quiet() {
      await at.zendesk.idle();
      await vi.waitUntil(async () => (await pending()) === 0, { timeout: leaseMs + stepMs, interval: 100 });
    },
  };
};

export type Stage = Awaited<ReturnType<typeof stage>>;

/** What must hold at the end of deliveries, postings and tags, whatever died on the way. */
const expectTicketsOnce = async ({ at, db, proxy, tagCallsAllowed }: Stage, ids: readonly number[]): Promise<void> => {
  const { keys } = proxy;
  const stored = await db.query<{ delivery_key: string }>('select delivery_key from delivery');
  const known = new Set(stored.map((row) => row.delivery_key));
  expect([...keys.keys()].filter((key) => !known.has(key))).toEqual([]);
  expect(keys.size).toBeGreaterThanOrEqual(ids.length * deliveriesEach);

  const ledger = await db.query<{
    external_id: string;
    partner: string;
    region: string;
    postings: bigint;
    micros: string;
  }>(
    `select t.external_id, p.partner, p.region, count(*) as postings, sum(p.cost_micros)::text as micros
       from posting p join ticket t on t.id = p.ticket_id group by 1, 2, 3 order by t.external_id::int`,
  );
  expect(ledger).toEqual(
    ids.map((id) => ({
      external_id: String(id),
      partner: 'nord',
      region: 'nordics',
      postings: 1n,
      micros: String(at.secondsOf(id) * 10_000),
    })),
  );
  expect(await db.query('select id from ticket where quarantined_at is not null or attempts > 0')).toEqual([]);

  expect(ids.filter((id) => at.desk.ticket(id).tags.join() !== 'partner_nord,region_nordics,vip')).toEqual([]);
  // Not once: what was written, and when.
  expect(ids.filter((id) => at.writesOn(id).length !== 1).map((id) => at.writesOn(id))).toEqual([]);
  // A repeated call that changes nothing leaves no audit; it is made only where the answer to the first died with the process.
  const calls = ids.map((id) => ({ id, calls: at.tagCallsOn(id), allowed: tagCallsAllowed.get(id) ?? 1 }));
  expect(calls.filter((one) => one.calls < 1 || one.calls > one.allowed)).toEqual([]);
};

/** Everything that must hold at the end, whatever died on the way. */
export const expectExactlyOnce = async (set: Stage, ids: readonly number[]): Promise<void> => {
  await expectTicketsOnce(set, ids);
  const { db, outbox } = set;
  const mails = await Promise.all((await mailsIn(outbox)).map((name) => readFile(join(outbox, name), 'utf8')));
  const addressees = mails.map((mail) => /^To: (.+?)\r?$/m.exec(mail)?.[1] ?? '');
  expect(addressees.toSorted()).toEqual(ids.map((_, index) => addresseeOf(index)).toSorted());
  expect(await db.query('select state, count(*)::int as count from invitation group by state')).toEqual([
    { state: 'delivered', count: ids.length },
  ]);
};

/**
 * As expectExactlyOnce, where a mail server takes the mails and cannot be asked afterwards: nobody has two, and a mail is in
 * doubt, told by the status, only where a process died after it had set out to send it.
 */
export const expectNoMailTwice = async (set: Stage, ids: readonly number[], mails: readonly ReceivedMail[]) => {
  await expectTicketsOnce(set, ids);
  const { db, inFlight, doubts } = set;
  const invitations = await db.query<{ id: bigint; state: string; ticket: string }>(
    'select i.id, i.state, t.external_id as ticket from invitation i join ticket t on t.id = i.ticket_id order by i.id',
  );
  expect(invitations.map(({ ticket }) => Number(ticket)).toSorted((a, b) => a - b)).toEqual(ids);

  const accepted = new Map<string, string[]>();
  for (const { text, recipients } of mails) {
    const messageId = /^Message-ID: <(.+)@localhost>$/m.exec(text)?.[1] ?? 'none';
    accepted.set(messageId, [...(accepted.get(messageId) ?? []), ...recipients]);
  }
  const wrong = invitations.filter(({ id, state, ticket }) => {
    const got = accepted.get(`survey-${id}`) ?? [];
    accepted.delete(`survey-${id}`);
    const customer = addresseeOf(ids.indexOf(Number(ticket)));
    if (got.length > 1 || got.some((recipient) => recipient !== customer)) return true;
    return state === 'delivered' ? got.length !== 1 : state !== 'doubt' || !inFlight.has(id);
  });
  expect(wrong).toEqual([]);
  expect([...accepted.keys()]).toEqual([]);
  const inDoubt = invitations.filter(({ state }) => state === 'doubt');
  expect(await doubts()).toBe(inDoubt.length);
  return { inDoubt: inDoubt.length };
};
