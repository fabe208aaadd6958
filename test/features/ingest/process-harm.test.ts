import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { secondMs } from '../../../src/core/time.ts';
import { raiseChanged } from '../../../src/features/ingest/raise.ts';
import { telling } from './told.ts';
import { type World, world } from './world.ts';

let w: World;

beforeEach(async () => {
  w = await world();
});

afterEach(() => w.close());

const { tell, solved, invitations } = telling(() => w);

describe('the question', () => {
  test('is not put for a ticket that is open again, though its audits once solved it', async () => {
    w.put('1', { ...solved('audit:1'), status: 'open' });
    await tell('1');
    expect(await invitations()).toEqual([]);
    expect((await w.row('1')).solved_at).toBeNull();
  });

  test('a reopening forgets the solving even without audits', async () => {
    w.put('1', solved('audit:1'));
    await tell('1');
    w.put('1', { status: 'open', updatedAt: w.clock.now() });
    await tell('1', 'now');
    expect((await w.row('1')).solved_at).toBeNull();
  });

  test('is put once, however often the ticket is solved', async () => {
    w.put('1', solved('audit:1'));
    await tell('1');
    w.put('1', solved('audit:1'));
    await tell('1');
    expect(await invitations()).toHaveLength(1);
  });

  test('that is not put is counted by its reason, in the log and for the metrics', async () => {
    w.put('1', { ...solved('audit:1'), requester: null });
    await tell('1');
    expect(w.first.suppressed).toEqual([['no address', 1]]);
    expect(w.lines.filter(({ step }) => step === 'process').at(-1)?.notInvited).toEqual(['no address: 1']);
  });
});

describe('harm that a connection must not do', () => {
  test('mode observe reads and prices; it writes nothing and asks nobody', async () => {
    await w.close();
    w = await world({ mode: 'observe' });
    await w.order(1);
    w.put('1', solved('audit:1'));
    await tell('1');
    expect(await w.cost('1')).toEqual({ 'nord/nordics': 6_000_000n });
    expect(w.desk.writes).toEqual([]);
    expect((await w.tagRows('1')).map(({ tag, state }) => [tag, state])).toEqual([
      ['partner_nord', 'observed'],
      ['region_nordics', 'observed'],
    ]);
    expect(await invitations()).toEqual([]);
    expect(w.first.suppressed).toEqual([['mode observe', 1]]);
    expect(await w.pending()).toBe(0);
  });

  test('the mode counts that holds when the lot is stored, not when it was pulled', async () => {
    await w.order(1);
    w.put('1', solved('audit:1'));
    await w.deliver('1', { urgency: 'now with audits' });
    w.clock.advance(3 * secondMs);
    w.desk.onPull = async () => {
      await w.directory.connections.setMode(w.connection.id, 'observe');
    };
    await w.drain();
    expect((await w.tagRows('1')).map(({ state }) => state)).toEqual(['observed', 'observed']);
    expect(await invitations()).toEqual([]);
  });

  test('a ticket known from history alone is priced, neither tagged nor asked about', async () => {
    await w.order(1);
    w.put('1', solved('audit:1'));
    await raiseChanged(w.db, w.connection.id, [{ externalId: '1', updatedAt: w.clock.now(), status: 'open' }], {
      now: w.clock.now(),
      fromBackfill: true,
    });
    await w.drain();
    expect(await w.cost('1')).toEqual({ 'nord/nordics': 6_000_000n });
    expect(w.desk.writes).toEqual([]);
    expect(await invitations()).toEqual([]);
    expect(w.first.suppressed).toEqual([['backfill', 1]]);
  });

  test('until a webhook tells of it', async () => {
    await w.order(1);
    w.put('1');
    await raiseChanged(w.db, w.connection.id, [{ externalId: '1', updatedAt: w.clock.now(), status: 'open' }], {
      now: w.clock.now(),
      fromBackfill: true,
    });
    await w.drain();
    await tell('1');
    expect(w.desk.tickets.get('1')?.tags).toEqual(['partner_nord', 'region_nordics']);
  });

  test('a deleted ticket loses its due tags without a call', async () => {
    await w.order(1);
    w.put('1');
    w.desk.onWrite = () => {
      w.desk.tickets.delete('1');
    };
    await tell('1');
    w.desk.onWrite = () => undefined;
    await tell('1');
    expect(w.desk.writes).toHaveLength(1);
    expect(await w.pending()).toBe(0);
  });
});
