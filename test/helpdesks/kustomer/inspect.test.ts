import { describe, expect, it } from 'vitest';
import { withNock } from '../nocked.ts';
import { anna, api, connect, conversationId, list, listOf, timeJson } from './support.ts';

withNock();

describe('inspect', () => {
  const found = async (client = connect()) =>
    Object.fromEntries(((await client.inspect?.()) ?? []).map(({ topic, level, next }) => [topic, { level, next }]));
  const paths = ['conversations', 'customers', 'messages', 'tags', 'users', 'audit-logs', 'outbound-webhooks'];
  const rights = (refused: readonly string[] = []) => {
    for (const name of paths)
      api()
        .get(`/v1/${name}`)
        .query({ page: 1, pageSize: 1 })
        .reply(refused.includes(name) ? 403 : 200, listOf([]), {
          'x-ratelimit-limit': '1000',
          'x-ratelimit-remaining': '900',
        });
  };
  const mapped = ['orderNumberStr', 'partnerStr', 'regionStr', 'reasonStr'];
  const attributes = (names: readonly string[] = mapped) =>
    api()
      .get('/v1/metadata/conversation')
      .reply(200, { data: { attributes: { properties: Object.fromEntries(names.map((name) => [name, {}])) } } });
  const surveys = (enabled: boolean) =>
    list('/v1/satisfaction', [{ type: 'satisfaction', id: 's1', attributes: { name: 'CSAT', enabled } }]);
  const latestDone = (data: readonly unknown[]) =>
    api()
      .post('/v1/customers/search', (body) => body.and[0].conversation_status.equals === 'done')
      .query({ page: 1, pageSize: 1 })
      .reply(200, listOf(data));
  const timesOf = (version: string, data: readonly unknown[]) =>
    list(`/${version}/conversations/${conversationId}/times`, data);

  it('finds an account that is as it should be', async () => {
    rights();
    surveys(false);
    attributes();
    latestDone([{ id: conversationId }]);
    timesOf('v2', [timeJson(1, anna, 1000)]);
    expect(await found()).toEqual({
      rights: { level: 'ok', next: null },
      'own survey': { level: 'ok', next: null },
      fields: { level: 'ok', next: null },
      'handle time': { level: 'ok', next: null },
      quota: { level: 'ok', next: null },
    });
  });

  it('warns of a survey that would ask twice, and of a timer that stands still', async () => {
    rights(['audit-logs']);
    surveys(true);
    attributes(mapped.slice(1));
    latestDone([{ id: conversationId }]);
    timesOf('v2', []);
    timesOf('v1', [timeJson(1, anna, 60)]);
    expect(await found(connect({ timesVersion: 'v2' }))).toMatchObject({
      rights: { level: 'warn', next: expect.stringContaining('org.permission.audit_logs.read') },
      'own survey': { level: 'warn' },
      fields: { level: 'fail', next: expect.stringContaining('orderNumberFieldId') },
      'handle time': { level: 'warn', next: expect.stringContaining('timesVersion to "v1"') },
    });
  });

  it('fails a key that may not read conversations', async () => {
    rights(['conversations']);
    api().get('/v1/satisfaction').query(true).reply(403, {});
    api().get('/v1/metadata/conversation').reply(403, {});
    expect(await found()).toMatchObject({
      rights: { level: 'fail' },
      'own survey': { level: 'warn' },
      fields: { level: 'warn', next: expect.stringContaining('org.permission.metadata.read') },
    });
  });
});
