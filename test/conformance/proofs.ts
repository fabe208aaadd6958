import { expect } from 'vitest';
import { dayMs, hourMs, minuteMs } from '../../src/core/time.ts';
import type { Headers, VerificationOf } from '../../src/platform/vendor.ts';
import { type CheckOf, type CommonHarness, deliveriesOf } from './check.ts';

/** What a vendor's deliveries may lack. */
export type ProofOptional = 'time of sending' | 'signed bodies' | 'selfTest';

/** What the checks of deliveries need of a harness. */
export interface ProofHarness extends CommonHarness {
  readonly adapter: CommonHarness['adapter'] & {
    readonly settings: { parse(given: object): object; safeParse(given: object): { readonly success: boolean } };
    readonly keptHeaders: readonly string[];
    selfTest?(settings: never, now: Date): { readonly headers: Headers; readonly body: string } | null;
  };
  /** When the deliveries of the folder were sent. */
  readonly sentAt: Date;
  /** Settings of a connection that the deliveries belong to. */
  readonly settings: object;
  /** The settings that hold these secrets of its webhooks. */
  withSecrets(secrets: readonly string[]): object;
  /** Headers of a delivery, names in lower case, as the vendor sends it at this moment. */
  sign(body: string, secret: string, at: Date): Readonly<Record<string, string>>;
}

/** How a delivery arrives; unless given, signed by `secret`, which the connection holds, and without delay. */
export interface Arrival {
  readonly secrets?: readonly string[];
  readonly now?: Date;
  readonly headers?: Headers;
}

/** How a kind of adapter is asked. */
export interface Proving<Harness> {
  /** Samples that tell of something, by name. */
  telling(harness: Harness): readonly [string, string][];
  verify(harness: Harness, body: string, arrival?: Arrival): VerificationOf<{ readonly deliveryKey: string }>;
  /** From the headers that were kept, by a connection without a secret. */
  readAgain(harness: Harness, body: string, headers: Headers): VerificationOf<{ readonly deliveryKey: string }>;
  /** What is said of an event that asks for nothing. */
  readonly nothing: object;
}

export const secret = 'correct-horse-battery-staple';
const other = 'another-secret-of-somebody-else';
const unreadable = ['', 'no JSON at all', '[]', '{}', '"text"', 'null', '{"half":', '{"mail":"kim@example.com"}'];

/** The headers that hold the proof are those that differ by secret. */
const proofsOf = ({ sign, sentAt }: ProofHarness, body: string): string[] => {
  const [one, two] = [sign(body, secret, sentAt), sign(body, other, sentAt)];
  const names = Object.keys(one).filter((name) => one[name] !== two[name]);
  expect(names.length).toBeGreaterThan(0);
  return names;
};

export const expectRefused = (outcome: VerificationOf<unknown>): void => {
  expect(outcome.outcome).toBe('refused');
  if (outcome.outcome !== 'refused') return;
  expect([400, 401]).toContain(outcome.status);
  expect(outcome.reason.length).toBeGreaterThan(10);
};

/** True where the deliveries do lack it. */
export const lacksProof = <Harness extends ProofHarness>(
  { telling, verify }: Proving<Harness>,
  harness: Harness,
  what: ProofOptional,
): boolean => {
  if (what === 'selfTest') return harness.adapter.selfTest === undefined;
  const { sign, sentAt } = harness;
  return telling(harness).every(([, body]) =>
    what === 'time of sending'
      ? verify(harness, body, { now: new Date(sentAt.getTime() + 400 * dayMs) }).outcome === 'verified'
      : verify(harness, `${body} `, { headers: sign(body, secret, sentAt) }).outcome === 'verified',
  );
};

/** What every adapter keeps of what proves its deliveries. */
export const proofChecks = <Harness extends ProofHarness>({
  telling,
  verify,
  readAgain,
  nothing,
}: Proving<Harness>): readonly CheckOf<Harness, ProofOptional>[] => {
  const each = (work: (harness: Harness, body: string) => void) => (harness: Harness) => {
    const found = telling(harness);
    expect(found.length).toBeGreaterThanOrEqual(3);
    for (const [, body] of found) work(harness, body);
  };
  return [
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
          const half = whole.slice(0, whole.length / 2);
          for (const cut of [whole.slice(0, -1), whole.slice(1), half, whole.slice(0, 1), '', `${whole}A`, `A${whole}`])
            expectRefused(verify(harness, body, { headers: { ...headers, [name]: cut } }));
        }
      }),
    },
    {
      name: 'a stale delivery and one from the future are refused, a late retry is not',
      needs: 'time of sending',
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
        expect(verify(harness, body, { secrets: [other], headers: newer }).outcome).toBe('verified');
        expectRefused(verify(harness, body, { secrets: [other], headers: older }));
      }),
    },
    {
      name: 'without a secret, and with an empty one, nothing is accepted',
      run: each((harness, body) => {
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
      run: each((harness, body) => {
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
        const later = new Date(sentAt.getTime() + hourMs);
        const keys = [...deliveriesOf(harness).values()].map((body) => {
          const keyAt = (signedAt: Date, now: Date): string => {
            const result = verify(harness, body, { headers: sign(body, secret, signedAt), now });
            if (result.outcome !== 'verified') throw new Error(`a retry is ${result.outcome}`);
            return result.delivery.deliveryKey;
          };
          const key = keyAt(sentAt, sentAt);
          // Some vendors sign a retry anew, others send the same again.
          expect([keyAt(sentAt, later), keyAt(later, later)]).toEqual([key, key]);
          return key;
        });
        expect(keys.length).toBeGreaterThanOrEqual(4);
        expect(new Set(keys).size).toBe(keys.length);
      },
    },
    {
      name: 'an event that concerns nothing of ours is verified and asks for nothing',
      run(harness) {
        const body = deliveriesOf(harness).get('unknown');
        if (body === undefined) throw new Error('fixtures/deliveries/unknown.json is missing');
        expect(verify(harness, body)).toMatchObject({
          outcome: 'verified',
          delivery: { ...nothing, deliveryKey: expect.stringMatching(/./) },
        });
      },
    },
    {
      name: 'what is proven and cannot be read is kept under a key of its own bytes',
      run(harness) {
        const keys = unreadable.map((body) => {
          const results = [verify(harness, body), verify(harness, body)];
          expect(results[0]).toEqual(results[1]);
          const [result] = results;
          if (result?.outcome !== 'unreadable') throw new Error(`${JSON.stringify(body)} is ${result?.outcome}`);
          expect(result.reason).toMatch(/\w+ \w+/);
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
        const values = [
          '',
          ' ',
          'x',
          'é',
          '\u0000',
          'A'.repeat(20_000),
          '-1',
          '{}',
          'Bearer x',
          '2026-03-01T12:00:00Z',
        ];
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
        const { adapter, sign, sentAt } = harness;
        for (const body of [...deliveriesOf(harness).values(), ...unreadable]) {
          const headers = sign(body, secret, sentAt);
          expect(proofsOf(harness, body).filter((name) => adapter.keptHeaders.includes(name))).toEqual([]);
          const kept = Object.fromEntries(
            Object.entries(headers).filter(([name]) => adapter.keptHeaders.includes(name)),
          );
          expect(JSON.stringify(kept)).not.toContain(secret);
          expect(readAgain(harness, body, kept)).toEqual(verify(harness, body));
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
      name: 'a delivery of our own proves the address and asks for nothing',
      needs: 'selfTest',
      run(harness) {
        const { adapter, settings, withSecrets, sentAt } = harness;
        const testOf = (secrets: readonly string[]) =>
          adapter.selfTest?.(adapter.settings.parse({ ...settings, ...withSecrets(secrets) }) as never, sentAt);
        const test = testOf([secret]);
        if (!test) throw new Error('no test delivery is made although there is a secret');
        const said = verify(harness, test.body, { headers: test.headers });
        expect(said).toMatchObject({ outcome: 'verified', delivery: nothing });
        expect(testOf([])).toBeNull();
      },
    },
  ];
};
