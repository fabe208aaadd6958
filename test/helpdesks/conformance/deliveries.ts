import { expect } from 'vitest';
import { dayMs, hourMs, minuteMs } from '../../../src/core/time.ts';
import { type Check, deliveriesOf, secret, ticketDeliveries, verify } from './check.ts';
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

const eachTicketDelivery = (work: (harness: Harness, body: string) => void) => (harness: Harness) => {
  const found = ticketDeliveries(harness);
  expect(found.length).toBeGreaterThanOrEqual(3);
  for (const [, body] of found) work(harness, body);
};

const unreadable = ['', 'no JSON at all', '[]', '{}', '"text"', 'null', '{"half":', '{"mail":"kim@example.com"}'];

export const deliveryChecks: readonly Check[] = [
  {
    name: 'a delivery with a good signature names its ticket',
    run: eachTicketDelivery((harness, body) => {
      const result = verify(harness, body);
      expect(result).toMatchObject({ outcome: 'verified' });
      if (result.outcome !== 'verified') return;
      const { deliveryKey, eventType, ticketExternalId, urgency } = result.delivery;
      expect(deliveryKey).toMatch(/^[\x21-\x7e]{1,200}$/);
      expect(eventType).toMatch(/^[\x21-\x7e]{1,128}$/);
      expect(body).toContain(ticketExternalId);
      expect(['now', 'now with audits', 'later']).toContain(urgency);
    }),
  },
  {
    name: 'a wrong or missing signature is refused',
    run: eachTicketDelivery((harness, body) => {
      const { sign, sentAt } = harness;
      expectRefused(verify(harness, body, { headers: sign(body, other, sentAt) }));
      expectRefused(verify(harness, body, { headers: {} }));
      for (const name of proofsOf(harness, body))
        expectRefused(verify(harness, body, { headers: { ...sign(body, secret, sentAt), [name]: undefined } }));
    }),
  },
  {
    name: 'a truncated or lengthened signature is refused',
    run: eachTicketDelivery((harness, body) => {
      const headers = harness.sign(body, secret, harness.sentAt);
      for (const name of proofsOf(harness, body)) {
        const whole = headers[name] ?? '';
        const half = whole.slice(0, whole.length / 2);
        for (const cut of [whole.slice(0, -1), whole.slice(1), half, whole.slice(0, 1), '', `${whole}A`, `A${whole}`])
          expectRefused(verify(harness, body, { headers: { ...headers, [name]: cut } }));
      }
    }),
  },
  {
    name: 'a stale delivery and one from the future are refused, a late retry is not',
    needs: 'time of sending',
    run: eachTicketDelivery((harness, body) => {
      const { sentAt } = harness;
      for (const ms of [-3 * dayMs, 3 * dayMs, 400 * dayMs])
        expectRefused(verify(harness, body, { now: new Date(sentAt.getTime() + ms) }));
      for (const ms of [-5 * minuteMs, 12 * hourMs])
        expect(verify(harness, body, { now: new Date(sentAt.getTime() + ms) }).outcome).toBe('verified');
    }),
  },
  {
    name: 'during a rotation both secrets hold, after it the new one alone',
    run: eachTicketDelivery((harness, body) => {
      const { sign, sentAt } = harness;
      const [older, newer] = [sign(body, secret, sentAt), sign(body, other, sentAt)];
      for (const secrets of [
        [secret, other],
        [other, secret],
      ])
        for (const headers of [older, newer])
          expect(verify(harness, body, { secrets, headers }).outcome).toBe('verified');
      expect(verify(harness, body, { secrets: [other], headers: newer }).outcome).toBe('verified');
      expectRefused(verify(harness, body, { secrets: [other], headers: older }));
    }),
  },
  {
    name: 'without a secret, and with an empty one, nothing is accepted',
    run: eachTicketDelivery((harness, body) => {
      const { sign, sentAt, settings, withSecrets, adapter } = harness;
      for (const key of ['', secret])
        expectRefused(verify(harness, body, { secrets: [], headers: sign(body, key, sentAt) }));
      for (const secrets of [[''], ['   ']])
        if (adapter.settings.safeParse({ ...settings, ...withSecrets(secrets) }).success)
          for (const key of ['', ...secrets])
            expectRefused(verify(harness, body, { secrets, headers: sign(body, key, sentAt) }));
    }),
  },
  {
    name: 'an altered body is refused',
    needs: 'signed bodies',
    run: eachTicketDelivery((harness, body) => {
      const headers = harness.sign(body, secret, harness.sentAt);
      for (const at of [0, Math.floor(body.length / 3), Math.floor(body.length / 2), body.length - 1]) {
        const letter = body[at] === '7' ? '8' : '7';
        expectRefused(verify(harness, body.slice(0, at) + letter + body.slice(at + 1), { headers }));
      }
      for (const altered of [`${body} `, ` ${body}`, '']) expectRefused(verify(harness, altered, { headers }));
    }),
  },
  {
    name: 'the key of a delivery is the same at each retry and differs between events',
    run(harness) {
      const { sign, sentAt } = harness;
      const keys = [...deliveriesOf(harness).values()].map((body) => {
        const keyAt = (sentMs: number, now: Date): string => {
          const result = verify(harness, body, { headers: sign(body, secret, new Date(sentMs)), now });
          if (result.outcome !== 'verified') throw new Error(`a retry is ${result.outcome}`);
          return result.delivery.deliveryKey;
        };
        const later = new Date(sentAt.getTime() + hourMs);
        const key = keyAt(sentAt.getTime(), sentAt);
        expect(keyAt(sentAt.getTime(), later)).toBe(key);
        return key;
      });
      expect(keys.length).toBeGreaterThanOrEqual(4);
      expect(new Set(keys).size).toBe(keys.length);
    },
  },
  {
    name: 'an event that concerns no ticket is verified and ignored',
    run(harness) {
      const body = deliveriesOf(harness).get('unknown');
      if (body === undefined) throw new Error('fixtures/deliveries/unknown.json is missing');
      const result = verify(harness, body);
      expect(result).toMatchObject({
        outcome: 'verified',
        delivery: { ticketExternalId: null, urgency: 'ignore', deliveryKey: expect.stringMatching(/./) },
      });
    },
  },
  {
    name: 'an echo of our own write is ignored, the same by anybody else is not',
    needs: 'own echoes',
    run(harness) {
      const body = deliveriesOf(harness).get('ours') ?? '';
      const urgencyFor = (by: string | null) => {
        const result = verify(harness, body, { by });
        return result.outcome === 'verified' ? result.delivery.urgency : result.outcome;
      };
      expect(urgencyFor(harness.apiUserId)).toBe('ignore');
      expect(['now', 'now with audits', 'later']).toContain(urgencyFor('987654321'));
      expect(['now', 'now with audits', 'later']).toContain(urgencyFor(null));
    },
  },
  {
    name: 'a signed body that cannot be read is kept under a key of its own bytes',
    run(harness) {
      const keys = unreadable.map((body) => {
        const results = [verify(harness, body), verify(harness, body)];
        expect(results[0]).toEqual(results[1]);
        const [result] = results;
        if (result?.outcome !== 'unreadable') throw new Error(`${JSON.stringify(body)} is ${result?.outcome}`);
        expect(result.reason).not.toMatch(/kim@example|no JSON at all/);
        expect(result.deliveryKey).toMatch(/^[\x21-\x7e]{1,200}$/);
        return result.deliveryKey;
      });
      expect(new Set(keys).size).toBe(keys.length);
    },
  },
  {
    name: 'what a stranger sends is refused and never throws',
    run(harness) {
      const names = proofsOf(harness, '{}');
      const values = ['', ' ', 'x', 'é', '\u0000', 'A'.repeat(20_000), '-1', '{}', 'Bearer x', '2026-03-01T12:00:00Z'];
      const bodies = [...unreadable, '\u0000'.repeat(9), '[[[[', '{"a":1e999}', `{"b":"${'x'.repeat(50_000)}"}`];
      for (const body of bodies)
        for (const value of values) {
          const headers = { ...harness.sign(body, other, harness.sentAt) };
          for (const name of names) headers[name] = value;
          expectRefused(verify(harness, body, { headers }));
          expectRefused(verify(harness, body, { headers: Object.fromEntries(names.map((name) => [name, value])) }));
        }
    },
  },
  {
    name: 'a delivery is read again from the headers that are kept, of which none is secret',
    run(harness) {
      const { adapter, sign, sentAt, apiUserId } = harness;
      const settings = adapter.settings.parse({ ...harness.settings, ...harness.withSecrets([]) });
      for (const body of [...deliveriesOf(harness).values(), ...unreadable]) {
        const headers = sign(body, secret, sentAt);
        expect(proofsOf(harness, body).filter((name) => adapter.keptHeaders.includes(name))).toEqual([]);
        const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => adapter.keptHeaders.includes(name)));
        expect(JSON.stringify(kept)).not.toContain(secret);
        const read = adapter.readDelivery({ settings, apiUserId, headers: kept, body: Buffer.from(body) });
        expect(read).toEqual(verify(harness, body));
      }
    },
  },
  {
    name: 'what is said of a delivery holds no secret and no words of it',
    run(harness) {
      const { sign, sentAt } = harness;
      const bodies = [
        JSON.stringify({ mail: 'kim@example.com', words: 'Kim waits', token: secret }),
        ...[...deliveriesOf(harness).values()].map((body) => body.replace(/\}$/, ',"words":"Kim waits"}')),
      ];
      for (const body of bodies)
        for (const key of [secret, other]) {
          const said = JSON.stringify(verify(harness, body, { headers: sign(body, key, sentAt) }));
          for (const word of ['kim@example.com', 'Kim waits', secret, other]) expect(said).not.toContain(word);
        }
    },
  },
  {
    name: 'a delivery of our own proves the address and concerns no ticket',
    needs: 'selfTest',
    run(harness) {
      const { adapter, sentAt, apiUserId } = harness;
      const holding = (secrets: readonly string[]) =>
        adapter.settings.parse({ ...harness.settings, ...harness.withSecrets(secrets) });
      const settings = holding([secret]);
      const test = adapter.selfTest?.(settings, sentAt);
      if (!test) throw new Error('no test delivery is made although there is a secret');
      const { headers, body } = test;
      expect(
        adapter.verifyDelivery({ settings, apiUserId, headers, body: Buffer.from(body), now: sentAt }),
      ).toMatchObject({ outcome: 'verified', delivery: { ticketExternalId: null, urgency: 'ignore' } });
      expect(adapter.selfTest?.(holding([]), sentAt)).toBeNull();
    },
  },
];
