import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectZendesk } from '../../../src/helpdesks/zendesk/client.ts';
import { settingsSchema } from '../../../src/helpdesks/zendesk/settings.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import { createZendeskSandbox, type ZendeskSandbox } from '../../../src/sandbox/zendesk/index.ts';
import { viaOf } from '../../../src/sandbox/zendesk/model.ts';
import { jumpingClock } from '../../sandbox/jumping-clock.ts';

const startMs = Date.parse('2026-03-02T09:00:00Z');
let sandbox: ZendeskSandbox;
let clock: Clock;

const client = (more: object = {}) =>
  connectZendesk(settingsSchema.parse({ ...sandbox.settings, limitShare: 1, ...more }), {
    clock,
    allowPrivate: true,
    apiUserId: String(sandbox.apiUserId),
  });

let customer: number;
let agent: number;
beforeEach(async () => {
  const jumping = jumpingClock(startMs);
  clock = { ...jumping, every: () => ({ stop: async () => {} }) };
  sandbox = await createZendeskSandbox({ clock: jumping, seed: 'test', talk: true });
  const person = { email: null, locale: 'sv', organizationId: null };
  customer = sandbox.desk.addUser({ ...person, name: 'Kim', role: 'end-user' }).id;
  agent = sandbox.desk.addUser({ ...person, name: 'Elm', role: 'agent' }).id;
});
afterEach(() => sandbox.close());

const nowMs = () => clock.now().getTime();
const ticket = (status: 'open' | 'closed' = 'open') => {
  const { id } = sandbox.desk.create({
    atMs: nowMs() - 60_000,
    subject: 'Return',
    body: 'Hello',
    requesterId: customer,
    via: viaOf('email'),
    brandId: 5,
    tags: ['vip'],
  });
  sandbox.desk.update(id, { atMs: nowMs() - 50_000, authorId: agent, values: { status } });
  return id;
};
const tagsOf = (id: number) => sandbox.desk.ticket(id).tags;

describe('tags by job', () => {
  test('reach closed tickets, which single calls do not, and leave the tags of others', async () => {
    const ids = [ticket('closed'), ticket('closed'), ticket()];
    const change = { add: ['partner_nord'], remove: [] };
    await expect(client().changeTags(String(ids[0]), change)).rejects.toMatchObject({ status: 422 });
    const changes = [...ids, 1].map((id) => ({ externalId: String(id), ...change }));
    const answer = await client().changeTagsOfMany?.(changes);
    expect(answer?.refused.map(({ externalId }) => externalId)).toEqual(['1']);
    expect(ids.map(tagsOf)).toEqual(Array.from({ length: 3 }, () => ['partner_nord', 'vip']));
    await client().changeTagsOfMany?.([{ externalId: String(ids[0]), add: ['partner_sud'], remove: ['partner_nord'] }]);
    expect(tagsOf(ids[0] ?? 0)).toEqual(['partner_sud', 'vip']);
  });
});

describe('a tag write beside others', () => {
  test('loses none of their tags and none of ours, whoever saves in between', async () => {
    const id = ticket();
    const { tickets } = await client().pullTickets([{ externalId: String(id), withHistory: 'no' }]);
    const updatedAt = tickets[0]?.updatedAt ?? new Date(0);
    sandbox.desk.update(id, { atMs: nowMs(), authorId: agent, values: { tags: ['vip', 'urgent'] } });
    const held = { updatedAt };
    await client().changeTags(String(id), { add: ['partner_nord', 'region_se'], remove: ['vip'] }, held);
    expect(tagsOf(id)).toEqual(['partner_nord', 'region_se', 'urgent']);
    await client().changeTags(String(id), { add: ['partner_sud'], remove: ['partner_nord'] }, held);
    expect(tagsOf(id)).toEqual(['partner_sud', 'region_se', 'urgent']);
  });

  test('loses nothing where many programs write at once', async () => {
    const id = ticket();
    const held = { updatedAt: new Date(sandbox.desk.ticket(id).updatedAtMs) };
    const tags = ['a', 'b', 'c'];
    await Promise.all(tags.map((tag) => client().changeTags(String(id), { add: [tag], remove: [] }, held)));
    expect(tagsOf(id)).toEqual(['a', 'b', 'c', 'vip']);
  });
});

describe('calls', () => {
  const legsOf = async (cursor: string | null) => {
    const [feed] = client().workFeeds ?? [];
    const found: string[] = [];
    let next = cursor;
    for await (const page of feed?.walk({ cursor, since: new Date(startMs - 3 * 86_400_000) }) ?? []) {
      for (const { externalId, reading } of page.work)
        found.push(`${externalId} ${reading.agentId === String(agent) ? 'elm' : 'other'} ${reading.rawSeconds}`);
      next = page.cursor;
    }
    return { found, next };
  };

  test('come over pages and walks, each leg to its ticket, and late ones are not missed', async () => {
    const calls = Array.from({ length: 150 }, (_, index) => {
      const ticketId = 100 + index;
      const legs = [{ agentId: agent, talkSeconds: 100 + index, wrapUpSeconds: 20 }];
      sandbox.talk?.add({ ticketId, startMs: startMs - 86_400_000 + index * 60_000, legs });
      return `${ticketId} elm ${120 + index}`;
    });
    const fresh = [
      { agentId: agent, talkSeconds: 60, wrapUpSeconds: 0 },
      { agentId: agent + 1, talkSeconds: 30, wrapUpSeconds: 10 },
    ];
    sandbox.talk?.add({ ticketId: 7, startMs: startMs - 300_000, legs: fresh });
    const first = await legsOf(null);
    expect(new Set(first.found)).toEqual(new Set(calls));
    await clock.sleep(3_600_000);
    const second = await legsOf(first.next);
    expect(second.found).toEqual(['7 elm 60', '7 other 40']);
  });
});
