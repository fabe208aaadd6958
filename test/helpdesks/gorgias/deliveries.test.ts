import { describe, expect, it } from 'vitest';
import { deliveryForm, readDelivery, secretHeader, verifyDelivery } from '../../../src/helpdesks/gorgias/deliveries.ts';
import { apiUser, secret, settingsWith } from './support.ts';

const flat = (more: object = {}) => ({
  account: 'loom',
  ticket_id: '123',
  ticket_status: 'open',
  ticket_created_datetime: '2026-03-01T08:00:00.123456+00:00',
  ticket_updated_datetime: '2026-03-01T09:00:00.123456+00:00',
  message_id: 'None',
  ...more,
});

const verify = (
  body: unknown,
  {
    headers = { [secretHeader]: secret },
    settings = settingsWith(),
  }: { headers?: Record<string, string>; settings?: ReturnType<typeof settingsWith> } = {},
) =>
  verifyDelivery({
    settings,
    apiUserId: apiUser,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    now: new Date('2026-03-01T10:00:00Z'),
  });
const deliveryOf = (body: unknown, headers: Record<string, string> = {}) => {
  const verification = verify(body, { headers: { [secretHeader]: secret, ...headers } });
  if (verification.outcome !== 'verified') throw new Error(`${verification.outcome}: ${verification.reason}`);
  return verification.delivery;
};

describe('the secret', () => {
  it.each([
    ['wrong', { [secretHeader]: `${secret}x` }, 401],
    ['cut short', { [secretHeader]: secret.slice(0, -1) }, 401],
    ['empty', { [secretHeader]: '' }, 401],
    ['absent', {}, 401],
    ['under another name', { authorization: secret }, 401],
  ])('%s is refused', (_what, headers, status) => {
    const verification = verify(flat(), { headers });
    expect(verification).toMatchObject({ outcome: 'refused', status });
    expect(JSON.stringify(verification)).not.toContain(secret);
  });

  it('is not asked for twice where there is nothing that looks like a delivery', () => {
    expect(verify('hello', { headers: {} })).toMatchObject({ outcome: 'refused', status: 400 });
    expect(verify('', { headers: {} })).toMatchObject({ outcome: 'refused', status: 400 });
  });

  it("bug: another account's was refused, and nothing said so on the connection", () => {
    const others = { [secretHeader]: 'of another account' };
    expect(verify(flat(), { headers: others })).toMatchObject({ status: 401, foreign: {} });
    // A stranger's noise says nothing of the connection.
    for (const stranger of [verify('hello', { headers: others }), verify(flat(), { headers: {} })])
      expect(stranger).not.toHaveProperty('foreign');
  });

  it('counts in whatever case the header came', () => {
    expect(verify(flat(), { headers: { 'X-Deskledger-Secret': secret } }).outcome).toBe('verified');
  });

  it('may be the old or the new one during a rotation', () => {
    const settings = settingsWith({ webhookSecret: ['new', 'old'] });
    for (const held of ['new', 'old'])
      expect(verify(flat(), { settings, headers: { [secretHeader]: held } }).outcome).toBe('verified');
    expect(verify(flat(), { settings, headers: { [secretHeader]: secret } }).outcome).toBe('refused');
  });

  it.each(['', []])('where the connection has none (%j) nobody is let in', (webhookSecret) => {
    const settings = { ...settingsWith(), webhookSecret };
    for (const presented of ['', ' ', 'undefined'])
      expect(verify(flat(), { settings, headers: { [secretHeader]: presented } })).toMatchObject({
        outcome: 'refused',
        status: 401,
      });
  });
});

describe('the body', () => {
  it('of our own form names ids, states and dates alone', () => {
    expect(
      Object.values(deliveryForm).every((value) =>
        /^\{\{(ticket|message)\.(account\.domain|id|status|\w+_datetime)\}\}$/.test(value),
      ),
    ).toBe(true);
    expect(deliveryOf(flat())).toMatchObject({ eventType: 'ticket', ticketExternalId: '123', urgency: 'now' });
  });

  it('may be the whole context', () => {
    const ticket = {
      id: 123,
      status: 'closed',
      account: { domain: 'loom' },
      created_datetime: '2026-03-01T08:00:00',
      updated_datetime: '2026-03-01T09:00:00',
    };
    expect(deliveryOf({ ticket })).toMatchObject({ ticketExternalId: '123', urgency: 'now with audits' });
    expect(
      deliveryOf({
        ticket: { ...ticket, status: 'open' },
        message: { id: 9, created_datetime: '2026-03-01T09:00:00' },
      }),
    ).toMatchObject({ eventType: 'message', urgency: 'later' });
  });

  it('may be a form of the web', () => {
    const body = new URLSearchParams(flat({ ticket_status: 'closed' })).toString();
    expect(deliveryOf(body, { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' })).toMatchObject({
      ticketExternalId: '123',
      urgency: 'now with audits',
    });
  });

  it('may be the envelope that some accounts send without a form', () => {
    const envelope = {
      id: 5,
      type: 'ticket-closed',
      object_id: 123,
      object_type: 'Ticket',
      created_datetime: '2026-03-01T09:00:00',
      data: {},
    };
    expect(deliveryOf(envelope)).toMatchObject({
      eventType: 'ticket-closed',
      ticketExternalId: '123',
      urgency: 'now with audits',
    });
    expect(
      deliveryOf({ ...envelope, type: 'ticket-updated', data: { ticket: { id: 123, status: 'open' } } }),
    ).toMatchObject({ urgency: 'now' });
    expect(deliveryOf({ ...envelope, object_type: 'Customer', type: 'customer-merged' })).toMatchObject({
      ticketExternalId: null,
      urgency: 'ignore',
    });
  });

  it.each([
    ['', 'empty'],
    ['nothing=here', 'no JSON'],
    ['[1]', 'a list'],
    ['null', 'null'],
    ['{"ticket_id":"None"}', 'Python None'],
    ['{"ticket_id":""}', 'blank'],
    ['{"ticket_id":"{{ticket.id}}"}', 'an unfilled template'],
    ['{"ticket_id":"1; drop table"}', 'no id'],
    ['{"ticket_id":{"a":1}}', 'an object'],
  ])('%s (%s) is stored as unreadable, never an exception', (body) => {
    const verification = verify(body);
    expect(verification).toMatchObject({
      outcome: 'unreadable',
      deliveryKey: expect.stringMatching(/^bytes:[0-9a-f]{64}$/),
    });
  });

  it('of another account says so', () => {
    expect(verify(flat({ account: 'other' }))).toMatchObject({
      outcome: 'unreadable',
      reason: expect.stringContaining('another Gorgias account'),
    });
    for (const account of ['loom', 'LOOM', 'loom.gorgias.com', 'https://loom.gorgias.com', 'None', ''])
      expect(verify(flat({ account })).outcome).toBe('verified');
  });

  it('with Python’s booleans is read', () => {
    const body = { ticket: { id: '123', status: 'open', spam: 'True' } };
    expect(deliveryOf(body).urgency).toBe('now with audits');
    expect(deliveryOf({ ticket: { id: '123', status: 'open', spam: 'False' } }).urgency).toBe('now');
  });
});

describe('the delivery key', () => {
  it('stays the same when the same event is sent again, in any form', () => {
    const again = deliveryOf(flat()).deliveryKey;
    expect(deliveryOf({ ...flat(), extra: 'x' }).deliveryKey).toBe(again);
    const ticket = { id: 123, status: 'open', updated_datetime: '2026-03-01T09:00:00.123456+00:00' };
    expect(deliveryOf({ ticket }).deliveryKey).toBe(again);
    expect(again).toMatch(/^[\x21-\x7e]{1,128}$/);
  });

  it.each([
    ['ticket', { ticket_id: '124' }],
    ['moment', { ticket_updated_datetime: '2026-03-01T09:00:00.123457+00:00' }],
    ['message', { message_id: '9' }],
    ['status', { ticket_status: 'closed' }],
  ])('differs with the %s', (_what, more) => {
    expect(deliveryOf(flat(more)).deliveryKey).not.toBe(deliveryOf(flat()).deliveryKey);
  });

  it('rests on the bytes where nothing tells one event from the next', () => {
    const [one, other] = ['{"ticket_id":"123","n":1}', '{"ticket_id":"123","n":2}'];
    expect(deliveryOf(one).deliveryKey).toBe(deliveryOf(one).deliveryKey);
    expect(deliveryOf(one).deliveryKey).not.toBe(deliveryOf(other).deliveryKey);
  });
});

describe('the urgency', () => {
  it.each([
    [
      'a new ticket with its first message',
      { message_id: '9', ticket_updated_datetime: '2026-03-01T08:00:01+00:00' },
      'now',
    ],
    ['a further message', { message_id: '9' }, 'later'],
    ['an update', {}, 'now'],
    ['a closing', { ticket_status: 'closed' }, 'now with audits'],
    ['a closing by a message', { ticket_status: 'Closed', message_id: '9' }, 'now with audits'],
  ])('of %s', (_what, more, urgency) => {
    expect(deliveryOf(flat(more)).urgency).toBe(urgency);
  });

  it('of our own tagging is none, where the event tells', () => {
    const event = { id: 5, type: 'ticket-tags-added', object_id: 123, object_type: 'Ticket', data: {} };
    expect(deliveryOf({ ...event, user_id: Number(apiUser) }).urgency).toBe('ignore');
    expect(deliveryOf({ ...event, user_id: 7 }).urgency).toBe('now with audits');
    expect(deliveryOf({ ...event, type: 'ticket-closed', user_id: Number(apiUser) }).urgency).toBe('now with audits');
  });
});

it('a stored delivery is read again without its secret', () => {
  const body = Buffer.from(JSON.stringify(flat()));
  expect(readDelivery({ settings: settingsWith(), apiUserId: null, headers: {}, body })).toMatchObject({
    outcome: 'verified',
    delivery: { deliveryKey: deliveryOf(flat()).deliveryKey },
  });
});
