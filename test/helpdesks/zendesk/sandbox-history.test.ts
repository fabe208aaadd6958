import { describe, expect, test } from 'vitest';
import { dayMs, hourMs, minuteMs } from '../../../src/core/time.ts';
import { connectZendesk } from '../../../src/helpdesks/zendesk/client.ts';
import { settingsSchema } from '../../../src/helpdesks/zendesk/settings.ts';
import type { ZendeskArchive } from '../../../src/sandbox/zendesk/archive.ts';
import type { ZendeskSandboxOptions } from '../../../src/sandbox/zendesk/index.ts';
import { startMs } from '../../sandbox/stage.ts';
import { startZendesk } from '../../sandbox/zendesk-stage.ts';

/** An account and the adapter as the product connects it. */
const start = async (options: Partial<ZendeskSandboxOptions>, settings: object = {}) => {
  const stage = await startZendesk(options);
  const { sandbox, clock } = stage;
  const client = connectZendesk(settingsSchema.parse({ ...sandbox.settings, limitShare: 1, ...settings }), {
    clock,
    allowPrivate: true,
    apiUserId: String(sandbox.apiUserId),
  });
  return { ...stage, client };
};

describe('archived tickets', () => {
  test.each<[string, ZendeskArchive]>([
    ['as usual', {}],
    ['where the bulk read leaves them out', { inBulk: 'left out' }],
    ['where their audits refuse to page', { pagedAudits: 'refused' }],
    ['where both do', { inBulk: 'left out', pagedAudits: 'refused' }],
  ])('are walked, counted and pulled whole %s', async (_how, archive) => {
    const { client, ticket, clock, agent } = await start({ archive });
    const old = [100, 200, 300].map((seconds) => ticket({ seconds, status: 'closed' }));
    await clock.sleep(130 * dayMs);
    const fresh = ticket({ seconds: 400, status: 'solved' });
    await clock.sleep(hourMs);
    const all = [...old, fresh].map(String);

    const walked: string[] = [];
    for await (const { changed } of client.walkChanges({ cursor: null, since: new Date(startMs - dayMs) }))
      walked.push(...changed.map(({ externalId }) => externalId));
    expect(walked).toEqual(all);
    expect(await client.count?.(new Date(startMs - dayMs))).toBe(4);

    const { tickets, missing } = await client.pullTickets(
      walked.map((externalId) => ({ externalId, withHistory: 'if solved' })),
    );
    expect(missing).toEqual([]);
    expect(
      tickets.map(({ externalId, status, frozen, requester, history }) => ({
        externalId,
        status,
        frozen,
        locale: requester?.locale,
        work: history?.work.map(({ rawSeconds, agentId }) => [rawSeconds, agentId]),
      })),
    ).toEqual(
      all.map((externalId, index) => ({
        externalId,
        status: index < 3 ? 'closed' : 'solved',
        frozen: index < 3,
        locale: 'sv',
        work: [[(index + 1) * 100, String(agent)]],
      })),
    );
  });

  test('are tagged by job', async () => {
    const { client, ticket, clock, desk } = await start({});
    const id = ticket({ status: 'closed' });
    await clock.sleep(130 * dayMs);
    await client.changeTagsOfMany?.([{ externalId: String(id), add: ['partner_nord'], remove: [] }]);
    expect(desk.ticket(id).tags).toEqual(['partner_nord', 'vip']);
  });
});

describe('engagements', () => {
  test.each(['all', 'MESSAGING'] as const)('come over pages and walks, of both channels (%s)', async (engagements) => {
    const { client, sandbox, clock, ticket, agent } = await start({ engagements }, { engagementClock: 'instead' });
    const id = ticket();
    const told: string[] = [];
    const add = (startedMs: number, lengthMs: number, channel: 'MESSAGING' | 'SUPPORT') => {
      sandbox.engagements?.add({
        ticketId: id,
        agentId: agent,
        startMs: startedMs,
        endMs: startedMs + lengthMs,
        channel,
      });
      told.push(`${id} ${agent} ${lengthMs / 1000}`);
    };
    const seen = new Set<string>();
    const found: string[] = [];
    let cursor: string | null = null;
    const walk = async (): Promise<void> => {
      const since = new Date(startMs - 60 * dayMs);
      for await (const page of client.workFeeds?.[0]?.walk({ cursor, since }) ?? []) {
        for (const { externalId, reading } of page.work) {
          if (seen.has(reading.sourceKey)) continue;
          seen.add(reading.sourceKey);
          found.push(`${externalId} ${reading.agentId} ${reading.rawSeconds}`);
        }
        ({ cursor } = page);
      }
    };
    for (let index = 0; index < 230; index += 1)
      add(startMs - 50 * dayMs + index * hourMs, (index + 60) * 1000, index % 3 === 0 ? 'SUPPORT' : 'MESSAGING');
    // Still under way, one of them for days: neither is told before its end.
    add(startMs - minuteMs, 30 * minuteMs, 'MESSAGING');
    add(startMs - 2 * dayMs, 6 * dayMs, 'SUPPORT');
    await walk();
    expect(found).toHaveLength(230);
    await clock.sleep(2 * hourMs);
    await walk();
    expect(found).toHaveLength(231);
    await clock.sleep(5 * dayMs);
    await walk();
    expect(found.toSorted()).toEqual(told.toSorted());
  });

  test('fail where a setting counts on them and the account has none', async () => {
    const { client } = await start({}, { engagementClock: 'instead' });
    const walk = async () => {
      for await (const _ of client.workFeeds?.[0]?.walk({ cursor: null, since: new Date(startMs) }) ?? []);
    };
    await expect(walk()).rejects.toMatchObject({ code: 'upstream', status: 404 });
  });
});
