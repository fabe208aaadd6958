import { expect, test } from 'vitest';
import { createMemory } from '../../zendesk-app/src/memory.ts';
import { choices, ticketOf } from './answers.ts';
import { blockedStore } from './opened.ts';

const mapStore = () => {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
};

const withOrders = ticketOf({
  customer: {
    orders: [{ number: '1001', url: null, placedOn: '2026-05-01', status: null, total: null, refunds: [] }],
  },
});

test('what belongs to the customer is never kept', () => {
  const store = mapStore();
  const memory = createMemory(store, { installation: '9', nowMs: () => 0 });
  memory.keepTicket(withOrders);
  expect(memory.ticket('4711')).toMatchObject({
    customer: { orders: [] },
    attribution: { order: null, method: 'text' },
  });
  expect([...store.kept.values()].join()).not.toContain('1001');
});

test('installations share nothing', () => {
  const store = mapStore();
  createMemory(store, { installation: '9', nowMs: () => 0 }).keepTicket(ticketOf());
  expect(createMemory(store, { installation: '10', nowMs: () => 0 }).ticket('4711')).toBeNull();
});

test('the latest fifty tickets of a week are kept, and the mapped fields', () => {
  const store = mapStore();
  let nowMs = 0;
  const memory = createMemory(store, { installation: '9', nowMs: () => nowMs });
  for (let at = 1; at <= 60; at++) {
    nowMs = at;
    memory.keepTicket(ticketOf({ ticket: { externalId: `${at}`, state: 'attributed' } }));
  }
  expect(memory.ticket('10')).toBeNull();
  expect(memory.ticket('11')).not.toBeNull();
  expect(memory.fields()).toEqual(ticketOf().fields);
  nowMs = 60 + 7 * 24 * 3_600_000;
  expect(memory.ticket('60')).toBeNull();
});

test('the choices tell the mapped fields too', () => {
  const memory = createMemory(mapStore(), { installation: '9', nowMs: () => 0 });
  expect(memory.fields()).toBeNull();
  memory.keepChoices(choices);
  expect(memory.fields()).toEqual(choices.fields);
});

test('a ticket that is not known is nothing to remember, also where it once was', () => {
  const memory = createMemory(mapStore(), { installation: '9', nowMs: () => 0 });
  memory.keepTicket(ticketOf());
  memory.keepTicket(ticketOf({ ticket: { externalId: '4711', state: 'not yet known' }, attribution: null }));
  expect(memory.ticket('4711')).toBeNull();
});

test('amounts that an admin hides are no longer shown from memory', () => {
  const memory = createMemory(mapStore(), { installation: '9', nowMs: () => 0 });
  memory.keepTicket(ticketOf());
  memory.keepTicket(ticketOf({ ticket: { externalId: '4712', state: 'attributed' }, money: 'hidden' }));
  expect(memory.ticket('4711')).toBeNull();
  expect(memory.ticket('4712')).not.toBeNull();
});

test('what is forgotten is gone for this installation alone', () => {
  const store = mapStore();
  const [mine, other] = ['9', '10'].map((installation) => createMemory(store, { installation, nowMs: () => 0 }));
  for (const memory of [mine, other]) {
    memory?.keepTicket(ticketOf());
    memory?.keepChoices(choices);
  }
  mine?.forget();
  expect([mine?.ticket('4711'), mine?.choices(), mine?.fields()]).toEqual([null, null, null]);
  expect(other?.ticket('4711')).not.toBeNull();
});

test('a browser that keeps nothing, is full or holds nonsense loses only the memory', () => {
  const blocked = createMemory(null, { installation: '9', nowMs: () => 0 });
  blocked.keepTicket(ticketOf());
  expect(blocked.ticket('4711')).toBeNull();
  const full = mapStore();
  const memory = createMemory(
    {
      ...full,
      setItem: () => {
        throw new DOMException('full', 'QuotaExceededError');
      },
    },
    { installation: '9', nowMs: () => 0 },
  );
  memory.keepChoices(choices);
  expect(memory.choices()).toBeNull();
  const odd = mapStore();
  odd.setItem('deskledger:2:9:tickets', '{');
  expect(createMemory(odd, { installation: '9', nowMs: () => 0 }).ticket('4711')).toBeNull();
});

test('bug: a browser whose storage throws, or holds what nobody wrote, broke what it was asked for', () => {
  const blocked = createMemory(blockedStore, { installation: '9', nowMs: () => 0 });
  blocked.keepTicket(ticketOf());
  blocked.keepChoices(choices);
  blocked.forget();
  expect([blocked.ticket('4711'), blocked.choices(), blocked.fields()]).toEqual([null, null, null]);
  const odd = mapStore();
  odd.setItem('deskledger:2:9:tickets', '{"4711":null,"4712":{"atMs":0}}');
  const memory = createMemory(odd, { installation: '9', nowMs: () => 0 });
  memory.keepTicket(ticketOf());
  expect(memory.ticket('4711')).not.toBeNull();
  expect(memory.ticket('4712')).toBeNull();
});
