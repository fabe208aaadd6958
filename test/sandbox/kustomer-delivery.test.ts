import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { attributeNames, type KustomerSandboxOptions } from '../../src/sandbox/kustomer/index.ts';
import { startKustomer } from './kustomer-stage.ts';
import { closeStages, startMs, startReceiver } from './stage.ts';

afterEach(closeStages);

const start = async (
  answer: (response: ServerResponse, index: number) => void,
  options: Partial<KustomerSandboxOptions> = {},
) => {
  const stage = await startKustomer({ limits: 'off', ...options });
  const { received, url } = await startReceiver(stage.clock, answer);
  const bodies = () => received.map(({ body }) => JSON.parse(body));
  return { ...stage, received, url, bodies };
};

const ok = (response: ServerResponse) => response.writeHead(202).end();
const status =
  (code: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    response.writeHead(code, headers).end();

const oneByOne = { delivery: { concurrency: 1 } };

describe('an outbound webhook', () => {
  test('is created with a token, shown, changed and deleted', async () => {
    const { call, url } = await start(ok);
    const made = await call('POST', '/v1/outbound-webhooks', {
      name: 'Conversation sync',
      url: 'https://hooks.example.com/kustomer',
      events: ['kustomer.conversation.create', 'kustomer.conversation.update', 'kustomer.message.create'],
      headers: [{ name: 'X-Source', value: 'kustomer' }],
    });
    expect(made.status).toBe(201);
    const { id, attributes } = made.json.data;
    expect(attributes).toMatchObject({ enabled: true, token: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect((await call('GET', `/v1/outbound-webhooks/${id}`)).json).toEqual(made.json);
    expect((await call('GET', '/v1/outbound-webhooks')).json.data).toEqual([made.json.data]);
    const changed = await call('PUT', `/v1/outbound-webhooks/${id}`, { enabled: false, url });
    expect(changed.json.data.attributes).toMatchObject({ enabled: false, url, token: attributes.token });
    expect((await call('DELETE', `/v1/outbound-webhooks/${id}`)).status).toBe(204);
    expect((await call('GET', `/v1/outbound-webhooks/${id}`)).status).toBe(404);
    expect((await call('PUT', `/v1/outbound-webhooks/${id}`, {})).status).toBe(404);
    const events = (await call('GET', '/v1/outbound-webhooks/events')).json.data;
    expect(events).toHaveLength(12);
    expect(events.map((event: { attributes: { name: string } }) => event.attributes.name)).toContain(
      'kustomer.conversation.update',
    );
  });

  test.each([
    ['no https', { url: 'http://hooks.example.com/' }],
    ['no address', { url: 'hooks' }],
    ['no events', { events: [] }],
    ['an event that there is not', { events: ['kustomer.conversation.delete'] }],
    ['thirteen events', { events: Array(13).fill('kustomer.tag.create') }],
    ['a name of 256 letters', { name: 'x'.repeat(256) }],
    ['headers of another form', { headers: { 'X-Source': 'a' } }],
  ])('is refused: %s', async (_, fault) => {
    const { call } = await start(ok);
    const body = { name: 'W', url: 'https://a.example', events: ['kustomer.tag.create'], ...fault };
    expect((await call('POST', '/v1/outbound-webhooks', body)).status).toBe(400);
  });

  test('is one of five at most', async () => {
    const { call } = await start(ok);
    const add = () =>
      call('POST', '/v1/outbound-webhooks', { name: 'W', url: 'https://a.example', events: ['kustomer.tag.create'] });
    const made = [await add(), await add(), await add(), await add(), await add()];
    expect(made.map((one) => one.status)).toEqual([201, 201, 201, 201, 201]);
    expect((await add()).status).toBe(400);
    await call('DELETE', `/v1/outbound-webhooks/${made[0]?.json.data.id}`);
    expect((await add()).status).toBe(201);
  });
});

describe('a delivery', () => {
  test('is signed over its bytes and names its event, with the headers that were asked for', async () => {
    const { sandbox, call, received, url, conversation } = await start(ok, oneByOne);
    const made = await call('POST', '/v1/outbound-webhooks', {
      name: 'W',
      url,
      events: ['kustomer.conversation.create'],
      headers: [{ name: 'X-Source', value: 'kustomer' }],
    });
    const { id } = conversation();
    await sandbox.idle();
    const [delivery] = received;
    expect(received).toHaveLength(1);
    expect(delivery?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-kustomer-webhook-event': 'kustomer.conversation.create',
      'x-kustomer-webhook-signature': createHmac('sha256', made.json.data.attributes.token)
        .update(delivery?.body ?? '')
        .digest('hex'),
      'x-source': 'kustomer',
    });
    expect(JSON.parse(delivery?.body ?? '')).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      name: 'kustomer.conversation.create',
      org: sandbox.desk.orgId,
      orgName: 'sandbox',
      dataId: id,
      data: { type: 'conversation', id, attributes: { rev: 1, messageCount: 0 } },
      changes: null,
      persist: true,
      meta: { customChanged: false },
    });
  });

  test('tells creation, message and update of a new conversation apart, each as it was then', async () => {
    const { sandbox, bodies, url, conversation } = await start(ok, oneByOne);
    sandbox.subscribe(url);
    const { id } = conversation();
    await sandbox.idle();
    expect(bodies().map(({ name, dataId }) => [name, dataId === id])).toEqual([
      ['kustomer.conversation.create', true],
      ['kustomer.message.create', false],
      ['kustomer.conversation.update', true],
    ]);
    expect(bodies()[1].data.relationships.conversation.data.id).toBe(id);
    expect(bodies()[2]).toMatchObject({
      data: { attributes: { messageCount: 1, rev: 2 } },
      changes: {
        attributes: {
          messageCount: { op: 'replace', before: 0, after: 1 },
          rev: { op: 'replace', before: 1, after: 2 },
        },
      },
    });
  });

  test('tells what an update changed, who did it, and writes of the key as any other', async () => {
    const { sandbox, call, bodies, url, conversation, desk, agent, by } = await start(ok, oneByOne);
    const { id } = conversation();
    sandbox.subscribe(url);
    desk.update(id, by(startMs + 1000), {
      status: 'done',
      custom: new Map([[attributeNames.partner, 'nord']]),
      brandId: desk.brands[1]?.id ?? null,
    });
    await call('POST', `/v1/conversations/${id}/tags`, ['partner_nord']);
    await sandbox.idle();
    const [byHand, byKey] = bodies();
    expect(byHand).toMatchObject({
      client: 'web',
      createdAt: '2026-03-02T09:00:01.011Z',
      meta: { customChanged: true },
      data: { relationships: { modifiedBy: { data: { id: agent.id } } } },
      changes: {
        attributes: {
          status: { op: 'replace', before: 'open', after: 'done' },
          custom: { op: 'add', after: { salesPartnerStr: 'nord' } },
          modificationHistory: { after: { customAt: '2026-03-02T09:00:01.000Z', brandAt: '2026-03-02T09:00:01.000Z' } },
        },
        relationships: { brand: { op: 'add', after: { type: 'brand', id: desk.brands[1]?.id } } },
      },
    });
    expect(byKey).toMatchObject({
      client: 'api-gw',
      meta: { customChanged: false },
      data: { relationships: { modifiedBy: { data: { id: sandbox.apiUserId } } } },
      changes: { attributes: { tags: { op: 'replace' } } },
    });
    expect(byKey.changes.attributes).not.toHaveProperty('custom');
  });

  test('goes to those who asked for the event, of customers, users and tags too; none tells a deletion', async () => {
    const { sandbox, bodies, url, conversation, desk, by } = await start(ok, oneByOne);
    sandbox.subscribe(url, ['kustomer.customer.create', 'kustomer.user.create', 'kustomer.tag.create']);
    desk.addCustomer(startMs, { name: 'C Two', email: null, defaultLang: null });
    desk.addUser({ name: 'Agent Fir', email: 'fir@example.com', userType: 'user' });
    desk.remove(conversation().id, by());
    await sandbox.idle();
    expect(bodies().map(({ name }) => name)).toEqual([
      'kustomer.customer.create',
      'kustomer.user.create',
      'kustomer.tag.create',
    ]);
  });

  test('comes twice, late or never, as the fault plan says', async () => {
    const run = async (faults: NonNullable<KustomerSandboxOptions['faults']>) => {
      const { sandbox, bodies, url, conversation } = await start(ok, { faults, ...oneByOne });
      sandbox.subscribe(url, ['kustomer.conversation.create']);
      const made = Array.from({ length: 40 }, () => conversation().id);
      await sandbox.idle();
      return { made, came: bodies().map(({ dataId }) => dataId), ids: bodies().map(({ id }) => id) };
    };
    const doubled = await run({ duplicateRate: 0.5 });
    expect(doubled.ids.length).toBeGreaterThan(50);
    expect(new Set(doubled.ids).size).toBe(40);
    expect((await run({ duplicateRate: 0.5 })).ids).toEqual(doubled.ids);
    const late = await run({ reorderRate: 0.4 });
    expect(late.came).not.toEqual(late.made);
    expect(late.came.toSorted()).toEqual(late.made.toSorted());
    const { length } = (await run({ lossRate: 0.5 })).came;
    expect(length).toBeGreaterThan(5);
    expect(length).toBeLessThan(35);
  });
});

describe('what is not accepted', () => {
  test('comes again after 1, 1, 2, 5, 10, 15 and 30 minutes, the same in every byte; then the webhook is switched off', async () => {
    const { sandbox, call, received, url, conversation } = await start(status(503, { 'retry-after': '5' }));
    sandbox.subscribe(url, ['kustomer.conversation.create']);
    conversation();
    await sandbox.idle();
    const waits = received
      .slice(1)
      .map(({ atMs }, index) => Math.round((atMs - (received[index]?.atMs ?? 0)) / 60_000));
    expect(waits).toEqual([1, 1, 2, 5, 10, 15, 30]);
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
    expect(sandbox.delivery).toMatchObject({ attempts: 8, retried: 7, delivered: 0, lost: 1, trips: 1, pending: 0 });
    const [webhook] = (await call('GET', '/v1/outbound-webhooks')).json.data;
    expect(webhook.attributes.enabled).toBe(false);
    conversation();
    await sandbox.idle();
    expect(received).toHaveLength(8);
  });

  test('is tried again whatever the answer, until it is taken', async () => {
    const answers = [status(400), status(401), status(410), status(301), () => undefined, ok];
    const { sandbox, received, url, conversation } = await start(
      (response, index) => (answers[index] ?? ok)(response),
      { delivery: { timeoutMs: 40 } },
    );
    sandbox.subscribe(url, ['kustomer.conversation.create']);
    conversation();
    await sandbox.idle();
    expect(received).toHaveLength(6);
    expect(sandbox.delivery).toMatchObject({ delivered: 1, lost: 0, retried: 5, timeouts: 1, trips: 0 });
  });

  test('is in the log of the webhook, the latest first', async () => {
    const { sandbox, call, url, conversation } = await start((response, index) =>
      (index === 0 ? status(500) : ok)(response),
    );
    sandbox.subscribe(url, ['kustomer.conversation.create']);
    conversation();
    await sandbox.idle();
    const [{ id }] = (await call('GET', '/v1/outbound-webhooks')).json.data;
    const { data } = (await call('GET', `/v1/outbound-webhooks/${id}/transactions`)).json;
    expect(data.map((one: { attributes: { statusCode: number } }) => one.attributes.statusCode)).toEqual([202, 500]);
    expect((await call('GET', '/v1/outbound-webhooks/none/transactions')).status).toBe(404);
  });

  test('is lost with its webhook, and what happened while it was off is never sent', async () => {
    let up = false;
    const { sandbox, call, bodies, url, conversation } = await start((response) => (up ? ok : status(500))(response));
    sandbox.subscribe(url, ['kustomer.conversation.create']);
    const [{ id }] = (await call('GET', '/v1/outbound-webhooks')).json.data;
    conversation();
    await sandbox.idle();
    const missed = conversation().id;
    up = true;
    expect((await call('PUT', `/v1/outbound-webhooks/${id}`, { enabled: true })).json.data.attributes.enabled).toBe(
      true,
    );
    const told = conversation().id;
    await sandbox.idle();
    expect(bodies().at(-1).dataId).toBe(told);
    expect(bodies().map(({ dataId }) => dataId)).not.toContain(missed);
    expect(sandbox.delivery).toMatchObject({ delivered: 1, lost: 1 });
  });
});
