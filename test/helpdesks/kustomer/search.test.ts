import { describe, expect, it } from 'vitest';
import { InvalidInput, UpstreamError } from '../../../src/core/errors.ts';
import { collect, withNock } from '../nocked.ts';
import { type Asked, archive, changeJson, kustomerWith, live, row, second } from './search-support.ts';
import { api, clockAt, connect, hex, now } from './support.ts';

withNock({ standing: true });

const since = new Date(second(0));
const walk = async (from: { cursor?: string | null; since?: Date; until?: Date } = {}, client = connect()) =>
  collect(
    client.walkChanges({
      cursor: from.cursor ?? null,
      since: from.since ?? since,
      ...(from.until ? { until: from.until } : {}),
    }),
  );
const idsOf = (pages: Awaited<ReturnType<typeof walk>>) =>
  pages.flatMap(({ changed }) => changed.map(({ externalId }) => externalId));

describe('walkChanges', () => {
  it('tells all that changed, deleted ones too, and where it stands', async () => {
    const asked = kustomerWith([row(1), row(2, second(2), { status: 'done' }), row(3, second(3), { deleted: true })]);
    const pages = await walk();
    expect(pages).toEqual([
      {
        changed: [
          { externalId: hex('c0', 1), updatedAt: new Date(second(1)), status: 'open' },
          { externalId: hex('c0', 2), updatedAt: new Date(second(2)), status: 'solved' },
          { externalId: hex('c0', 3), updatedAt: new Date(second(3)), status: 'deleted' },
        ],
        cursor: `live/updated/${second(3)}`,
      },
    ]);
    expect(asked).toHaveLength(1);
  });

  it('asks as documented', async () => {
    const bodies: unknown[] = [];
    api()
      .post(live, (body) => bodies.push(body) > 0)
      .query({ page: 1, pageSize: 500 })
      .reply(200, { data: [], meta: { total: 0 } });
    expect(await walk()).toEqual([]);
    expect(bodies).toEqual([
      {
        queryContext: 'conversation',
        and: [{ conversation_updated_at: { gte: since.toISOString() } }],
        sort: [{ conversation_updated_at: 'asc' }],
        includeDeleted: true,
      },
    ]);
  });

  it.each([
    ['the total is told', true],
    ['no total is told', false],
  ])(
    'comes to the end of many pages and past the hundredth, each conversation once, where %s',
    async (_what, tellsTotal) => {
      const rows = Array.from({ length: 330 }, (_, index) => row(index + 1));
      const asked = kustomerWith(rows, { cap: 3, tellsTotal });
      const ids = idsOf(await walk());
      expect(ids).toEqual(rows.map(({ id }) => id));
      expect(asked.length).toBeGreaterThan(100);
      expect(Math.max(...asked.map(({ page }) => page))).toBeLessThanOrEqual(2);
    },
  );

  it.each([
    ['the total is told', true],
    ['no total is told', false],
  ])('neither loops over nor misses pages of one moment, where %s', async (_what, tellsTotal) => {
    const rows = [row(1), ...Array.from({ length: 12 }, (_, index) => row(index + 2, second(5))), row(14, second(6))];
    const asked = kustomerWith(rows, { cap: 3, tellsTotal });
    const ids = idsOf(await walk());
    expect(ids.toSorted()).toEqual(rows.map(({ id }) => id));
    expect(asked.length).toBeLessThan(12);
  });

  it('misses nothing that slides to a page before because others changed', async () => {
    const rows = Array.from({ length: 9 }, (_, index) => row(index + 1));
    kustomerWith(rows, {
      cap: 3,
      between: (all, call) => {
        if (call === 1) Object.assign(all[0] ?? {}, { updatedAt: second(60), rev: 2 });
      },
    });
    const ids = idsOf(await walk());
    expect(new Set(ids)).toEqual(new Set(rows.map(({ id }) => id)));
    expect(ids.filter((id) => id === hex('c0', 1))).toHaveLength(2);
  });

  it('goes on from its cursor, whatever it was told last', async () => {
    const rows = Array.from({ length: 6 }, (_, index) => row(index + 1));
    kustomerWith(rows, { cap: 3 });
    const first: Awaited<ReturnType<typeof walk>>[number][] = [];
    for await (const page of connect().walkChanges({ cursor: null, since })) {
      first.push(page);
      break;
    }
    const rest = await walk({ cursor: first[0]?.cursor ?? null });
    expect(new Set([...idsOf(first), ...idsOf(rest)])).toEqual(new Set(rows.map(({ id }) => id)));
  });

  it('ends at `until`', async () => {
    kustomerWith([row(1), row(2), row(3)]);
    expect(idsOf(await walk({ until: new Date(second(2)) }))).toEqual([hex('c0', 1), hex('c0', 2)]);
  });

  it('leaves its cursor behind what may not be found yet', async () => {
    const recent = new Date(now.getTime() - 1000).toISOString();
    kustomerWith([row(1), row(2, recent)]);
    const pages = await walk();
    expect(pages.at(-1)?.cursor).toBe(`live/updated/${new Date(now.getTime() - 60_000).toISOString()}`);
  });

  it('says where one moment holds more than a search shows', async () => {
    kustomerWith([], {
      answer: ({ page }) => [
        200,
        { data: [changeJson(row(page, second(5)))], meta: { total: 1_000_000, pageSize: 1 } },
      ],
    });
    await expect(walk()).rejects.toThrow(/beyond what a search shows/);
  });

  it('takes no search for complete that ended early', async () => {
    let calls = 0;
    kustomerWith([row(1)], {
      answer: () => (calls++ === 0 ? [200, { data: [], meta: { timed_out: true } }] : undefined),
    });
    await expect(walk()).rejects.toMatchObject({ retryable: true });
  });

  it('refuses a cursor that is none of its own', async () => {
    await expect(walk({ cursor: 'MTU3NjYxMzUzOS4wfHw0Njd8' })).rejects.toBeInstanceOf(InvalidInput);
  });

  it('spends no more searches a minute than a key may make', async () => {
    const rows = Array.from({ length: 130 }, (_, index) => row(index + 1));
    kustomerWith(rows, { cap: 2 });
    const { clock, slept } = clockAt();
    expect(idsOf(await walk({}, connect({ limitShare: 0.5 }, clock)))).toHaveLength(130);
    expect(slept.length).toBeGreaterThanOrEqual(2);
    expect(slept.every((ms) => ms <= 60_000)).toBe(true);
  });

  describe('through the archive', () => {
    const old = (number: number) => new Date(Date.UTC(2022, 0, number)).toISOString();
    const longAgo = new Date(old(1));
    const oldRow = (number: number) => row(100 + number, old(number));

    it('finds what is older than two years first, then the rest', async () => {
      kustomerWith([oldRow(1), oldRow(2)], { place: archive });
      kustomerWith([row(1)]);
      const pages = await walk({ since: longAgo });
      expect(idsOf(pages)).toEqual([hex('c0', 101), hex('c0', 102), hex('c0', 1)]);
      expect(pages.map(({ cursor }) => cursor?.split('/')[0])).toEqual(['archive', 'live', 'live']);
    });

    it('asks by creation where the archive knows no update', async () => {
      const asked = kustomerWith([oldRow(1)], {
        place: archive,
        answer: ({ and }) => (and[0] && 'conversation_updated_at' in and[0] ? [400, {}] : undefined),
      });
      kustomerWith([]);
      expect(idsOf(await walk({ since: longAgo }))).toEqual([hex('c0', 101)]);
      expect(asked).toHaveLength(2);
    });

    it.each([403, 404])('does without where the account has none (%i)', async (status) => {
      kustomerWith([], { place: archive, answer: () => [status, { errors: [] }] });
      kustomerWith([row(1)]);
      expect(idsOf(await walk({ since: longAgo }))).toEqual([hex('c0', 1)]);
    });

    it('bug: a 404 of a proxy was taken for an account without one, and its past left out', async () => {
      api().persist().post(new RegExp(archive)).reply(404, '<html>not here</html>', { 'content-type': 'text/html' });
      kustomerWith([row(1)]);
      await expect(walk({ since: longAgo })).rejects.toMatchObject({ status: 404, retryable: true });
    });

    it('bug: a walk that was cut off in the archive left out a day of the live search', async () => {
      const border = new Date(now.getTime() - 729.5 * 24 * 60 * 60 * 1000).toISOString();
      kustomerWith([oldRow(2)], { place: archive });
      kustomerWith([row(7, border), row(1)]);
      const pages = await walk({ since: longAgo, cursor: `archive/updated/${old(2)}` });
      expect(idsOf(pages)).toEqual([hex('c0', 102), hex('c0', 7), hex('c0', 1)]);
    });

    it('is gone on with from a cursor in it', async () => {
      kustomerWith([oldRow(1), oldRow(2)], { place: archive });
      kustomerWith([row(1)]);
      const pages = await walk({ since: longAgo, cursor: `archive/updated/${old(2)}` });
      expect(idsOf(pages)).toEqual([hex('c0', 102), hex('c0', 1)]);
    });
  });
});

describe('count', () => {
  it('is what a search finds, without spam', async () => {
    api()
      .post(live, {
        queryContext: 'conversation',
        and: [{ conversation_created_at: { gte: since.toISOString() } }],
        not: [{ conversation_spam: { equals: true } }],
      })
      .query({ page: 1, pageSize: 1 })
      .reply(200, { data: [], meta: { total: 4711 } });
    expect(await connect().count?.(since)).toBe(4711);
  });

  it('is of all where spam is no attribute, and unknown where no total is told', async () => {
    const asked: object[] = [];
    api()
      .persist()
      .post(live)
      .query(true)
      .reply(async (request: Request) => {
        const body: object = JSON.parse(await request.text());
        asked.push(body);
        return 'not' in body ? [400, {}] : [200, { data: [] }];
      });
    expect(await connect().count?.(since)).toBeNull();
    expect(asked).toHaveLength(2);
  });

  it('bug: an old conversation that changed lately was counted nowhere; the archive is added', async () => {
    const bounds: unknown[] = [];
    api()
      .persist()
      .post((uri) => uri.startsWith('/v1/customers/'))
      .reply(async (request: Request) => {
        const body: Asked = JSON.parse(await request.text());
        bounds.push(body.and.map((criterion) => criterion.conversation_created_at));
        return [200, { data: [], meta: { total: request.url.includes(archive) ? 3 : 4 } }];
      });
    expect(await connect().count?.(new Date('2020-01-01T00:00:00.000Z'))).toBe(7);
    expect(bounds).toEqual([
      [{ gte: '2020-01-01T00:00:00.000Z' }],
      [{ gte: '2020-01-01T00:00:00.000Z' }, { lt: '2024-03-02T12:00:00.000Z' }],
    ]);
  });
});

it.each([403, 404])('bug: a backfill of long ago was never complete where there is no archive (%i)', async (status) => {
  kustomerWith([], { place: archive, answer: () => [status, { errors: [] }] });
  kustomerWith([row(1)]);
  expect(await connect().count?.(new Date('2020-01-01T00:00:00.000Z'))).toBe(1);
});

it('a fault of the archive is no end of it', async () => {
  kustomerWith([], { place: archive, answer: () => [500, {}] });
  await expect(walk({ since: new Date('2020-01-01T00:00:00.000Z') })).rejects.toBeInstanceOf(UpstreamError);
});
