import { gorgias } from '../../../src/helpdesks/gorgias/index.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import { createGorgiasSandbox } from '../../../src/sandbox/gorgias/index.ts';
import { conformance, type Desk } from '../conformance.ts';

const startDesk = async (clock: Clock): Promise<Desk> => {
  const sandbox = await createGorgiasSandbox({ clock, seed: 'conformance', limits: 'off' });
  const { desk, settings, integrations, fieldIds } = sandbox;
  const nowMs = (): number => clock.now().getTime();
  const agent = desk.addUser({ name: 'Agent Elm', email: 'elm@example.com', role: 'agent' });
  const act = (id: string, more: object) => void desk.act(Number(id), { atMs: nowMs(), userId: agent.id, ...more });
  const bot = desk.addUser({ name: 'Answers', email: 'answers@example.com', role: 'bot' });
  const reply = { message: { from: { userId: agent.id }, text: 'It is on its way.' } };
  return {
    url: sandbox.url,
    settings: { ...settings },
    wrongCredentials: { apiKey: 'of-somebody-else' },
    apiUserId: String(sandbox.apiUserId),
    absentId: '1',
    open({ subject, text, email, tags }) {
      const customer =
        [...desk.customers.values()].find((one) => one.email === email) ?? desk.addCustomer({ name: 'Kim', email });
      const message = { from: { customerId: customer.id }, text, language: 'sv' };
      return String(
        desk.create({ atMs: nowMs(), customerId: customer.id, channel: 'email', subject, tags, message }).id,
      );
    },
    reply: (id) => act(id, reply),
    assign: (id) => act(id, { values: { assigneeId: agent.id } }),
    note: (id) => act(id, { message: { from: { userId: agent.id }, text: 'Kim has waited long.', public: false } }),
    answerAsBot: (id) => act(id, { userId: bot.id, message: { ...reply.message, from: { userId: bot.id } } }),
    answerAsUs(id) {
      const from = { userId: sandbox.apiUserId };
      act(id, { ...from, message: { ...reply.message, from, via: 'api' } });
    },
    solve: (id, seconds) => act(id, { ...reply, seconds, values: { status: 'closed' } }),
    tag: (id, name) => act(id, { values: { addTags: [name] } }),
    choosePartner: (id, code) => act(id, { values: { fields: new Map([[fieldIds.partner, code]]) } }),
    tagsOf: (id) => desk.ticket(Number(id)).tagIds.map((tag) => desk.tags.get(tag)?.name ?? ''),
    partnerOf: (id) => (desk.ticket(Number(id)).fields.get(fieldIds.partner) as string | undefined) ?? null,
    scoresOf: (id) =>
      [...desk.surveys.values()].flatMap(({ ticketId, score }) =>
        ticketId === Number(id) && score !== null ? [score] : [],
      ),
    truth: () => new Map([...desk.tickets.values()].map((ticket) => [String(ticket.id), ticket.updatedAtMs])),
    smallPages: ({ url, body }) => ({ url: url.replace('limit=100', 'limit=5'), body }),
    // A field that was put away is in no form any more.
    made: () =>
      JSON.stringify([
        [...integrations.values()],
        [...desk.fields.values()].filter(({ deactivatedAtMs }) => deactivatedAtMs === null),
      ]),
    subscribe: (url) => void sandbox.subscribe(url),
    spoilWebhook(url, how) {
      for (const integration of [...integrations.values()])
        if (integration.http.url === url && how === 'remove')
          (integrations as Map<number, unknown>).delete(integration.id);
        else if (integration.http.url === url) integration.deactivatedAtMs = nowMs();
    },
    idle: sandbox.idle,
    close: sandbox.close,
  };
};

conformance({
  adapter: gorgias,
  lacks: ['discover', 'changeTagsOfMany', 'workFeeds', 'freezing', 'time of sending', 'signed bodies'],
  fixtures: new URL('./fixtures/', import.meta.url),
  sentAt: new Date('2026-03-02T09:05:00Z'),
  settings: { name: 'Desk', account: 'sandbox', email: 'deskledger@example.com', apiKey: 'key' },
  withSecrets: (secrets) => ({ webhookSecret: secrets }),
  apiUserId: '9000',
  sign: (_, secret) => ({ 'content-type': 'application/json', 'x-deskledger-secret': secret }),
  sidebar: (secret, externalId) => ({
    headers: { 'x-deskledger-secret': secret },
    query: { ticket_id: externalId },
  }),
  quota: {
    windowMs: 20_000,
    headers: ({ limit, left }) => ({ 'x-gorgias-account-api-call-limit': `${limit - left}/${limit}` }),
  },
  indispensable: ['data', 'id', 'status', 'created_datetime', 'type', 'name'],
  enums: ['status', 'channel', 'via', 'type', 'object_type'],
  startDesk,
});
