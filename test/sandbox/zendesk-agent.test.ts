import { afterEach, expect, test } from 'vitest';
import { fieldIds } from '../../src/sandbox/zendesk/index.ts';
import { callerOf, closeStages, startReceiver } from './stage.ts';
import { startAccount } from './zendesk-stage.ts';

// What an agent does with a browser at the simulated Zendesk: signs in by opening a page, reads and changes tickets.

afterEach(closeStages);

const configIn = (html: string) =>
  JSON.parse(/<script type="application\/json" id="config">(.*?)<\/script>/s.exec(html)?.[1] ?? 'null');

const start = async () => {
  const account = await startAccount();
  const { sandbox, agent } = account;
  const signIn = async (agentId: number = agent.id) => {
    const page = await fetch(`${sandbox.url}/agent/tickets?agent=${agentId}`);
    const cookie = page.headers.get('set-cookie')?.split(';')[0] ?? '';
    const config = configIn(await page.text());
    const as = (headers: Readonly<Record<string, string>>) => callerOf(`${sandbox.url}/api/v2/`, headers);
    return { config, cookie, call: as({ cookie, 'x-csrf-token': config.csrf }), withoutProof: as({ cookie }) };
  };
  return { ...account, signIn };
};

test('a page signs its agent in, for that account alone, and tells no secret', async () => {
  const { sandbox, agent, signIn } = await start();
  const { config, cookie, call } = await signIn();
  expect(config).toMatchObject({ agent: { id: agent.id, name: 'Agent Elm' }, app: { is: 'none' } });
  expect(config.agents.map(({ name }: { name: string }) => name)).toEqual(['Agent Elm']);
  expect((await call('GET', 'users/me.json')).json.user.id).toBe(agent.id);
  expect(cookie).toContain(new URL(sandbox.url).port);
  const stranger = callerOf(`${sandbox.url}/api/v2/`, { cookie: `${cookie.split('=')[0]}=guess` });
  expect((await stranger('GET', 'users/me.json')).status).toBe(401);
});

test('an update is the agent’s: the audit says who, the webhook tells, and the API user changes none', async () => {
  const { sandbox, clock, agent, ticket, call: asApi, signIn } = await start();
  const { received, url } = await startReceiver(clock);
  const { id } = ticket();
  sandbox.subscribe(url);
  const { call } = await signIn();
  const answer = await call('PUT', `tickets/${id}.json`, {
    ticket: { custom_fields: [{ id: fieldIds.partner, value: 'nordhem' }] },
  });
  expect(answer.status).toBe(200);
  expect(answer.json.audit).toMatchObject({
    author_id: agent.id,
    via: { channel: 'web' },
    events: [{ type: 'Change', field_name: String(fieldIds.partner), value: 'nordhem', previous_value: null }],
  });
  await sandbox.idle();
  expect(received.map(({ body }) => JSON.parse(body))).toMatchObject([
    {
      type: 'zen:event-type:ticket.custom_field_changed',
      detail: { actor_id: String(agent.id) },
      event: { current: { value: 'nordhem' }, previous: { value: null } },
    },
  ]);
  const { json } = await asApi('PUT', `tickets/${id}.json`, {
    ticket: { custom_fields: [{ id: fieldIds.partner, value: null }] },
  });
  expect(json.audit).toMatchObject({ author_id: sandbox.apiUserId, via: { channel: 'api' } });
});

test('an update that changes nothing has no audit', async () => {
  const { ticket, signIn, sandbox } = await start();
  const { id } = ticket();
  const { call } = await signIn();
  const before = sandbox.desk.ticket(id).audits.length;
  const custom_fields = [{ id: fieldIds.partner, value: '' }];
  expect((await call('PUT', `tickets/${id}`, { ticket: { custom_fields } })).json.audit).toBeNull();
  expect(sandbox.desk.ticket(id).audits).toHaveLength(before);
});

test('the option of a drop-down is a tag of the ticket, in the place of the one before; others stay', async () => {
  const { ticket, signIn, sandbox } = await start();
  const { id } = ticket();
  const { call } = await signIn();
  const choose = (value: string | null) =>
    call('PUT', `tickets/${id}`, { ticket: { custom_fields: [{ id: fieldIds.reason, value }] } });
  await choose('damage');
  expect(sandbox.desk.ticket(id).tags).toEqual(['damage', 'vip']);
  await choose('return');
  expect(sandbox.desk.ticket(id).tags).toEqual(['return', 'vip']);
  await choose(null);
  expect(sandbox.desk.ticket(id).tags).toEqual(['vip']);
  expect((await choose('nothing of this')).status).toBe(422);
});

test('what Zendesk does not take: no proof of the page, a closed ticket, a field that is none, a ticket that changed', async () => {
  const { ticket, signIn, sandbox, clock } = await start();
  const { id } = ticket();
  const { call, withoutProof } = await signIn();
  const body = { ticket: { custom_fields: [{ id: fieldIds.partner, value: 'nordhem' }] } };
  expect((await withoutProof('PUT', `tickets/${id}`, body)).status).toBe(403);
  expect((await withoutProof('GET', `tickets/${id}`)).status).toBe(200);
  expect((await call('PUT', `tickets/${id}`, { ticket: { custom_fields: [{ id: 1, value: 'x' }] } })).status).toBe(422);
  expect((await call('PUT', `tickets/${id}`, { ticket: { shoe_size: 44 } })).status).toBe(422);
  expect((await call('PUT', 'tickets/999', body)).status).toBe(404);
  const safely = { ticket: { ...body.ticket, safe_update: true, updated_stamp: '2020-01-01T00:00:00Z' } };
  expect((await call('PUT', `tickets/${id}`, safely)).status).toBe(409);
  sandbox.desk.update(id, { atMs: clock.now().getTime(), authorId: -1, values: { status: 'closed' } });
  const { status, json } = await call('PUT', `tickets/${id}`, body);
  expect([status, json.details.status[0].description]).toEqual([422, 'Status: closed prevents ticket update']);
  expect(sandbox.desk.ticket(id).fields.has(fieldIds.partner)).toBe(false);
});

test('an agent writes a new ticket for a customer', async () => {
  const { sandbox, agent, customer, signIn } = await start();
  const { call } = await signIn();
  const { status, json } = await call('POST', 'tickets.json', {
    ticket: {
      subject: 'By telephone',
      comment: { body: 'They rang.' },
      requester: { email: customer.email },
      custom_fields: [{ id: fieldIds.partner, value: 'sudcasa' }],
    },
  });
  expect([status, json.ticket.requester_id, json.ticket.submitter_id]).toEqual([201, customer.id, agent.id]);
  expect(sandbox.desk.ticket(json.ticket.id).fields.get(fieldIds.partner)).toBe('sudcasa');
  expect((await call('POST', 'tickets.json', { ticket: { subject: 'Empty' } })).status).toBe(422);
});

test('two agents at one account are two sessions', async () => {
  const { sandbox, agent, signIn } = await start();
  const other = sandbox.desk.addUser({
    name: 'Agent Fir',
    email: 'fir@example.com',
    role: 'agent',
    locale: 'de',
    organizationId: null,
  });
  const [one, two] = [await signIn(agent.id), await signIn(other.id)];
  expect((await one.call('GET', 'users/me')).json.user.id).toBe(agent.id);
  expect((await two.call('GET', 'users/me')).json.user.id).toBe(other.id);
  const crossed = callerOf(`${sandbox.url}/api/v2/`, { cookie: one.cookie, 'x-csrf-token': two.config.csrf });
  expect((await crossed('POST', 'tickets', { ticket: {} })).status).toBe(403);
});
