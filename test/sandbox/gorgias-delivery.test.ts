import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { hourMs } from '../../src/core/time.ts';
import type { GorgiasSandboxOptions } from '../../src/sandbox/gorgias/index.ts';
import { startGorgias } from './gorgias-stage.ts';
import { closeStages, type Received, startMs, startReceiver } from './stage.ts';

afterEach(closeStages);

const start = async (
  options: Partial<GorgiasSandboxOptions> = {},
  answer?: (response: ServerResponse, index: number) => void,
) => {
  const stage = await startGorgias({ limits: 'off', delivery: { concurrency: 1 }, ...options });
  return { ...stage, ...(await startReceiver(stage.clock, answer)) };
};

const status = (code: number) => (response: ServerResponse) => response.writeHead(code).end();
const bodies = (received: readonly Received[]) => received.map(({ body }) => JSON.parse(body));

describe('what an HTTP integration is sent', () => {
  test('is a flat form of ids and times, each value as text, with the secret in a header and nothing signed', async () => {
    const { sandbox, received, url, ticket } = await start();
    const secret = sandbox.subscribe(url);
    const made = ticket();
    await sandbox.idle();
    expect(bodies(received)).toEqual([
      { ticket_id: String(made.id), status: 'open', updated_datetime: expect.any(String), message_id: '' },
      expect.objectContaining({ message_id: String(made.messages[0]?.id) }),
      expect.objectContaining({ message_id: '' }),
    ]);
    expect(received[0]).toMatchObject({
      method: 'POST',
      url: '/webhooks/key',
      headers: { 'x-deskledger-secret': secret, 'content-type': 'application/json' },
    });
    for (const { headers } of received)
      expect(Object.keys(headers).filter((name) => /signature|hmac|timestamp|delivery|event/.test(name))).toEqual([]);
  });

  test('prints booleans and nothings as Python does, and what does not exist as nothing', async () => {
    const { sandbox, received, url, ticket, customer } = await start();
    sandbox.subscribe(url, {
      form: {
        id: 'no. {{ticket.id}} of {{ ticket.customer.email }}',
        agent: '{{ticket.from_agent}}',
        unread: '{{ticket.is_unread}}',
        assignee: '{{ticket.assignee_user.id}}',
        closed: '{{ticket.closed_datetime}}',
        order: '{{ticket.customer.integrations.shopify.orders}}',
        text: '{{ticket.messages.0.body_text}}',
        account: '{{ticket.account.domain}}',
        tags: '{{ticket.tags}}',
      },
      triggers: { 'ticket-created': true },
    });
    const { id } = ticket();
    await sandbox.idle();
    expect(bodies(received)).toEqual([
      {
        id: `no. ${id} of ${customer.email}`,
        agent: 'False',
        unread: 'True',
        assignee: '',
        closed: 'None',
        order: '',
        text: 'Hello',
        account: 'sandbox',
        tags: '[]',
      },
    ]);
  });

  test('may be a form as browsers send it', async () => {
    const { sandbox, received, url, ticket } = await start();
    sandbox.subscribe(url, { contentType: 'application/x-www-form-urlencoded', triggers: { 'ticket-created': true } });
    const { id } = ticket();
    await sandbox.idle();
    expect(received[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(Object.fromEntries(new URLSearchParams(received[0]?.body))).toMatchObject({ ticket_id: String(id) });
  });

  test('may be the whole context, with the message where one is told of', async () => {
    const { sandbox, received, url, ticket } = await start();
    sandbox.subscribe(url, {
      form: '{{context}}',
      triggers: { 'ticket-created': true, 'ticket-message-created': true },
    });
    const made = ticket();
    await sandbox.idle();
    const [created, message] = bodies(received);
    const whole = {
      id: made.id,
      account: { domain: 'sandbox' },
      from_agent: false,
      assignee_user_id: null,
      messages: [expect.objectContaining({ body_text: 'Hello' })],
      first_message: expect.objectContaining({ id: made.messages[0]?.id }),
      last_message: expect.objectContaining({ id: made.messages[0]?.id }),
      requester: expect.objectContaining({ email: 'customer1@example.com' }),
    };
    expect(created).toEqual({ ticket: expect.objectContaining(whole) });
    expect(message).toEqual({
      ticket: expect.objectContaining(whole),
      message: expect.objectContaining({ id: made.messages[0]?.id, ticket_id: made.id }),
    });
  });

  test('without a form is empty, or an envelope where that is the reading', async () => {
    const bare = await start();
    bare.sandbox.subscribe(bare.url, { form: null, triggers: { 'ticket-created': true } });
    bare.ticket();
    await bare.sandbox.idle();
    expect(bare.received).toMatchObject([{ method: 'POST', body: '' }]);
    const { sandbox, received, url, ticket } = await start({ readings: { bareBody: 'envelope' } });
    sandbox.subscribe(url, { form: null, triggers: { 'ticket-created': true } });
    const { id } = ticket();
    await sandbox.idle();
    expect(bodies(received)).toMatchObject([
      { type: 'ticket-created', object_type: 'Ticket', object_id: id, data: { ticket: { id } } },
    ]);
  });

  test('fills address and headers too; a GET’s answer is kept with the customer', async () => {
    const answer = (response: ServerResponse) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"partner_name":"Nord"}');
    const { sandbox, received, url, ticket, call, customer } = await start({}, answer);
    const { json } = await call('POST', 'integrations', {
      name: 'Sidebar',
      type: 'http',
      http: {
        url: `${url}?ticket={{ticket.id}}&email={{ticket.customer.email}}`,
        method: 'GET',
        headers: { 'x-ticket': '{{ticket.id}}' },
        triggers: { 'ticket-created': true },
      },
    });
    const { id } = ticket();
    await sandbox.idle();
    expect(received).toMatchObject([
      {
        method: 'GET',
        url: `/webhooks/key?ticket=${id}&email=customer1@example.com`,
        headers: { 'x-ticket': String(id) },
        body: '',
      },
    ]);
    expect((await call('GET', `customers/${customer.id}`)).json.integrations).toEqual({
      [json.id]: { partner_name: 'Nord' },
    });
    expect((await call('GET', `tickets/${id}`)).json.customer.integrations).toHaveProperty(String(json.id));
  });

  test('is a burst per action: each trigger that an action pulls', async () => {
    const { sandbox, received, url, ticket, reply, desk, agent, nowMs, call, clock } = await start();
    const { id } = ticket();
    for (const trigger of [
      'ticket-message-created',
      'ticket-updated',
      'ticket-assignment-updated',
      'ticket-status-updated',
      'ticket-self-unsnoozed',
      'ticket-message-failed',
    ] as const)
      sandbox.subscribe(`${url}/${trigger}`, { triggers: { [trigger]: true } });
    const told = async (act: () => unknown) => {
      const before = received.length;
      await act();
      await sandbox.idle();
      const names = received.slice(before).map(({ url: to }) => to.slice('/webhooks/key/'.length));
      return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]));
    };
    expect(await told(() => reply(id, { assigneeId: agent.id, status: 'closed' }))).toEqual({
      'ticket-message-created': 1,
      'ticket-assignment-updated': 1,
      'ticket-status-updated': 1,
      'ticket-updated': 3,
    });
    expect(await told(() => call('POST', `tickets/${id}/tags`, { names: ['partner_nord'] }))).toEqual({
      'ticket-updated': 1,
    });
    expect(await told(() => call('POST', `tickets/${id}/tags`, { names: ['partner_nord'] }))).toEqual({});
    await told(() => desk.act(id, { atMs: nowMs(), userId: agent.id, values: { snoozeUntilMs: startMs + hourMs } }));
    await clock.sleep(2 * hourMs);
    expect(await told(() => call('GET', 'account'))).toEqual({ 'ticket-self-unsnoozed': 1, 'ticket-updated': 1 });
    const failing = { from: { userId: agent.id }, text: 'No', fails: true };
    expect(await told(() => desk.act(id, { atMs: nowMs(), userId: agent.id, message: failing }))).toMatchObject({
      'ticket-message-failed': 1,
    });
  });

  test('comes twice, late or never, as the fault plan says', async () => {
    const run = async (faults: NonNullable<GorgiasSandboxOptions['faults']>) => {
      const { sandbox, received, url, ticket } = await start({ faults });
      sandbox.subscribe(url, { triggers: { 'ticket-created': true } });
      for (let index = 0; index < 40; index += 1) ticket();
      await sandbox.idle();
      return bodies(received).map(({ ticket_id }) => Number(ticket_id));
    };
    const doubled = await run({ duplicateRate: 0.5 });
    expect(doubled.length).toBeGreaterThan(50);
    expect(new Set(doubled).size).toBe(40);
    expect(await run({ duplicateRate: 0.5 })).toEqual(doubled);
    const late = await run({ reorderRate: 0.4 });
    expect(late).toHaveLength(40);
    expect(late).not.toEqual(late.toSorted((a, b) => a - b));
    const left = (await run({ lossRate: 0.5 })).length;
    expect(left).toBeGreaterThan(5);
    expect(left).toBeLessThan(35);
  });
});

describe('a call that is not taken', () => {
  test.each([
    ['500', status(500)],
    ['404', status(404)],
    ['no answer in time', () => undefined],
  ])('is tried three times more: %s', async (_, answer) => {
    const { sandbox, received, url, ticket } = await start({ delivery: { timeoutMs: 40 } }, answer);
    sandbox.subscribe(url, { triggers: { 'ticket-created': true } });
    ticket();
    await sandbox.idle();
    expect(received).toHaveLength(4);
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
    expect(sandbox.delivery).toMatchObject({ attempts: 4, retried: 3, lost: 1, delivered: 0, pending: 0 });
  });

  test('is done once a later try is taken', async () => {
    const { sandbox, url, ticket } = await start({}, (response, index) => status(index < 3 ? 503 : 202)(response));
    sandbox.subscribe(url, { triggers: { 'ticket-created': true } });
    ticket();
    await sandbox.idle();
    expect(sandbox.delivery).toMatchObject({ attempts: 4, delivered: 1, lost: 0 });
  });

  test('bug: switching off knew one reading alone, the milder: each request may count', async () => {
    const { sandbox, received, url, ticket } = await start(
      { delivery: { concurrency: 1, failuresToSwitchOff: 6, countsFailed: 'requests' } },
      (response) => status(500)(response),
    );
    sandbox.subscribe(url, { triggers: { 'ticket-created': true } });
    for (let index = 0; index < 5; index += 1) {
      ticket();
      await sandbox.idle();
    }
    expect(received).toHaveLength(6);
    expect(sandbox.delivery).toMatchObject({ trips: 1, lost: 2 });
  });

  test('so many in a row switch the integration off; nothing is sent until it is switched on again', async () => {
    let down = true;
    const { sandbox, received, url, ticket, call } = await start(
      { delivery: { concurrency: 1, failuresToSwitchOff: 3 } },
      (response) => status(down ? 500 : 202)(response),
    );
    sandbox.subscribe(url, { triggers: { 'ticket-created': true } });
    const [integration] = (await call('GET', 'integrations?type=http')).json.data;
    const path = `integrations/${integration.id}`;
    for (let index = 0; index < 5; index += 1) {
      ticket();
      await sandbox.idle();
    }
    expect(received).toHaveLength(12);
    expect(sandbox.delivery).toMatchObject({ lost: 3, trips: 1 });
    expect((await call('GET', path)).json.deactivated_datetime).toEqual(expect.any(String));
    expect((await call('GET', 'events?types=integration-deactivated')).json.data).toMatchObject([
      { object_type: 'Integration', object_id: integration.id, user_id: null },
    ]);
    down = false;
    await call('PUT', path, { deactivated_datetime: null });
    ticket();
    await sandbox.idle();
    expect(received).toHaveLength(13);
    expect((await call('GET', path)).json.deactivated_datetime).toBeNull();
  });

  test('counts anew after a success', async () => {
    const { sandbox, url, ticket, call } = await start(
      { delivery: { concurrency: 1, failuresToSwitchOff: 2 } },
      // Four tries fail, one is taken, four fail: never two deliveries lost in a row.
      (response, index) => status(index % 5 === 4 ? 202 : 500)(response),
    );
    sandbox.subscribe(url, { triggers: { 'ticket-created': true } });
    for (let index = 0; index < 6; index += 1) {
      ticket();
      await sandbox.idle();
    }
    expect(sandbox.delivery).toMatchObject({ lost: 3, delivered: 3, trips: 0 });
    expect((await call('GET', 'integrations?type=http')).json.data[0].deactivated_datetime).toBeNull();
  });

  test('what waits is lost when the integration goes off', async () => {
    const { sandbox, received, url, ticket } = await start(
      { delivery: { concurrency: 1, failuresToSwitchOff: 1 } },
      status(500),
    );
    sandbox.subscribe(url, { triggers: { 'ticket-created': true } });
    for (let index = 0; index < 4; index += 1) ticket();
    await sandbox.idle();
    expect(sandbox.delivery).toMatchObject({ lost: 4, trips: 1, pending: 0 });
    expect(received.length).toBeLessThan(16);
  });
});
