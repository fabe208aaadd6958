import { expect } from 'vitest';
import { dayMs, hourMs, minuteMs } from '../../../src/core/time.ts';
import { type Check, deliveriesOf, secret, telling, verify } from './check.ts';
import type { Harness } from './harness.ts';

const other = 'another-secret-of-somebody-else';

/** The headers that hold the proof are those that differ by secret. */
const proofsOf = ({ sign, sentAt }: Harness, body: string): string[] => {
  const [one, two] = [sign(body, secret, sentAt), sign(body, other, sentAt)];
  const names = Object.keys(one).filter((name) => one[name] !== two[name]);
  expect(names.length).toBeGreaterThan(0);
  return names;
};

const expectRefused = (outcome: ReturnType<typeof verify>): void => {
  expect(outcome.outcome).toBe('refused');
  if (outcome.outcome !== 'refused') return;
  expect([400, 401]).toContain(outcome.status);
  expect(outcome.reason.length).toBeGreaterThan(10);
};

const each = (work: (harness: Harness, body: string, name: string) => void) => (harness: Harness) => {
  const found = telling(harness);
  expect(found.length).toBeGreaterThanOrEqual(4);
  for (const [name, body] of found) work(harness, body, name);
};

const unreadable = ['', 'no JSON at all', '[]', '{}', '"text"', 'null', '{"half":', '{"mail":"kim@example.com"}'];

export const deliveryChecks: readonly Check[] = [
  {
    name: 'a proven delivery names the order or the customer that is to be read again',
    run: each((harness, body, name) => {
      const result = verify(harness, body);
      expect(result).toMatchObject({ outcome: 'verified' });
      if (result.outcome !== 'verified') return;
      const { deliveryKey, eventType, changed } = result.delivery;
      expect(deliveryKey).toMatch(/^[\x21-\x7e]{1,200}$/);
      expect(eventType).toMatch(/^[\x21-\x7e]{1,128}$/);
      expect(changed?.what).toBe(name.includes('customer') ? 'customer' : 'order');
      expect(body).toContain(changed?.externalId);
    }),
  },
  {
    name: 'a wrong or missing proof is refused',
    run: each((harness, body) => {
      const { sign, sentAt } = harness;
      expectRefused(verify(harness, body, { headers: sign(body, other, sentAt) }));
      expectRefused(verify(harness, body, { headers: {} }));
      for (const name of proofsOf(harness, body))
        expectRefused(verify(harness, body, { headers: { ...sign(body, secret, sentAt), [name]: undefined } }));
    }),
  },
  {
    name: 'a truncated or lengthened proof is refused',
    run: each((harness, body) => {
      const headers = harness.sign(body, secret, harness.sentAt);
      for (const name of proofsOf(harness, body)) {
        const whole = headers[name] ?? '';
        for (const cut of [whole.slice(0, -1), whole.slice(1), whole.slice(0, 1), '', `${whole}A`, `A${whole}`])
          expectRefused(verify(harness, body, { headers: { ...headers, [name]: cut } }));
      }
    }),
  },
  {
    name: 'a stale delivery and one from the future are refused, a late retry is not',
    run: each((harness, body) => {
      const { sentAt } = harness;
      for (const ms of [-3 * dayMs, 3 * dayMs, 400 * dayMs])
        expectRefused(verify(harness, body, { now: new Date(sentAt.getTime() + ms) }));
      for (const ms of [-5 * minuteMs, 12 * hourMs])
        expect(verify(harness, body, { now: new Date(sentAt.getTime() + ms) }).outcome).toBe('verified');
    }),
  },
  {
    name: 'during a rotation both secrets hold, after it the new one alone',
    run: each((harness, body) => {
      const { sign, sentAt } = harness;
      const [older, newer] = [sign(body, secret, sentAt), sign(body, other, sentAt)];
      for (const secrets of [
        [secret, other],
        [other, secret],
      ])
        for (const headers of [older, newer])
          expect(verify(harness, body, { secrets, headers }).outcome).toBe('verified');
      expectRefused(verify(harness, body, { secrets: [other], headers: older }));
    }),
  },
  {
    name: 'without a secret nothing is accepted',
    run: each((harness, body) => {
      for (const key of ['', secret])
        expectRefused(verify(harness, body, { secrets: [], headers: harness.sign(body, key, harness.sentAt) }));
    }),
  },
  {
    name: 'an altered body is refused',
    run: each((harness, body) => {
      const headers = harness.sign(body, secret, harness.sentAt);
      for (const at of [0, Math.floor(body.length / 2), body.length - 1]) {
        const letter = body[at] === '7' ? '8' : '7';
        expectRefused(verify(harness, body.slice(0, at) + letter + body.slice(at + 1), { headers }));
      }
    }),
  },
  {
    name: "another store's delivery is refused, whatever proves it",
    spared: ({ ofAnother }) => (ofAnother ? null : 'its deliveries do not say whose they are'),
    run: each((harness, body) => {
      const foreign = harness.ofAnother?.(body) ?? '';
      expect(foreign).not.toBe(body);
      expectRefused(verify(harness, foreign, { headers: harness.sign(foreign, secret, harness.sentAt) }));
    }),
  },
  {
    name: 'the key of a delivery is the same at each retry and differs between events',
    run(harness) {
      const keyOf = (body: string, sentMs: number): string => {
        const at = new Date(sentMs);
        const result = verify(harness, body, { headers: harness.sign(body, secret, at), now: at });
        return result.outcome === 'verified' ? result.delivery.deliveryKey : result.outcome;
      };
      const bodies = telling(harness).map(([, body]) => body);
      const sentMs = harness.sentAt.getTime();
      const keys = bodies.map((body) => keyOf(body, sentMs));
      expect(new Set(keys).size).toBe(bodies.length);
      expect(bodies.map((body) => keyOf(body, sentMs + hourMs))).toEqual(keys);
    },
  },
  {
    name: 'an event that concerns no order is verified and asks for nothing',
    run(harness) {
      const body = deliveriesOf(harness).get('unknown') ?? '';
      expect(verify(harness, body)).toMatchObject({ outcome: 'verified', delivery: { changed: null } });
    },
  },
  {
    name: 'what is proven and cannot be read is kept under a key from its bytes, what proves nothing never throws',
    run(harness) {
      const keys = unreadable.map((body) => {
        const result = verify(harness, body);
        expect(result).toMatchObject({ outcome: 'unreadable', reason: expect.stringMatching(/\w+ \w+/) });
        expectRefused(verify(harness, body, { headers: {} }));
        return result.outcome === 'unreadable' ? result.deliveryKey : '';
      });
      expect(new Set(keys).size).toBe(unreadable.length);
    },
  },
  {
    name: 'what is kept of the headers holds no secret, and tells the same when read again',
    run: each((harness, body) => {
      const { adapter, settings, withSecrets, sign, sentAt } = harness;
      const headers = sign(body, secret, sentAt);
      const kept = Object.fromEntries(
        adapter.keptHeaders.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
      );
      for (const name of proofsOf(harness, body)) expect(kept[name]).toBeUndefined();
      const parsed = adapter.settings.parse({ ...settings, ...withSecrets([secret]) });
      const read = adapter.readDelivery({ settings: parsed, headers: kept, body: Buffer.from(body) });
      expect(read).toEqual(verify(harness, body));
    }),
  },
  {
    name: 'a test of our own address is verified and asks for nothing; without a secret there is none',
    spared: ({ adapter }) => (adapter.selfTest ? null : 'its deliveries cannot be made'),
    run({ adapter, settings, withSecrets, sentAt }) {
      const parsed = (secrets: readonly string[]) => adapter.settings.parse({ ...settings, ...withSecrets(secrets) });
      const test = adapter.selfTest?.(parsed([secret]), sentAt) ?? null;
      expect(test).not.toBeNull();
      if (!test) return;
      const { headers, body } = test;
      const input = { settings: parsed([secret]), headers, body: Buffer.from(body), now: sentAt };
      expect(adapter.verifyDelivery(input)).toMatchObject({ outcome: 'verified', delivery: { changed: null } });
      expect(adapter.selfTest?.(parsed([]), sentAt)).toBeNull();
    },
  },
];
