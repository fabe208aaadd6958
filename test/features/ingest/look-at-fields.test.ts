import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import { hourMs, minuteMs } from '../../../src/core/time.ts';
import { connectionStatuses, createWatcher } from '../../../src/features/ingest/index.ts';
import { FieldsRefused, type TicketField } from '../../../src/helpdesks/port.ts';
import { telling } from './told.ts';
import { type World, world } from './world.ts';

const orderNumber: TicketField = { id: '11', title: 'Order number', holds: 'text' };
const partner: TicketField = { id: '12', title: 'Partner', holds: 'choice' };

let w: World;
let fields: TicketField[] | null;
let asked: number;
let watcher: ReturnType<typeof createWatcher>;
beforeEach(async () => {
  w = await world();
  fields = [orderNumber, partner];
  asked = 0;
  w.first.client.fields = async () => {
    asked += 1;
    return fields;
  };
  await w.directory.connections.changeSettings(
    w.connection.id,
    { orderNumberFieldId: '11', partnerFieldId: '12' },
    'test',
  );
  watcher = createWatcher({
    ...w,
    ...w.first,
    clientOf: () => w.first.client,
    webhookUrlOf: ({ webhookKey }) => `https://desk.example.com/webhooks/${webhookKey}`,
    isReachable: () => true,
    catchUp: async () => undefined,
  });
});
afterEach(() => w.close());
const { tell } = telling(() => w);

const look = async () => watcher.look(await w.directory.connections.get('desk'));
const status = async () => {
  const found = (await connectionStatuses(w.db, w.clock.now())).find(({ id }) => id === w.connection.id);
  if (!found) throw new Error('no status');
  return found;
};
const gone = { state: 'lost fields', stateText: expect.stringContaining('11 (orderNumberFieldId)') };

describe('a mapped field that is gone', () => {
  test('is the state of the connection with the next step, and ends when the field is there again', async () => {
    await look();
    expect(await status()).toMatchObject({ state: 'ok' });
    fields = [partner];
    w.clock.advance(hourMs);
    await look();
    const since = w.clock.now().toISOString();
    expect(await status()).toMatchObject({
      ...gone,
      stateSince: since,
      stateNext: expect.stringMatching(
        /^Bring it back.*connection \d+ --settings FILE\.json with {"orderNumberFieldId":"\.\.\."}\. Tickets are read/,
      ),
    });
    w.clock.advance(15 * minuteMs);
    await look();
    expect(await status()).toMatchObject({ ...gone, stateSince: since });
    fields = [orderNumber, partner];
    w.clock.advance(15 * minuteMs);
    await look();
    expect(await status()).toMatchObject({ state: 'ok', stateText: null, stateNext: null });
  });

  test('names the field that took its place, where one alone fits', async () => {
    fields = [partner, { id: '77', title: 'Bestellnummer', holds: 'text' }];
    await look();
    expect((await status()).stateNext).toContain('perhaps "Bestellnummer" (77): deskledger connection');
    expect((await status()).stateNext).toContain('{"orderNumberFieldId":"77"}');
    await w.directory.connections.changeSettings(w.connection.id, { orderNumberFieldId: '77' }, 'test');
    await look();
    expect(await status()).toMatchObject({ state: 'ok' });
  });

  test('stops nothing: tickets are read, priced and tagged meanwhile', async () => {
    fields = [];
    await look();
    expect(await status()).toMatchObject({
      state: 'lost fields',
      stateText: expect.stringMatching(/11 \(orderNumberFieldId\), 12 \(partnerFieldId\) are/),
    });
    for (const area of ['tickets', 'tags', 'feed', 'webhook', 'count'] as const)
      expect(await w.first.troubles.heldUntil(w.connection.id, area)).toBeNull();
    await w.order(1);
    w.put('1');
    await tell('1');
    expect(w.desk.tickets.get('1')?.tags).toContain('partner_nord');
    expect(await status()).toMatchObject({ state: 'lost fields', pending: 0 });
  });

  test('is found by a write that the helpdesk refuses for it: the tags count as written, and no write is repeated', async () => {
    fields = [orderNumber];
    w.desk.onWrite = () => {
      throw new FieldsRefused(['12']);
    };
    for (const id of ['1', '2', '3']) {
      await w.order(Number(id));
      w.put(id);
      await w.deliver(id, { urgency: 'now with audits' });
    }
    for (let minute = 0; minute < 9; minute += 1) {
      w.clock.advance(minuteMs);
      await w.drain();
    }
    expect(w.desk.writes).toHaveLength(3);
    expect(asked).toBe(1);
    expect((await w.tagRows('1')).map(({ state }) => state)).toEqual(['done', 'done']);
    expect(await status()).toMatchObject({
      state: 'lost fields',
      stateText: expect.stringContaining('12 (partnerFieldId)'),
      pending: 0,
      failed: 0,
      refused: 0,
    });
  });

  test('bug: eight writers waited for a look at the fields before what they wrote was recorded', async () => {
    w.desk.onWrite = () => {
      throw new FieldsRefused(['12']);
    };
    let seen: string[] = [];
    w.first.client.fields = async () => {
      seen = (await w.db.query<{ state: string }>('select state from wanted_tag')).map(({ state }) => state);
      return fields;
    };
    await w.order(1);
    w.put('1');
    await tell('1');
    expect(seen).toEqual(['done', 'done']);
  });

  test('is not said where the field is there and took the value alone not, nor does a list that is away hold a tag up', async () => {
    w.desk.onWrite = () => {
      throw new FieldsRefused(['12']);
    };
    await w.order(1);
    w.put('1');
    await tell('1');
    expect(asked).toBe(1);
    expect(await status()).toMatchObject({ state: 'ok', pending: 0 });
    w.first.client.fields = async () => {
      throw new UpstreamError('away', { retryable: true });
    };
    w.clock.advance(hourMs);
    await w.order(2);
    w.put('2');
    await tell('2');
    expect((await w.tagRows('2')).map(({ state }) => state)).toEqual(['done', 'done']);
  });
});

describe('the list of fields', () => {
  test('is asked for once an hour, and at each look only while one is gone', async () => {
    for (let minutes = 0; minutes < 120; minutes += 15) {
      await look();
      w.clock.advance(15 * minuteMs);
    }
    expect(asked).toBe(2);
    fields = [];
    for (let minutes = 0; minutes < 60; minutes += 15) {
      await look();
      w.clock.advance(15 * minuteMs);
    }
    expect(asked).toBe(6);
  });

  test('bug: that is closed to us was said nowhere; nobody asks where nothing is mapped', async () => {
    fields = null;
    await look();
    expect(await status()).toMatchObject({
      state: 'forbidden',
      stateText: expect.stringMatching(/closed to our user.*11 \(orderNumberFieldId\), 12 \(partnerFieldId\)/),
      stateNext: expect.stringMatching(
        /right to ticket fields.*connection \d+ --settings FILE\.json with {"orderNumberFieldId":null,"partnerFieldId":null}/,
      ),
    });
    for (const area of ['tickets', 'tags', 'feed', 'webhook', 'count'] as const)
      expect(await w.first.troubles.heldUntil(w.connection.id, area)).toBeNull();
    fields = [];
    w.clock.advance(15 * minuteMs);
    await look();
    expect(await status()).toMatchObject({ state: 'lost fields' });
    await w.directory.connections.changeSettings(
      w.connection.id,
      { orderNumberFieldId: null, partnerFieldId: null },
      'test',
    );
    await look();
    expect(await status()).toMatchObject({ state: 'ok' });
    expect(asked).toBe(2);
  });

  test('that cannot be read keeps the watch from nothing else', async () => {
    w.first.client.fields = async () => {
      throw new UpstreamError('away', { retryable: true });
    };
    w.desk.counted = 3;
    await expect(look()).rejects.toThrow('away');
    expect(await status()).toMatchObject({ state: 'ok', counted: { there: 3 }, webhook: { state: 'fine' } });
  });
});
