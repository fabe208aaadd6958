import { createHmac } from 'node:crypto';
import { zendesk } from '../../../src/helpdesks/zendesk/index.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import { createZendeskSandbox, fieldIds } from '../../../src/sandbox/zendesk/index.ts';
import { viaOf } from '../../../src/sandbox/zendesk/model.ts';
import { conformance, type Desk } from '../conformance.ts';

const startDesk = async (clock: Clock): Promise<Desk> => {
  const sandbox = await createZendeskSandbox({ clock, seed: 'conformance', limits: 'off' });
  const { desk, settings, registry } = sandbox;
  const nowMs = (): number => clock.now().getTime();
  const person = (name: string, email: string, role: 'agent' | 'end-user') =>
    desk.addUser({ name, email, role, locale: 'sv', organizationId: null });
  const agent = person('Agent Elm', 'elm@example.com', 'agent');
  const bot = person('Answers', 'answers@example.com', 'agent');
  const act = (id: string, more: object) =>
    void desk.update(Number(id), { atMs: nowMs(), authorId: agent.id, ...more });
  const answer = { comment: { body: 'It is on its way.', public: true } };
  return {
    url: sandbox.url,
    settings: { ...settings, aiAgentIds: [String(bot.id)] },
    wrongCredentials: { apiToken: 'of-somebody-else' },
    apiUserId: String(sandbox.apiUserId),
    absentId: '4400000000',
    open({ subject, text, email, tags }) {
      const customer =
        [...desk.users.values()].find((user) => user.email === email) ?? person('Kim', email, 'end-user');
      const made = {
        atMs: nowMs(),
        subject,
        body: text,
        requesterId: customer.id,
        via: viaOf('email'),
        brandId: 42,
        tags,
      };
      return String(desk.create(made).id);
    },
    reply: (id) => act(id, answer),
    assign: (id) => act(id, { values: { assigneeId: agent.id } }),
    note: (id) => act(id, { comment: { body: 'Kim has waited long.', public: false } }),
    answerAsBot: (id) => act(id, { ...answer, authorId: bot.id }),
    answerAsUs: (id) => act(id, { ...answer, authorId: sandbox.apiUserId }),
    freeze: (id) => act(id, { values: { status: 'closed' } }),
    solve: (id, seconds) =>
      act(id, { values: { status: 'solved', fields: new Map([[fieldIds.totalTime, String(seconds)]]) } }),
    tag: (id, name) => act(id, { values: { tags: [...desk.ticket(Number(id)).tags, name] } }),
    choosePartner: (id, code) => act(id, { values: { fields: new Map([[fieldIds.partner, code]]) } }),
    tagsOf: (id) => desk.ticket(Number(id)).tags,
    truth: () => new Map([...desk.tickets.values()].map((ticket) => [String(ticket.id), ticket.updatedAtMs])),
    smallPages: ({ url, body }) => ({ url: url.includes('/incremental/') ? `${url}&per_page=5` : url, body }),
    made: () => JSON.stringify([[...registry.webhooks.values()], registry.triggers, desk.fields]),
    subscribe: (url) => void sandbox.subscribe(url),
    spoilWebhook(url, how) {
      for (const { id, endpoint } of [...registry.webhooks.values()])
        if (endpoint === url && how === 'remove') registry.remove(id);
        else if (endpoint === url) registry.change(id, { status: 'inactive' });
    },
    idle: sandbox.idle,
    close: sandbox.close,
  };
};

conformance({
  adapter: zendesk,
  lacks: ['recordScore', 'partner field', 'sidebar'],
  fixtures: new URL('./fixtures/', import.meta.url),
  sentAt: new Date('2026-03-02T09:05:00Z'),
  settings: { name: 'Desk', subdomain: 'sandbox', email: 'deskledger@example.com', apiToken: 'token' },
  withSecrets: (secrets) => ({ webhookSecrets: secrets }),
  apiUserId: '9000000000001',
  sign(body, secret, at) {
    const timestamp = at.toISOString();
    return {
      'content-type': 'application/json',
      'x-zendesk-webhook-invocation-id': '8350205583',
      'x-zendesk-webhook-signature-timestamp': timestamp,
      'x-zendesk-webhook-signature': createHmac('sha256', secret).update(timestamp).update(body).digest('base64'),
    };
  },
  quota: {
    windowMs: 60_000,
    headers: ({ limit, left }) => ({ 'x-rate-limit': String(limit), 'x-rate-limit-remaining': String(left) }),
  },
  indispensable: ['tickets', 'audits', 'users', 'id', 'created_at', 'updated_at', 'status'],
  enums: ['status', 'channel', 'role', 'type'],
  startDesk,
});
