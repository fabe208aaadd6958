import nock from 'nock';
import { describe, expect, it } from 'vitest';
import { Refused } from '../../../src/core/errors.ts';
import { connectZendesk } from '../../../src/helpdesks/zendesk/client.ts';
import { withNock } from '../nocked.ts';
import { annaJson, api, clockAt, connect, customerJson, id, other, showMany } from './client-support.ts';
import {
  anna,
  apiUser,
  audit,
  change,
  comment,
  create,
  customer,
  fields,
  settingsWith,
  ticketJson,
  userJson,
} from './support.ts';

withNock();

describe('verify', () => {
  it('says who we are', async () => {
    api()
      .get('/api/v2/users/me.json')
      .reply(200, { user: userJson(apiUser, 'admin') });
    expect(await connect().verify()).toEqual({ apiUserId: apiUser, accountName: 'loom' });
  });

  it.each([
    ['a refusal', 401, { error: "Couldn't authenticate you" }],
    ['a token without rights', 403, {}],
    [
      'the anonymous user',
      200,
      { user: { id: null, name: 'Anonymous user', role: 'end-user', email: 'invalid@example.com' } },
    ],
    ['an end user', 200, { user: userJson('1', 'end-user') }],
  ])('takes %s for wrong credentials', async (_what, status, body) => {
    api().get('/api/v2/users/me.json').reply(status, body);
    const error = await connect()
      .verify()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Refused);
    expect(String(error)).not.toMatch(/deskledger@example\.com|dG9rZW4|token:token/);
  });
});

describe('pullTickets', () => {
  it('reads many tickets in one call, and nobody’s audits unless they are wanted', async () => {
    showMany(`${id},${other}`, {
      tickets: [ticketJson(), ticketJson({ id: other, status: 'pending' })],
      users: [customerJson, annaJson],
    });
    const pulled = await connect().pullTickets([
      { externalId: id, withHistory: 'no' },
      { externalId: other, withHistory: 'if solved' },
    ]);
    expect(pulled.tickets.map(({ externalId, history }) => [externalId, history])).toEqual([
      [id, undefined],
      [other, undefined],
    ]);
    expect(pulled.tickets[0]?.requester?.email).toBe('user7001@example.com');
    expect(pulled).toMatchObject({ missing: [], agents: [{ externalId: anna, name: 'Anna' }] });
  });

  it('bug: a field that an agent filled at creation was not attributed to the agent until the audits came', async () => {
    const filled = (fieldId: string, value: unknown) =>
      ticketJson({ custom_fields: [{ id: Number(fieldId), value }], submitter_id: Number(anna) });
    const pull = async (ticket: object, more: object = {}) => {
      showMany(id, { tickets: [ticket], users: [customerJson, annaJson] });
      const { tickets } = await connect().pullTickets([{ externalId: id, withHistory: 'if solved', ...more }]);
      return tickets[0]?.history;
    };
    for (const fieldId of [fields.partner, fields.region]) {
      api()
        .get(`/api/v2/tickets/${id}/audits.json`)
        .query(true)
        .reply(200, { audits: [audit(1, anna, 0, [create(fieldId, 'nord')])] });
      const half = fieldId === fields.partner ? 'partner' : 'region';
      expect((await pull(filled(fieldId, 'nord')))?.choices?.[half]).toMatchObject([
        { source: 'field', value: 'nord' },
      ]);
    }
    expect(await pull(filled(fields.partner, 'nord'), { historyHeld: true })).toBeUndefined();
    expect(await pull(filled(fields.partner, null))).toBeUndefined();
    expect(await pull(ticketJson({ tags: ['partner_nord'] }))).toBeUndefined();
  });

  it('bug: the requester’s first words on a ticket that an agent opened were never read', async () => {
    showMany(id, {
      tickets: [ticketJson({ submitter_id: Number(anna), description: 'Your delivery, order 1002' })],
      users: [customerJson, annaJson],
    });
    api()
      .get(`/api/v2/tickets/${id}/audits.json`)
      .query(true)
      .reply(200, {
        audits: [
          audit(1, anna, 0, [create('status', 'open'), comment({ body: 'Your delivery, order 1002' })]),
          audit(2, customer, 1, [comment({ body: 'To ourselves', public: false })]),
          audit(3, customer, 2, [comment({ body: 'It is order 1001' })]),
          audit(4, customer, 3, [comment({ body: 'And order 1003' })]),
        ],
      });
    const { tickets } = await connect().pullTickets([{ externalId: id, withHistory: 'yes' }]);
    expect(tickets[0]?.firstMessage).toBe('It is order 1001');
  });

  it('bug: what an agent did was lost once the account had become an end user', async () => {
    showMany(id, { tickets: [ticketJson()], users: [customerJson, userJson(anna, 'end-user')] });
    api()
      .get(`/api/v2/tickets/${id}/audits.json`)
      .query(true)
      .reply(200, { audits: [audit(1, anna, 1, [comment(), change(fields.partner, 'nord', null)])] });
    const asked: string[][] = [];
    const formerAgents = async (userIds: readonly string[]) => {
      asked.push([...userIds]);
      return new Set([anna]);
    };
    const client = connect({}, undefined, { formerAgents });
    const { tickets } = await client.pullTickets([{ externalId: id, withHistory: 'yes' }]);
    expect(asked.flat()).toContain(anna);
    expect(tickets[0]?.history).toMatchObject({
      touches: [{ agentId: anna }],
      choices: { partner: [{ value: 'nord', by: anna }] },
    });
  });

  it('asks for a ticket that the bulk read left out, and only then calls it missing', async () => {
    showMany(`${id},${other},7`, { tickets: [ticketJson()] });
    api()
      .get(`/api/v2/tickets/${other}.json`)
      .query({ include: 'users' })
      .reply(200, { ticket: ticketJson({ id: other, status: 'deleted' }), users: [customerJson] });
    api().get('/api/v2/tickets/7.json').query(true).reply(404, { error: 'RecordNotFound' });
    const { tickets, missing } = await connect().pullTickets(
      [id, other, '7'].map((externalId) => ({ externalId, withHistory: 'no' as const })),
    );
    expect(tickets.map(({ externalId, status }) => [externalId, status])).toEqual([
      [id, 'open'],
      [other, 'deleted'],
    ]);
    expect(missing).toEqual(['7']);
  });

  it('bug: a limit met at one ticket that the bulk read left out threw away all that was read', async () => {
    showMany(`${id},${other},7`, { tickets: [ticketJson()] });
    api()
      .get(`/api/v2/tickets/${other}.json`)
      .query(true)
      .reply(200, { ticket: ticketJson({ id: other, status: 'deleted' }), users: [] });
    api().get('/api/v2/tickets/7.json').query(true).reply(429, {}, { 'retry-after': '90' });
    const { tickets, missing, notBegun } = await connect().pullTickets(
      [id, other, '7'].map((externalId) => ({ externalId, withHistory: 'no' as const })),
    );
    expect(tickets.map(({ externalId }) => externalId)).toEqual([id, other]);
    expect(missing).toEqual([]);
    expect(notBegun).toEqual({ externalIds: ['7'], retryAfterMs: 90_000 });
  });

  it.each([
    ['a page of a proxy', '<html>Not Found</html>'],
    ['a subdomain without help desk', { error: { title: 'No help desk at loom.zendesk.com' } }],
  ])('bug: a 404 with %s made a ticket missing, or blamed it', async (_, body) => {
    const pulling = () => connect().pullTickets([{ externalId: id, withHistory: 'no' }]);
    api().get('/api/v2/tickets/show_many.json').query(true).times(4).reply(404, body);
    expect(await pulling().catch((error: unknown) => error)).toMatchObject({ status: 404, retryable: true });
    showMany(id, { tickets: [] });
    api().get(`/api/v2/tickets/${id}.json`).query(true).times(4).reply(404, body);
    expect(await pulling().catch((error: unknown) => error)).toMatchObject({ status: 404, retryable: true });
  });

  it('reads more than a hundred in lots of a hundred', async () => {
    const ids = Array.from({ length: 101 }, (_, index) => String(index + 1));
    showMany(ids.slice(0, 100).join(','), { tickets: ids.slice(0, 100).map((one) => ticketJson({ id: Number(one) })) });
    showMany('101', { tickets: [ticketJson({ id: 101 })] });
    const { tickets } = await connect().pullTickets(
      ids.map((externalId) => ({ externalId, withHistory: 'no' as const })),
    );
    expect(tickets.map(({ externalId }) => externalId)).toEqual(ids);
  });

  it('obeys Retry-After', async () => {
    const { clock, slept } = clockAt();
    api().get('/api/v2/tickets/show_many.json').query(true).reply(429, {}, { 'retry-after': '7' });
    showMany(id, { tickets: [ticketJson()] });
    await connect({}, clock).pullTickets([{ externalId: id, withHistory: 'no' }]);
    expect(slept.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(7000);
  });

  it('says what shape it did not expect, without its content', async () => {
    showMany(id, { tickets: [ticketJson({ updated_at: 'lately', subject: 'private words' })] });
    const error = await connect()
      .pullTickets([{ externalId: id, withHistory: 'no' }])
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'UpstreamError',
      retryable: false,
      message: expect.stringContaining('tickets.0.updated_at'),
    });
    expect(String(error)).not.toMatch(/private words|lately/);
  });
});

describe('the address', () => {
  it('of another host is refused unless private upstreams are allowed', async () => {
    const settings = settingsWith({ baseUrl: 'http://127.0.0.1:4000/' });
    expect(() => connectZendesk(settings, { clock: clockAt().clock, allowPrivate: false, apiUserId: null })).toThrow(
      Refused,
    );
    nock('http://127.0.0.1:4000')
      .get('/api/v2/users/me.json')
      .reply(200, { user: userJson(apiUser, 'agent') });
    const client = connectZendesk(settings, { clock: clockAt().clock, allowPrivate: true, apiUserId: null });
    expect(await client.verify()).toMatchObject({ apiUserId: apiUser });
  });
});
