import { createHmac } from 'node:crypto';
import { kustomer } from '../../../src/helpdesks/kustomer/index.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import { attributeNames, createKustomerSandbox } from '../../../src/sandbox/kustomer/index.ts';
import { conformance, type Desk } from '../conformance.ts';

const startDesk = async (clock: Clock): Promise<Desk> => {
  const sandbox = await createKustomerSandbox({ clock, seed: 'conformance', limits: 'off' });
  // Attributes under names of their own, so that ours are made where they are wished.
  const mapped = { partnerFieldId: 'partnerStr', regionFieldId: 'regionStr', reasonFieldId: 'reasonStr' };
  const { desk } = sandbox;
  const settings = { ...sandbox.settings, ...mapped };
  for (const name of [attributeNames.partner, attributeNames.region, attributeNames.reason])
    desk.attributes.delete(name);
  for (const name of Object.values(mapped)) desk.attributes.set(name, { displayName: name });
  const nowMs = (): number => clock.now().getTime();
  const agent = desk.addUser({ name: 'Agent Elm', email: 'elm@example.com', userType: 'user' });
  const bot = desk.addUser({ name: 'Answers', email: null, userType: 'machine' });
  const answer = (id: string, userId: string) =>
    void desk.reply(id, { atMs: nowMs(), userId, text: 'It is on its way.' });
  const by = () => ({ userId: agent.id, client: 'web' as const, atMs: nowMs() });
  const tagsOf = (id: string) => desk.conversation(id).tags.flatMap((tag) => desk.tags.get(tag)?.name ?? []);
  return {
    url: sandbox.url,
    settings: { ...settings },
    wrongCredentials: { apiKey: 'of-somebody-else' },
    apiUserId: sandbox.apiUserId,
    absentId: '5f0000000000000000000000',
    open({ subject, text, email, tags }) {
      const customer =
        [...desk.customers.values()].find((one) => one.email === email) ??
        desk.addCustomer(nowMs(), { name: 'Kim', email, defaultLang: 'sv_se' });
      return desk.start({
        atMs: nowMs(),
        customerId: customer.id,
        name: subject,
        text,
        channel: 'email',
        tags,
        defaultLang: 'sv_se',
        locale: 'SE',
      }).id;
    },
    reply: (id) => answer(id, agent.id),
    assign: (id) => void desk.update(id, by(), { assignedUsers: [agent.id] }),
    note: (id) => void desk.note(id, { atMs: nowMs(), userId: agent.id, text: 'Kim has waited long.' }),
    answerAsBot: (id) => answer(id, bot.id),
    answerAsUs: (id) => answer(id, sandbox.apiUserId),
    solve(id, seconds) {
      desk.work(id, { userId: agent.id, startsAtMs: nowMs() - seconds * 1000, durationMs: seconds * 1000 });
      desk.update(id, by(), { status: 'done' });
    },
    tag: (id, name) =>
      void desk.update(id, by(), { tags: [...desk.conversation(id).tags, desk.tag(nowMs(), name, by()).id] }),
    choosePartner: (id, code) => void desk.update(id, by(), { custom: new Map([[settings.partnerFieldId, code]]) }),
    tagsOf,
    partnerOf: (id) => (desk.conversation(id).custom.get(settings.partnerFieldId) as string | undefined) ?? null,
    truth: () => new Map([...desk.conversations.values()].map((one) => [one.id, one.updatedAtMs])),
    smallPages: ({ url, body }) => ({ url: url.replace('pageSize=500', 'pageSize=5'), body }),
    made: () => JSON.stringify([[...sandbox.registry.webhooks.values()], [...desk.attributes]]),
    subscribe: (url) => void sandbox.subscribe(url),
    spoilWebhook(url, how) {
      const { webhooks, change, remove } = sandbox.registry;
      for (const webhook of [...webhooks.values()])
        if (webhook.url === url && how === 'remove') remove(webhook.id);
        else if (webhook.url === url) change(webhook.id, { enabled: false });
    },
    idle: sandbox.idle,
    close: sandbox.close,
  };
};

conformance({
  adapter: kustomer,
  lacks: ['changeTagsOfMany', 'workFeeds', 'recordScore', 'sidebar', 'freezing'],
  fixtures: new URL('./fixtures/', import.meta.url),
  sentAt: new Date('2026-03-02T09:05:00Z'),
  settings: { name: 'Desk', org: 'sandbox', apiKey: 'key' },
  withSecrets: (secrets) => ({ webhookToken: secrets }),
  apiUserId: '69a5519000c7a1e500000007',
  sign: (body, secret) => ({
    'content-type': 'application/json',
    'x-kustomer-webhook-event': 'kustomer.conversation.update',
    'x-kustomer-webhook-signature': createHmac('sha256', secret).update(body).digest('hex'),
  }),
  quota: {
    windowMs: 60_000,
    headers: ({ limit, left }) => ({
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(left),
      'x-ratelimit-reset': '60',
    }),
  },
  indispensable: ['data', 'id', 'attributes', 'createdAt', 'updatedAt'],
  enums: ['status', 'channel', 'direction', 'directionType', 'userType', 'type'],
  startDesk,
});
