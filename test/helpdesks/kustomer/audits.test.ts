import { describe, expect, it } from 'vitest';
import { thrownBy, withNock } from '../nocked.ts';
import {
  anna,
  api,
  auditJson,
  ben,
  connect,
  conversation,
  conversationId,
  done,
  hex,
  list,
  listOf,
  minute,
  now,
  path,
  timeJson,
  users,
} from './support.ts';

withNock();

describe('the account’s log', () => {
  const chosen = () => {
    conversation({ ...done, custom: { partnerStr: 'nord' } }, { customer: null });
    list(path('/messages'), []);
    list(`/v2/conversations/${conversationId}/times`, [timeJson(1, anna, 60_000)]);
  };

  it.each([400, 403, 404])(
    'bug: a key that may not read the log (%i) said that nobody had chosen, which took choices away',
    async (status) => {
      chosen();
      api().get('/v1/audit-logs').query(true).reply(status, { errors: [] });
      api().get('/v1/users').query(true).reply(403, {});
      api().get(`/v1/users/${anna}`).reply(403, {});
      const { tickets, agents } = await connect().pullTickets([{ externalId: conversationId, withHistory: 'yes' }]);
      expect(tickets[0]?.history).toMatchObject({ work: [{ agentId: anna, actor: 'agent' }], choices: null });
      expect(agents).toEqual([]);
    },
  );

  it('bug: a proxy’s page in place of the log said that nobody had chosen', async () => {
    chosen();
    api().get('/v1/audit-logs').query(true).times(4).reply(404, '<html>', { 'content-type': 'text/html' });
    const pulling = connect().pullTickets([{ externalId: conversationId, withHistory: 'yes' }]);
    expect(await thrownBy(pulling)).toMatchObject({ status: 404, retryable: true });
  });

  it('says from when on the log tells choices: from its oldest entry, and nothing where it has none', async () => {
    for (const [entries, since] of [
      [[auditJson(7, anna, {}), auditJson(6, ben, {})], new Date(minute(6))],
      [[], now],
    ] as const) {
      chosen();
      list('/v1/audit-logs', entries);
      users();
      const { tickets } = await connect().pullTickets([{ externalId: conversationId, withHistory: 'yes' }]);
      expect(tickets[0]?.history).toMatchObject({ choices: { partner: [] }, choicesSince: since });
    }
  });

  it('takes no other conversation’s changes where the log answers for all', async () => {
    conversation({ ...done, assignedUsers: [], custom: { partnerStr: 'nord' } }, { customer: null });
    list(path('/messages'), []);
    list(`/v2/conversations/${conversationId}/times`, []);
    const changes = { attributes: { custom: { before: {}, after: { partnerStr: 'sud' } } } };
    api()
      .get('/v1/audit-logs')
      .query(true)
      .reply(200, {
        ...listOf([auditJson(5, anna, changes, { objectId: hex('c0', 9) }), auditJson(6, anna, changes)]),
        links: { next: '/v1/audit-logs?page=2' },
      });
    users();
    const { tickets } = await connect().pullTickets([{ externalId: conversationId, withHistory: 'yes' }]);
    expect(tickets[0]?.history?.choices?.partner).toMatchObject([{ sourceKey: `audit:${auditJson(6, anna, 0).id}` }]);
  });
});
