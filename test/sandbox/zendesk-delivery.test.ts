import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { fieldIds, type ZendeskSandboxOptions } from '../../src/sandbox/zendesk/index.ts';
import { closeStages, startMs, startReceiver } from './stage.ts';
import { startAccount } from './zendesk-stage.ts';

afterEach(closeStages);

const start = async (
  answer: (response: ServerResponse, index: number) => void,
  options: Partial<ZendeskSandboxOptions> = {},
) => {
  const stage = await startAccount(options);
  const receiver = await startReceiver(stage.clock, answer);
  return { ...stage, ...receiver, ticket: () => stage.ticket('A', []) };
};

const ok = (response: ServerResponse) => response.writeHead(202).end();
const status =
  (code: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    response.writeHead(code, headers).end();

describe('an event-subscribed webhook', () => {
  test('is signed over timestamp and body, with ids as strings and states in capitals', async () => {
    const { sandbox, received, url, ticket } = await start(ok);
    const secret = sandbox.subscribe(url);
    const { id } = ticket();
    await sandbox.idle();
    const [delivery] = received;
    const timestamp = String(delivery?.headers['x-zendesk-webhook-signature-timestamp']);
    expect(timestamp).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/);
    expect(delivery?.headers['x-zendesk-webhook-signature']).toBe(
      createHmac('sha256', secret).update(`${timestamp}${delivery?.body}`).digest('base64'),
    );
    expect(delivery?.headers).toMatchObject({
      'x-zendesk-webhook-id': expect.stringMatching(/^[0-9A-Z]{26}$/),
      'x-zendesk-webhook-invocation-id': expect.any(String),
      'x-zendesk-account-id': expect.any(String),
    });
    expect(JSON.parse(delivery?.body ?? '')).toMatchObject({
      type: 'zen:event-type:ticket.created',
      subject: `zen:ticket:${id}`,
      time: expect.stringMatching(/\.\d{9}Z$/),
      zendesk_event_version: '2022-11-06',
      detail: { id: String(id), status: 'NEW', tags: null, via: { channel: 'email' } },
      event: { meta: { sequence: { id: expect.stringMatching(/^\d{20,}$/), position: 1 } } },
    });
  });

  test('tells each thing that an update changed', async () => {
    const { sandbox, received, url, ticket, agent } = await start(ok, { delivery: { concurrency: 1 } });
    const { id } = ticket();
    sandbox.subscribe(url);
    sandbox.desk.update(id, {
      atMs: startMs + 1000,
      authorId: agent.id,
      values: { status: 'solved', assigneeId: agent.id, tags: ['x'], fields: new Map([[fieldIds.totalTime, '60']]) },
      comment: { body: 'Done', public: true },
    });
    await sandbox.idle();
    const events = new Map(
      received.map(({ body }) => [JSON.parse(body).type.slice('zen:event-type:ticket.'.length), JSON.parse(body)]),
    );
    expect([...events.keys()].toSorted()).toEqual([
      'agent_assignment_changed',
      'comment_added',
      'custom_field_changed',
      'status_changed',
      'tags_changed',
    ]);
    expect(events.get('status_changed').event).toMatchObject({ current: 'SOLVED', previous: 'NEW' });
    expect(events.get('tags_changed').event).toMatchObject({ tags_added: ['x'], tags_removed: [] });
    expect(events.get('custom_field_changed').event).toMatchObject({
      current: { value: '60' },
      previous: { value: null },
      custom_field: { id: String(fieldIds.totalTime), type: 'integer' },
    });
    expect(events.get('comment_added').event.comment).toMatchObject({
      body: 'Done',
      is_public: true,
      author: { id: String(agent.id), is_staff: true },
    });
    expect(events.get('status_changed').detail.actor_id).toBe(String(agent.id));
  });

  test('comes twice, late, never, or with a bare sequence number, as the fault plan says', async () => {
    const run = async (faults: NonNullable<ZendeskSandboxOptions['faults']>) => {
      const { sandbox, received, url, ticket } = await start(ok, { faults, delivery: { concurrency: 1 } });
      sandbox.subscribe(url);
      for (let index = 0; index < 40; index += 1) ticket();
      await sandbox.idle();
      return received.map(({ body }) => body);
    };
    const keyOf = (body: string) => /"id":"([0-9a-f-]{36})"/.exec(body)?.[1];
    const doubled = (await run({ duplicateRate: 0.5 })).map(keyOf);
    expect(doubled.length).toBeGreaterThan(50);
    expect(new Set(doubled).size).toBe(40);
    expect((await run({ duplicateRate: 0.5 })).map(keyOf)).toEqual(doubled);
    const positions = (await run({ reorderRate: 0.4 })).map((body) => Number(/zen:ticket:(\d+)/.exec(body)?.[1]));
    expect(positions).toHaveLength(40);
    expect(positions).not.toEqual(positions.toSorted((a, b) => a - b));
    const left = (await run({ lossRate: 0.5 })).length;
    expect(left).toBeGreaterThan(5);
    expect(left).toBeLessThan(35);
    expect((await run({ bareSequenceRate: 1 })).every((body) => /"sequence":\{"id":\d{20,},/.test(body))).toBe(true);
  });
});

describe('a trigger-connected webhook', () => {
  test('sends the filled body, and nothing for what our own user did', async () => {
    const { sandbox, received, url, ticket, agent } = await start(ok);
    sandbox.subscribe(url, {
      kind: 'trigger',
      body: '{"ticket_id":"{{ticket.id}}","status":"{{ticket.status}}","by":"{{current_user.id}}","seconds":"{{ticket.ticket_field_360000000001}}"}',
    });
    const { id } = ticket();
    sandbox.desk.update(id, {
      atMs: startMs + 1000,
      authorId: agent.id,
      values: { status: 'open', fields: new Map([[fieldIds.totalTime, '60']]) },
    });
    sandbox.desk.update(id, { atMs: startMs + 2000, authorId: sandbox.apiUserId, values: { tags: ['partner_nord'] } });
    await sandbox.idle();
    expect(received.map(({ body }) => JSON.parse(body))).toContainEqual({
      ticket_id: String(id),
      status: 'open',
      by: String(agent.id),
      seconds: '60',
    });
    expect(received).toHaveLength(2);
  });
});

describe('what is not accepted', () => {
  test.each([
    ['409 three times more', status(409), 4],
    ['503 with Retry-After 30 five times more', status(503, { 'retry-after': '30' }), 6],
    ['429 with Retry-After 60 five times more', status(429, { 'retry-after': '60' }), 6],
    ['503 with Retry-After 61 never again', status(503, { 'retry-after': '61' }), 1],
    ['503 without Retry-After never again', status(503), 1],
    ['500 never again', status(500), 1],
    ['401 never again', status(401), 1],
    ['no answer in time five times more', () => undefined, 6],
  ])('is sent: %s', async (_, answer, attempts) => {
    const { sandbox, received, url, ticket } = await start(answer, { delivery: { timeoutMs: 40 } });
    sandbox.subscribe(url);
    ticket();
    await sandbox.idle();
    expect(received).toHaveLength(attempts);
    expect(sandbox.delivery).toMatchObject({ delivered: 0, lost: 1, retried: attempts - 1 });
    expect(new Set(received.map(({ headers }) => headers['x-zendesk-webhook-invocation-id'])).size).toBe(1);
  });

  test('comes again after the time that Retry-After asks for', async () => {
    const { sandbox, received, url, ticket } = await start((response, index) =>
      index === 0 ? status(503, { 'retry-after': '30' })(response) : ok(response),
    );
    sandbox.subscribe(url);
    ticket();
    await sandbox.idle();
    expect(sandbox.delivery).toMatchObject({ delivered: 1, lost: 0, retried: 1 });
    expect((received[1]?.atMs ?? 0) - (received[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(30_000);
  });

  test('bug: an open circuit breaker kept every delivery, which nobody promises', async () => {
    const { sandbox, received, url, ticket } = await start(
      (response, index) => (index < 20 ? status(500)(response) : ok(response)),
      { delivery: { concurrency: 1, openBreaker: 'loses' } },
    );
    sandbox.subscribe(url);
    for (let index = 0; index < 22; index += 1) ticket();
    await sandbox.idle();
    expect(received).toHaveLength(20);
    expect(sandbox.delivery).toMatchObject({ trips: 1, lost: 22, delivered: 0 });
  });

  test('opens the circuit breaker, which pauses about 5 s and then probes', async () => {
    const { sandbox, received, url, ticket } = await start(
      (response, index) => (index < 20 ? status(500)(response) : ok(response)),
      { delivery: { concurrency: 1 } },
    );
    sandbox.subscribe(url);
    for (let index = 0; index < 22; index += 1) ticket();
    await sandbox.idle();
    expect(sandbox.delivery).toMatchObject({ trips: 1, lost: 20, delivered: 2 });
    expect((received[20]?.atMs ?? 0) - (received[19]?.atMs ?? 0)).toBeGreaterThanOrEqual(5_000);
  });
});
