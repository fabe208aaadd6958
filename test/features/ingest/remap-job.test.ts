import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import { secondMs } from '../../../src/core/time.ts';
import { createJobRunner, enqueueJob, type Job, loadJob } from '../../../src/features/directory/index.ts';
import { claimDue, createRemapJob, remapKind } from '../../../src/features/ingest/index.ts';
import type { Orders } from '../../../src/features/orders/index.ts';
import { emptyHistory, reading } from './fake-desk.ts';
import { type World, world } from './world.ts';

let w: World;
beforeEach(async () => {
  w = await world({ mode: 'observe' });
  for (const id of [1, 2, 3]) {
    await w.order(id, { channel: 7 });
    w.put(String(id), { history: { ...emptyHistory, work: [reading(`audit:${id}`, 100)] } });
    await w.deliver(String(id), { urgency: 'now with audits' });
  }
  w.clock.advance(3 * secondMs);
  await w.drain();
  const rules = [{ gives: 'partner', from: { place: 'channel' }, values: { '1': 'direct', '7': 'sud', '8': 'sud' } }];
  await w.orders.importMappingRules(JSON.stringify(rules), { dryRun: false });
});
afterEach(() => w.close());

const ask = (tickets: 'touched' | 'all') =>
  enqueueJob(w.db, { kind: remapKind, wanted: { because: 'test', tickets }, askedBy: 'ada', now: w.clock.now() });
const runner = (orders: Pick<Orders, 'remapSome'> = w.orders, decide = w.first.decide) =>
  createJobRunner({
    db: w.db,
    clock: w.clock,
    log: w.log,
    handlers: { [remapKind]: createRemapJob({ sql: w.db, clock: w.clock, orders, decide }) },
  });
/** One order at a time, so that there is something between two lots. */
const oneByOne = (onLot: (nth: number) => void = () => undefined): Pick<Orders, 'remapSome'> => {
  let count = 0;
  return {
    async remapSome(after) {
      const [row] = await w.db.query<{ id: bigint }>('select min(id) as id from "order" where id > $1', [after]);
      if (!row?.id) return null;
      count += 1;
      onLot(count);
      const all = await w.orders.remapSome(row.id - 1n);
      return all && { ...all, last: row.id, looked: 1 };
    },
  };
};
const bearers = () =>
  w.db.query(
    "select coalesce(partner, '-') as partner, sum(cost_micros)::text as cost from posting group by 1 having sum(cost_micros) <> 0",
  );

describe('the job that decides again after a change of rules', () => {
  it('decides orders and the tickets they bear on, and tells how far it is', async () => {
    const id = await ask('touched');
    const seen: (readonly [number, number | null])[] = [];
    const job = await runner().follow(id, { onProgress: ({ done, total }: Job) => seen.push([done, total]) });
    expect(job).toMatchObject({ state: 'done', result: { orders: 3, tickets: 3 }, done: 6, total: 6 });
    expect(seen.every(([done, total], index) => done >= (seen[index - 1]?.[0] ?? 0) && done <= (total ?? 0))).toBe(
      true,
    );
    expect(await bearers()).toEqual([{ partner: 'sud', cost: '3000000' }]);
  });

  it('bug: tickets that were to be pulled from a helpdesk that is away kept their partner, and the job was done', async () => {
    w.desk.onPull = () => {
      throw new UpstreamError('away', { status: 502, retryable: true });
    };
    await w.db.query('update ticket set due_at = $1', [w.clock.now()]);
    // A worker tries to pull them after the job has marked them, and before it comes to decide them.
    const orders: Pick<Orders, 'remapSome'> = {
      async remapSome(after) {
        const lot = await w.orders.remapSome(after);
        for (const due of await claimDue(w.db, w.clock.now())) await w.first.gather(due);
        return lot;
      },
    };
    const job = await runner(orders).follow(await ask('touched'));
    expect(job).toMatchObject({ state: 'done', result: { orders: 3, tickets: 3 } });
    expect(await bearers()).toEqual([{ partner: 'sud', cost: '3000000' }]);
  });

  it('bug: an order that was being stored while the rules changed kept what the old ones said', async () => {
    const remap = createRemapJob({ sql: w.db, clock: w.clock, orders: w.orders, decide: w.first.decide });
    const [rested, stored] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { regions } = w.directory;
    let remapped: Promise<unknown> | undefined;
    vi.spyOn(w.directory, 'regions').mockImplementationOnce(async (sql) => {
      // The rules are read, the order is not stored yet.
      const rules = [{ gives: 'partner', from: { place: 'channel' }, values: { '7': 'direct' } }];
      await w.orders.importMappingRules(JSON.stringify(rules), { dryRun: false });
      const job = { wanted: { because: 'test', tickets: 'touched' }, stand: null, done: 0, total: null };
      remapped = remap(job as unknown as Job, {
        progress: async () => undefined,
        stop: new AbortController().signal,
        async rest() {
          rested.resolve();
          await stored.promise;
        },
      });
      await Promise.race([remapped, rested.promise]);
      return regions(sql);
    });
    await w.orders.refresh(w.shopConnection, { orders: ['1'], customers: [] }).finally(stored.resolve);
    await remapped;
    const partners = await w.db.query('select partner from order_share order by order_id');
    expect(partners).toEqual([{ partner: 'direct' }, { partner: 'direct' }, { partner: 'direct' }]);
  });

  it('goes on at another worker where a killed one stood', async () => {
    const id = await ask('touched');
    const killed = new AbortController();
    const begun: number[] = [];
    await runner(
      oneByOne((nth) => {
        begun.push(nth);
        if (nth === 2) killed.abort();
      }),
    ).runNext(killed.signal);
    expect(await loadJob(w.db, id)).toMatchObject({ state: 'running', done: 2, stand: { phase: 'orders', looked: 2 } });
    const rest: number[] = [];
    const job = await runner(oneByOne((nth) => rest.push(nth))).follow(id);
    expect([begun, rest]).toEqual([[1, 2], [1]]);
    expect(job).toMatchObject({ state: 'done', done: 6 });
    expect(await bearers()).toEqual([{ partner: 'sud', cost: '3000000' }]);
  });

  it('marks every ticket where the change is read for each of them', async () => {
    await w.orders.remap();
    await w.drain();
    const id = await ask('all');
    const job = await runner().follow(id);
    expect(job).toMatchObject({ done: 6, total: 6, result: { orders: 0, tickets: 0, ticketsLookedAt: 3 } });
  });

  it('bug: tickets that other workers decided meanwhile were in no count of those that moved', async () => {
    const id = await ask('touched');
    let beside: Promise<void> = Promise.resolve();
    const remapSome: Orders['remapSome'] = async (after) => {
      await beside;
      const lot = await w.orders.remapSome(after);
      beside = w.drain();
      return lot;
    };
    const job = await runner({ remapSome }).follow(id);
    expect(job).toMatchObject({ state: 'done', result: { orders: 3, tickets: 3 } });
  });

  it('counts no ticket that stays whose it was, and none that came meanwhile', async () => {
    const id = await ask('touched');
    const remapSome: Orders['remapSome'] = async (after) => {
      if (after === 0n) {
        w.put('9', {});
        await w.deliver('9');
        await w.order(4, { channel: 7, email: 'buyer1@example.com' });
        w.clock.advance(3 * secondMs);
        await w.drain();
      }
      return w.orders.remapSome(after);
    };
    await w.db.query("update ticket set quarantined_at = now() where external_id = '3'");
    expect((await runner({ remapSome }).follow(id)).result).toMatchObject({ tickets: 2 });
  });

  it('waits for no ticket that fails by itself', async () => {
    const id = await ask('touched');
    const failing = async (lot: Parameters<typeof w.first.decide>[0]): Promise<void> => {
      await w.db.query("update ticket set quarantined_at = now(), claimed_until = null where external_id = '2'");
      await w.first.decide({ ...lot, ticketIds: lot.ticketIds.filter((one) => one !== two) });
    };
    const two = await w.idOf('2');
    expect(await runner(w.orders, failing).follow(id)).toMatchObject({ state: 'done', done: 6 });
    expect((await w.decision('2'))?.partner).toBe('nord');
    expect((await w.decision('3'))?.partner).toBe('sud');
  });
});
