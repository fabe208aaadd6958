import nock from 'nock';
import { describe, expect, it } from 'vitest';
import { LimitReached, Refused, UpstreamError } from '../../../src/core/errors.ts';
import { hourMs } from '../../../src/core/time.ts';
import { pulledInParts, thrownBy, withNock } from '../nocked.ts';
import { api, eventsAre, path, pull, statsAre, ticketIs, usersAre } from './connect-support.ts';
import {
  anna,
  apiUser,
  at,
  ben,
  bot,
  clockAt,
  closedTicket,
  connect,
  event,
  list,
  message,
  minuteAt,
  note,
  origin,
  reply,
  ticketId,
  ticketJson,
} from './support.ts';

withNock();

describe('verify', () => {
  it('says who we are', async () => {
    api()
      .get('/api/users/0')
      .reply(200, { id: Number(apiUser), email: 'deskledger@example.com', role: { name: 'admin' } });
    expect(await connect().verify()).toEqual({ apiUserId: apiUser, accountName: 'loom' });
  });

  it.each([404, 400])('finds us by e-mail where the account answers %i to that', async (status) => {
    api()
      .get('/api/users/0')
      .reply(status, { error: { msg: 'no' } });
    usersAre();
    expect((await connect().verify()).apiUserId).toBe(apiUser);
  });

  it.each([401, 403])('takes %i for wrong credentials, and keeps them to itself', async (status) => {
    api().get('/api/users/0').reply(status, '<html>no</html>');
    const error = await thrownBy(connect().verify());
    expect(error).toBeInstanceOf(Refused);
    expect(String(error)).not.toMatch(/the-api-key|deskledger@example\.com/);
  });

  it('refuses a user whom the account does not know', async () => {
    api().get('/api/users/0').reply(404, {});
    api().get('/api/users').query(true).reply(200, list([]));
    expect(await thrownBy(connect().verify())).toBeInstanceOf(Refused);
  });

  it('asks no other host than the vendor’s', () => {
    expect(() => connect({ baseUrl: 'https://evil.example' })).toThrow(Refused);
    expect(() => connect({ baseUrl: 'http://loom.gorgias.com' })).toThrow(Refused);
    expect(() => connect({ baseUrl: 'https://127.0.0.1' })).toThrow(Refused);
  });
});

describe('pullTickets', () => {
  it('reads an open ticket in one call', async () => {
    ticketIs(ticketJson({ messages: [message(1, 0), reply(2, 1, ben)] }));
    const pulled = await pull(connect(), 'if solved');
    expect(pulled.tickets).toMatchObject([{ externalId: ticketId, firstMessage: 'Where is my parcel?' }]);
    expect(pulled.tickets[0]?.history).toBeUndefined();
    expect(pulled).toMatchObject({
      missing: [],
      agents: [
        { externalId: ben, name: `User ${ben}` },
        { externalId: anna, name: 'Anna' },
      ],
    });
  });

  it('reads a closed ticket with its events, people and handle time', async () => {
    ticketIs(closedTicket({ messages: [message(1, 0), reply(2, 1, anna), reply(3, 2, bot), note(4, 3, ben)] }));
    eventsAre([event(1, 5, 'ticket-tags-added', anna, { data: { tags_added: [55] } })], 'more');
    eventsAre([event(2, 60, 'ticket-closed', anna)], null, 'more');
    api().get('/api/tags/55').reply(200, { id: 55, name: 'partner_nord' });
    usersAre();
    let asked: unknown;
    statsAre([{ ticketId: Number(ticketId), agentId: Number(anna), handleTime: 340 }], (query) => {
      asked = query;
    });
    const { tickets, agents } = await pull(connect(), 'if solved');
    expect(tickets[0]).toMatchObject({
      status: 'solved',
      history: {
        closing: {
          totalSeconds: 340,
          workers: [
            { agentId: anna, weight: 1, at: expect.any(Date) },
            { agentId: ben, weight: 1, at: expect.any(Date) },
          ],
        },
        againAt: new Date(minuteAt(60).getTime() + 24 * hourMs),
        choices: { partner: [{ by: anna, added: ['nord'] }] },
        solvedAt: minuteAt(60),
      },
    });
    expect(tickets[0]?.history?.touches.map(({ sourceKey }) => sourceKey)).toEqual(['message:2', 'message:4']);
    expect(agents.map(({ externalId }) => externalId)).toEqual([anna, ben]);
    expect(asked).toEqual({
      scope: 'ticket-handle-time',
      measures: ['handleTime'],
      dimensions: ['ticketId', 'agentId'],
      timezone: 'UTC',
      filters: [
        { member: 'periodStart', operator: 'afterDate', values: ['2026-03-01T00:00:00.000'] },
        { member: 'periodEnd', operator: 'beforeDate', values: ['2026-03-02T00:00:00.000'] },
      ],
    });
  });

  it('remembers people, tags and that handle times are not told', async () => {
    const client = connect();
    usersAre();
    api()
      .get('/api/tags/55')
      .reply(404, { error: { msg: 'Resource not found.' } });
    api()
      .post('/api/reporting/stats')
      .query(true)
      .reply(400, { error: { msg: 'unknown dimension' } });
    for (let time = 0; time < 2; time++) {
      ticketIs(closedTicket({ messages: [reply(2, 1, anna)] }));
      eventsAre([event(1, 5, 'ticket-tags-added', ben, { data: { tags_added: [55] } })]);
      const { tickets } = await pull(client);
      expect(tickets[0]?.history).not.toHaveProperty('closing');
      expect(tickets[0]?.history?.choices?.partner).toEqual([]);
    }
  });

  it('reads the events of an open ticket too where tags or fields speak of two partners', async () => {
    const tags = [
      { id: 1, name: 'partner_nord' },
      { id: 2, name: 'partner_sud' },
    ];
    ticketIs(ticketJson({ tags }));
    eventsAre([event(1, 5, 'ticket-tags-added', anna, { data: { tags_added: [2] } })]);
    usersAre();
    const { tickets } = await pull(connect(), 'if solved');
    expect(tickets[0]?.history?.choices?.partner).toMatchObject([{ by: anna, added: ['sud'], left: ['nord'] }]);
  });

  it('asks for the talk time of phone tickets, and no more where the account has none', async () => {
    const phone = ticketJson({ channel: 'phone', assignee_user_id: null, assignee_user: null });
    const client = connect();
    ticketIs(phone);
    eventsAre([]);
    api()
      .get('/api/phone/voice-calls')
      .query({ ticket_id: ticketId, limit: '100' })
      .reply(200, list([{ id: 8, created_datetime: at(5), duration: 61, last_answered_by_agent_id: Number(anna) }]));
    expect((await pull(client)).tickets[0]?.history?.touches).toMatchObject([{ sourceKey: 'call:8', talkSeconds: 61 }]);
    for (const status of [404, 500]) {
      const other = connect();
      ticketIs(phone);
      eventsAre([]);
      api()
        .get('/api/phone/voice-calls')
        .query(true)
        .times(status === 500 ? 4 : 1)
        .reply(status, {});
      expect((await pull(other)).tickets[0]?.history?.touches).toEqual([]);
      ticketIs(phone);
      eventsAre([]);
      expect((await pull(other)).tickets).toHaveLength(1);
    }
  });

  it('reads messages that the ticket leaves out', async () => {
    ticketIs(ticketJson({ messages: [message(9, 9, { body_text: 'last' })], messages_count: 3 }));
    api()
      .get('/api/messages')
      .query({ ticket_id: ticketId, limit: '100' })
      .reply(200, list([message(9, 9), message(5, 5)], 'c'));
    api()
      .get('/api/messages')
      .query({ ticket_id: ticketId, limit: '100', cursor: 'c' })
      .reply(200, list([message(1, 0, { body_text: 'first' })]));
    expect((await pull(connect(), 'no')).tickets[0]?.firstMessage).toBe('first');
  });

  it('asks for the merge that may have trashed a ticket', async () => {
    ticketIs(ticketJson({ trashed_datetime: at(60), messages: [] }));
    eventsAre([event(1, 60, 'ticket-trashed', anna)]);
    usersAre();
    const query = {
      types: 'ticket-merged',
      'created_datetime[gte]': '2026-03-01T08:59:50.000Z',
      'created_datetime[lte]': '2026-03-01T09:00:10.000Z',
      limit: '100',
    };
    const merge = event(2, 60, 'ticket-merged', anna, { object_id: 5, data: { source_ticket_id: Number(ticketId) } });
    api()
      .get('/api/events')
      .query(query)
      .reply(200, list([merge]));
    expect((await pull(connect(), 'if solved')).tickets[0]).toMatchObject({
      status: 'deleted',
      mergedIntoExternalId: '5',
    });
  });

  it('bug: a history was read where none was wanted', async () => {
    const tags = ['partner_nord', 'partner_sud'].map((name, index) => ({ id: index + 1, name }));
    ticketIs(ticketJson({ tags }));
    const [ticket] = (await pull(connect(), 'no')).tickets;
    expect(ticket).toMatchObject({ tags: ['partner_nord', 'partner_sud'] });
    expect(ticket).not.toHaveProperty('history');
  });

  it('tells what is gone for good from what is in the trash', async () => {
    ticketIs(ticketJson({ trashed_datetime: at(60) }));
    api()
      .get('/api/tickets/7')
      .reply(404, { error: { msg: 'Resource not found.' } });
    const { tickets, missing } = await connect().pullTickets([
      { externalId: ticketId, withHistory: 'no' },
      { externalId: '7', withHistory: 'no' },
    ]);
    expect(tickets).toMatchObject([{ status: 'deleted', frozen: true }]);
    expect(missing).toEqual(['7']);
  });

  it.each([
    ['a page of a proxy', '<html>Not Found</html>'],
    ['nothing', ''],
    ['a list', []],
  ])('bug: a 404 with %s made a ticket missing', async (_, body) => {
    api().get('/api/tickets/7').times(4).reply(404, body);
    const pulling = connect(undefined, clockAt().clock).pullTickets([{ externalId: '7', withHistory: 'no' }]);
    expect(await thrownBy(pulling)).toMatchObject({ status: 404, retryable: true });
  });

  it('bug: an account that answers 404 to everything, in JSON, lost all its tickets', async () => {
    const gone = { error: { msg: 'Resource not found.' } };
    api().get('/api/tickets/7').reply(404, gone);
    api().get('/api/users/0').reply(404, gone);
    api().get('/api/users').query(true).reply(404, gone);
    const pulling = connect().pullTickets([{ externalId: '7', withHistory: 'no' }]);
    expect(await thrownBy(pulling)).toMatchObject({ status: 404, retryable: true });
  });

  it('does not tell a disturbance from a ticket for a missing one', async () => {
    api().get(path).times(4).reply(500, '<html>');
    expect(await thrownBy(pull(connect()))).toMatchObject({ status: 500, retryable: true });
    ticketIs({ id: 'x' });
    expect(await thrownBy(pull(connect()))).toBeInstanceOf(UpstreamError);
  });

  it('bug: a lot larger than the quota of a minute was read in vain, again and again', async () => {
    const { clock } = clockAt();
    const ids = Array.from({ length: 100 }, (_, index) => String(index + 1));
    let calls = 0;
    nock(origin)
      .persist()
      .get(/^\/api\/tickets\/\d+$/)
      .reply((request: Request) => {
        calls++;
        return [
          200,
          ticketJson({ id: Number(new URL(request.url).pathname.split('/').at(-1)) }),
          { 'x-gorgias-account-api-call-limit': '2/40' },
        ];
      });
    const client = connect({ limitShare: 0.25 }, clock);
    const startMs = clock.now().getTime();
    expect(await pulledInParts(client, ids, 'no')).toBeLessThanOrEqual(10);
    nock.cleanAll();
    // No call was for nothing, and the pace is our share: 10 in 20 s.
    expect(calls).toBe(100);
    expect((clock.now().getTime() - startMs) / 1000).toBeLessThanOrEqual(200 / 0.95);
  });

  it('throws where the quota is empty before the first ticket', async () => {
    api().get(path).reply(429, '', { 'retry-after': '600' });
    expect(await thrownBy(pull(connect()))).toBeInstanceOf(LimitReached);
  });
});
