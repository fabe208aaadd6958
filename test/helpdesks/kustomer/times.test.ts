import { describe, expect, it } from 'vitest';
import { thrownBy, withNock } from '../nocked.ts';
import {
  anna,
  api,
  connect,
  conversation,
  conversationId,
  done,
  hex,
  list,
  listOf,
  path,
  timeJson,
  users,
} from './support.ts';

withNock();

describe('the handle timer', () => {
  const pulling = (attributes = done) => {
    conversation(attributes, { customer: null });
    list(path('/messages'), []);
  };
  const times = (version: string, status: number, data: readonly unknown[] = []) =>
    api()
      .get(`/${version}/conversations/${conversationId}/times`)
      .query(true)
      .reply(status, status === 200 ? listOf(data) : { errors: [{ code: 'not_found' }] });
  const workOf = async (client: ReturnType<typeof connect>) => {
    const { tickets } = await client.pullTickets([{ externalId: conversationId, withHistory: 'yes' }]);
    return tickets[0]?.history?.work.map(({ clock, rawSeconds }) => [clock, rawSeconds]);
  };

  it('is v2, and stays it though one conversation later has none', async () => {
    users();
    const client = connect();
    pulling();
    times('v2', 200, [timeJson(1, anna, 60_000)]);
    expect(await workOf(client)).toEqual([['kustomer handle time v2', 60]]);
    pulling();
    times('v2', 404);
    expect(await workOf(client)).toEqual([]);
  });

  it('bug: one conversation without measured time settled the timer', async () => {
    users();
    const client = connect();
    pulling();
    times('v2', 200, []);
    times('v1', 200, []);
    expect(await workOf(client)).toEqual([]);
    pulling();
    times('v2', 200, []);
    times('v1', 200, [timeJson(1, anna, 60)]);
    expect(await workOf(client)).toEqual([['kustomer handle time v1', 60]]);
    pulling();
    times('v1', 200, [timeJson(1, anna, 90)]);
    expect(await workOf(client)).toEqual([['kustomer handle time v1', 90]]);
  });

  it('bug: the timer was looked for on one conversation alone', async () => {
    const other = hex('c0', 2);
    api()
      .post('/v1/customers/search')
      .query({ page: 1, pageSize: 10 })
      .reply(200, listOf([{ id: conversationId }, { id: other }]));
    times('v2', 200, []);
    list(path('/times', other).replace('/v1/', '/v2/'), [timeJson(1, anna, 60_000)]);
    expect((await connect().discover?.())?.settings).toEqual({ timesVersion: 'v2' });
  });

  it('is v1 where there is no v2, which is asked for once', async () => {
    users();
    const client = connect();
    pulling();
    times('v2', 404);
    times('v1', 200, [timeJson(1, anna, 60)]);
    expect(await workOf(client)).toEqual([['kustomer handle time v1', 60]]);
    pulling();
    times('v1', 200, [timeJson(1, anna, 90)]);
    expect(await workOf(client)).toEqual([['kustomer handle time v1', 90]]);
  });

  it('is not v1 for a fault of v2', async () => {
    pulling();
    api().get(`/v2/conversations/${conversationId}/times`).query(true).times(4).reply(500, 'down');
    expect(await thrownBy(workOf(connect()))).toMatchObject({ status: 500 });
  });

  it('is the one that the settings name', async () => {
    users();
    pulling();
    times('v1', 200, [timeJson(1, anna, 60)]);
    expect(await workOf(connect({ timesVersion: 'v1' }))).toEqual([['kustomer handle time v1', 60]]);
  });
});
