import { describe, expect, it } from 'vitest';
import { LimitReached, UpstreamError } from '../../../src/core/errors.ts';
import { withNock } from '../nocked.ts';
import { api, clockAt, connect, id } from './client-support.ts';
import { ticketJson } from './support.ts';

withNock();

describe('changeTags', () => {
  const path = `/api/v2/tickets/${id}/tags`;

  it('adds by PUT and takes away by DELETE with a body', async () => {
    api()
      .put(path, { tags: ['partner_nord'] })
      .reply(200, { tags: ['vip', 'partner_nord'] });
    api()
      .delete(path, { tags: ['partner_sud'] })
      .reply(200, { tags: ['vip'] });
    await connect().changeTags(id, { add: ['partner_nord'], remove: ['partner_sud'] });
  });

  it('calls nobody where nothing changes', async () => {
    await connect().changeTags(id, { add: [], remove: [] });
  });

  it.each([
    ['a closed ticket', 422, false],
    ['a ticket that is gone', 404, false],
    ['a clash with somebody’s save', 409, true],
  ])('tells %s by its status', async (_what, status, retryable) => {
    api()
      .put(path)
      .reply(status, { error: status === 404 ? 'RecordNotFound' : 'RecordInvalid' });
    const error = await connect()
      .changeTags(id, { add: ['partner_nord'], remove: [] })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UpstreamError);
    expect(error).toMatchObject({ status, retryable });
  });

  it('hands on a quota that is used up for long', async () => {
    api().put(path).reply(429, {}, { 'retry-after': '93' });
    const error = await connect()
      .changeTags(id, { add: ['partner_nord'], remove: [] })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LimitReached);
    expect(error).toMatchObject({ retryAfterMs: 93_000 });
  });

  it('waits for the quota of updates, which reads do not touch', async () => {
    const { clock, slept } = clockAt();
    const client = connect({ limitShare: 0.01 }, clock);
    const headers = {
      'x-rate-limit': '700',
      'x-rate-limit-remaining': '650',
      'zendesk-ratelimit-tickets-update': 'total=100; remaining=2; resets=30',
    };
    api().put(path).twice().reply(200, { tags: [] }, headers);
    api()
      .get('/api/v2/tickets/show_many.json')
      .query(true)
      .reply(200, { tickets: [ticketJson()] });
    await client.changeTags(id, { add: ['partner_nord'], remove: [] });
    await client.pullTickets([{ externalId: id, withHistory: 'no' }]);
    expect(slept).toEqual([]);
    await client.changeTags(id, { add: ['region_se'], remove: [] });
    expect(slept).toEqual([30_000]);
  });

  it.each(['two words', 'a,b', 'Upper', '', 'x'.repeat(81)])(
    'refuses a tag that Zendesk would change: %s',
    async (tag) => {
      await expect(connect().changeTags(id, { add: [tag], remove: [] })).rejects.toThrow(/no tag that we write/);
    },
  );
});
