import { expect } from 'vitest';
import type { TicketContext } from '../../../src/helpdesks/port.ts';
import { secret } from '../../conformance/proofs.ts';
import type { Check } from './check.ts';
import type { Harness } from './harness.ts';

const other = 'another-secret-of-somebody-else';
const ticketId = '5001';

/** The adapter's sidebar, and how its helpdesk asks it. */
const partsOf = ({ adapter, sidebar: asking }: Harness) => {
  if (!adapter.sidebar || !asking) throw new Error('the harness does not say how the sidebar of the helpdesk asks');
  return { sidebar: adapter.sidebar, asking };
};

type Asked = Partial<ReturnType<NonNullable<Harness['sidebar']>>>;

const ask = (harness: Harness, asked: Asked, secrets: readonly string[] = [secret]) => {
  const { adapter, settings, withSecrets } = harness;
  return partsOf(harness).sidebar.ticketAsked({
    settings: adapter.settings.parse({ ...settings, ...withSecrets(secrets) }),
    headers: asked.headers ?? {},
    query: asked.query ?? {},
  });
};

const whole: TicketContext = {
  externalId: ticketId,
  attribution: { partner: 'Nord Living', region: 'The Nordics', method: 'text', confidence: 'high' },
  figures: { partner: 'Nord Living', days: 90, areWhole: true },
  contactRate: 4.123,
  costPerTicket: { amount: '12.345678', currency: 'USD' },
  costMultiple: 2.4,
  csat: { n: 40, topTwoBox: 0.8 },
};
const contexts: readonly TicketContext[] = [
  whole,
  { ...whole, csat: { n: 12, needed: 30 }, costMultiple: null },
  {
    ...whole,
    attribution: { partner: null, region: 'The Nordics', method: 'recent orders, region', confidence: null },
  },
  { ...whole, attribution: { partner: null, region: null, method: 'unattributed', confidence: null } },
  {
    ...whole,
    attribution: null,
    figures: null,
    contactRate: null,
    costPerTicket: null,
    costMultiple: null,
    csat: null,
  },
];

const check = (name: string, run: (harness: Harness) => void): Check => ({
  name,
  needs: 'sidebar',
  run,
});

export const sidebarChecks: readonly Check[] = [
  check('a sidebar is told of its ticket if it shows a secret of the connection, and else of nothing', (harness) => {
    const { asking } = partsOf(harness);
    const right = asking(secret, ticketId);
    expect(ask(harness, right)).toEqual({ verified: true, externalId: ticketId });
    for (const secrets of [
      [secret, other],
      [other, secret],
    ])
      for (const one of secrets) expect(ask(harness, asking(one, ticketId), secrets).verified).toBe(true);

    const strangers: Asked[] = [
      asking(other, ticketId),
      asking('', ticketId),
      asking(secret.slice(0, -1), ticketId),
      asking(`${secret}x`, ticketId),
      { ...right, headers: {} },
      { headers: {}, query: {} },
    ];
    // What does not hold the secret is none of the proof: a request of another secret shows which parts are.
    expect(asking(other, ticketId)).not.toEqual(right);
    for (const stranger of strangers) expect(ask(harness, stranger).verified).toBe(false);
    for (const key of ['', secret]) expect(ask(harness, asking(key, ticketId), []).verified).toBe(false);
  }),

  check('what a stranger asks a sidebar names no ticket and never throws', (harness) => {
    const { asking } = partsOf(harness);
    const { headers, query } = asking(secret, ticketId);
    const odd = [
      '',
      ' ',
      '../../etc/passwd',
      "1' or '1'='1",
      'é\u0000',
      '9'.repeat(5000),
      ['1', '2'],
      { a: 1 },
      7,
      null,
    ];
    expect(Object.values(query)).toContain(ticketId);
    for (const value of [...odd, undefined]) {
      const altered = Object.fromEntries(
        Object.entries(query).map(([name, held]) => [name, held === ticketId ? value : held]),
      );
      expect(ask(harness, { headers, query: altered }).externalId).toBeNull();
      expect(ask(harness, { headers: {}, query: altered }).verified).toBe(false);
    }
    for (const value of ['', 'é', 'A'.repeat(20_000), undefined]) {
      const altered = Object.fromEntries(Object.keys(headers).map((name) => [name, value]));
      expect(ask(harness, { headers: altered, query }).verified).toBe(false);
    }
    expect(ask(harness, { headers, query: {} }).externalId).toBeNull();
  }),

  check('what a sidebar shows is small, tells the known from the unknown, and has words for all of it', (harness) => {
    const { sidebar } = partsOf(harness);
    const said = contexts.map((context) => {
      const answer = sidebar.answer(context);
      const text = JSON.stringify(answer);
      expect(JSON.parse(text)).toEqual(answer);
      expect(text).not.toMatch(/null|undefined|NaN|\[object/);
      expect(text.length).toBeLessThan(2000);
      expect(text).toContain(ticketId);
      return text;
    });
    for (const word of ['Nord Living', 'The Nordics', '12.35', '2.4', '80']) expect(said[0]).toContain(word);
    for (const word of ['12', '30']) expect(said[1]).toContain(word);
    // No partner, known to have none, and not known yet are three things.
    expect(new Set(said).size).toBe(contexts.length);
  }),
];
