import { describe, expect, it } from 'vitest';
import { LimitReached } from '../../../src/core/errors.ts';
import { connectZendesk } from '../../../src/helpdesks/zendesk/client.ts';
import { collect, withNock } from '../nocked.ts';
import { api, clockAt, connect, id, now, other } from './client-support.ts';
import { settingsWith } from './support.ts';

withNock();

describe('walkChanges', () => {
  const path = '/api/v2/incremental/tickets/cursor.json';
  const brief = (one: string, updated_at: string, status = 'open') => ({ id: Number(one), updated_at, status });

  it('walks to the end of the stream, past empty pages', async () => {
    api()
      .get(path)
      .query({ start_time: Date.parse('2026-02-01T00:00:00Z') / 1000 })
      .reply(200, {
        tickets: [
          brief(id, '2026-02-02T00:00:00Z'),
          brief(other, '2026-01-15T00:00:00Z'),
          brief(id, '2026-02-03T00:00:00Z', 'solved'),
          brief(id, '2026-02-01T00:00:00Z'),
        ],
        after_cursor: 'a1',
        end_of_stream: false,
      });
    api().get(path).query({ cursor: 'a1' }).reply(200, { tickets: [], after_cursor: 'a2', end_of_stream: false });
    api()
      .get(path)
      .query({ cursor: 'a2' })
      .reply(200, { tickets: [brief(other, '2026-02-04T00:00:00Z')], after_cursor: 'a3', end_of_stream: true });
    const pages = await collect(connect().walkChanges({ cursor: null, since: new Date('2026-02-01T00:00:00Z') }));
    expect(pages).toEqual([
      {
        changed: [
          { externalId: id, updatedAt: new Date('2026-02-03T00:00:00Z'), status: 'solved' },
          { externalId: other, updatedAt: new Date('2026-01-15T00:00:00Z'), status: 'open' },
        ],
        cursor: 'a1',
      },
      { changed: [], cursor: 'a2' },
      { changed: [{ externalId: other, updatedAt: new Date('2026-02-04T00:00:00Z'), status: 'open' }], cursor: 'a3' },
    ]);
  });

  it('ends after the page that reaches `until` by the time the export is ordered by', async () => {
    const until = new Date('2026-02-02T00:00:00Z');
    const page = (generated: string, cursor: string) => ({
      tickets: [{ ...brief(id, '2026-01-01T00:00:00Z'), generated_timestamp: Date.parse(generated) / 1000 }],
      after_cursor: cursor,
      end_of_stream: false,
    });
    api().get(path).query(true).reply(200, page('2026-02-02T00:00:00Z', 'a1'));
    api().get(path).query({ cursor: 'a1' }).reply(200, page('2026-02-02T00:00:01Z', 'a2'));
    const from = { cursor: null, since: new Date('2026-02-01T00:00:00Z'), until };
    expect(await collect(connect().walkChanges(from))).toHaveLength(2);
  });

  it('starts at least a minute ago', async () => {
    api()
      .get(path)
      .query({ start_time: Math.floor((now.getTime() - 61_000) / 1000) })
      .reply(200, { tickets: [], after_cursor: 'a1', end_of_stream: true });
    await collect(connect().walkChanges({ cursor: null, since: now }));
  });

  it('goes on from a cursor and stops where it does not move', async () => {
    api().get(path).query({ cursor: 'a9' }).reply(200, { tickets: [], after_cursor: 'a9' });
    expect(await collect(connect().walkChanges({ cursor: 'a9', since: now }))).toEqual([{ changed: [], cursor: 'a9' }]);
  });

  it('bug: a walk of more pages than one may have ended as if it were complete', async () => {
    const page = (cursor: string) => ({ tickets: [], after_cursor: cursor, end_of_stream: false });
    api().get(path).query(true).reply(200, page('a1'));
    api().get(path).query({ cursor: 'a1' }).reply(200, page('a2'));
    const deps = { clock: clockAt().clock, allowPrivate: false, apiUserId: null };
    const client = connectZendesk(settingsWith({ limitShare: 1 }), deps, { mostChangePages: 2 });
    const cursors: (string | null)[] = [];
    const walking = (async () => {
      for await (const { cursor } of client.walkChanges({ cursor: null, since: now })) cursors.push(cursor);
    })();
    await expect(walking).rejects.toThrow(LimitReached);
    // It goes on where it stopped.
    expect(cursors).toEqual(['a1', 'a2']);
  });

  it('bug: until a header told the quota of exports all of the account’s was taken for them', async () => {
    const { clock, slept } = clockAt();
    const headers = { 'x-rate-limit': '700', 'x-rate-limit-remaining': '600' };
    for (let page = 0; page < 12; page += 1)
      api()
        .get(path)
        .query(true)
        .reply(200, { tickets: [], after_cursor: `a${page + 1}`, end_of_stream: page === 11 }, headers);
    await collect(connect({}, clock).walkChanges({ cursor: null, since: now }));
    expect(slept.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(60_000);
  });

  it('takes what tells no quota at all for unlimited', async () => {
    const { clock, slept } = clockAt();
    for (let page = 0; page < 12; page += 1)
      api()
        .get(path)
        .query(true)
        .reply(200, { tickets: [], after_cursor: `a${page + 1}`, end_of_stream: page === 11 });
    await collect(connect({}, clock).walkChanges({ cursor: null, since: now }));
    expect(slept).toEqual([]);
  });

  it('keeps within the export’s own quota', async () => {
    const { clock, slept } = clockAt();
    const headers = {
      'x-rate-limit': '700',
      'x-rate-limit-remaining': '600',
      'zendesk-ratelimit-incremental-exports': 'total=10; remaining=1; resets=42',
    };
    api().get(path).query(true).reply(200, { tickets: [], after_cursor: 'a1' }, headers);
    api()
      .get(path)
      .query({ cursor: 'a1' })
      .reply(200, { tickets: [], after_cursor: 'a2', end_of_stream: true }, headers);
    await collect(connect({ limitShare: 0.1 }, clock).walkChanges({ cursor: 'a0', since: now }));
    expect(slept).toEqual([42_000]);
  });
});

describe('count', () => {
  const counting = (since: string) =>
    api()
      .get('/api/v2/search/count')
      .query({ query: `type:ticket created>=${since}` });

  it('asks the search for tickets created since', async () => {
    counting('2026-02-01T00:00:00Z').reply(200, { count: 1234 });
    expect(await connect().count?.(new Date('2026-02-01T00:00:00.500Z'))).toBe(1234);
  });

  it.each([403, 404])('tells no number where the search is closed to us: %d', async (status) => {
    counting('2026-02-01T00:00:00Z').reply(status, {});
    expect(await connect().count?.(new Date('2026-02-01T00:00:00Z'))).toBeNull();
  });
});
