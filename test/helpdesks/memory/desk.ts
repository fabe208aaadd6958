import { randomUUID } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { request } from 'undici';
import type { Clock } from '../../../src/platform/clock.ts';
import { createServer, listen } from '../../../src/sandbox/http.ts';
import type { Desk } from '../conformance.ts';
import { signatureOf } from './deliveries.ts';

interface Change {
  readonly id: string;
  readonly by: string;
  readonly role: string;
  readonly at: string;
  readonly [what: string]: unknown;
}
interface Ticket {
  readonly id: string;
  status: string;
  assignee_id: string | null;
  tags: string[];
  updatedMs: number;
  readonly fields: Record<string, string>;
  /** Answers of the customer by the key under which they were told. */
  readonly scores: Map<string, number>;
  readonly changes: Change[];
  readonly said: Readonly<Record<string, unknown>>;
}
interface Webhook {
  readonly id: string;
  readonly url: string;
  on: boolean;
  readonly secret: string;
}
type Actor = Pick<Change, 'by' | 'role'> & { readonly name: string };
type Ids = {
  Params: { id: string; key: string };
  Body: Record<string, unknown>;
  Querystring: Record<string, string | undefined>;
};

const agent = { by: 'agent-elm', name: 'Elm', role: 'agent' };
const bot = { by: 'answer-bot', name: 'Answers', role: 'bot' };
const us = { by: 'us', name: 'Deskledger', role: 'agent' };
const apiKey = 'memory-api-key';

/** A helpdesk with one account, in memory. */
export const startDesk = async (clock: Clock): Promise<Desk> => {
  const tickets = new Map<string, Ticket>();
  let webhooks: Webhook[] = [];
  const fields = new Set(['order', 'partner', 'reason']);
  let sending: Promise<unknown> = Promise.resolve();
  let made = 0;
  const nextId = (): string => {
    made += 1;
    return String(100_000 + made);
  };
  const found = (id: string): Ticket => {
    const ticket = tickets.get(id);
    if (!ticket) throw new RangeError(`there is no ticket ${id}`);
    return ticket;
  };
  const tell = (type: string, ticket: Ticket, by: string | null): void => {
    const body = JSON.stringify({ id: randomUUID(), type, ticket: ticket.id, by });
    for (const { url, on, secret } of webhooks) {
      const headers = signatureOf(body, secret, clock.now());
      if (!on || !url.startsWith('http:')) continue;
      // Where nobody listens the delivery is lost, as at any vendor in the end.
      const send = () => request(url, { method: 'POST', headers, body }).catch(() => 'lost');
      sending = sending.then(send);
    }
  };
  const change = (id: string, by: Actor, what: Record<string, unknown>): void => {
    const ticket = found(id);
    const at = clock.now();
    ticket.updatedMs = at.getTime();
    ticket.changes.push({ id: nextId(), ...by, at: at.toISOString(), ...what });
    tell(what.status === 'solved' ? 'ticket.solved' : 'ticket.changed', ticket, by.by);
  };
  /** Ended tickets take no tags. */
  const refuses = (id: string, reply: FastifyReply) =>
    found(id).status === 'closed' ? reply.code(422).send({ error: 'the ticket is closed' }) : null;
  const retag = (id: string, by: Actor, add: readonly string[], remove: readonly string[]): void => {
    const ticket = found(id);
    const added = add.filter((tag) => !ticket.tags.includes(tag));
    const removed = remove.filter((tag) => ticket.tags.includes(tag));
    if (added.length + removed.length === 0) return;
    const left = ticket.tags.filter((tag) => !removed.includes(tag));
    ticket.tags = [...left, ...added];
    change(id, by, { tags_added: added, tags_removed: removed, tags_left: left });
  };
  const json = ({ said, changes: _, scores: __, updatedMs, ...ticket }: Ticket) => ({
    ...said,
    ...ticket,
    updated_at: new Date(updatedMs).toISOString(),
  });

  const server = createServer();
  server.addHook('onRequest', async ({ headers }, reply) => {
    if (headers.authorization !== `Bearer ${apiKey}`) await reply.code(401).send({ error: 'who are you' });
  });
  server.setErrorHandler((error, _, reply) =>
    reply.code(error instanceof RangeError ? 404 : 500).send({ error: 'no' }),
  );
  server.get('/me', () => ({ id: us.by, name: us.name }));
  server.get<Ids>('/tickets', ({ query }) => ({
    tickets: (query.ids ?? '').split(',').flatMap((id) => (tickets.has(id) ? [json(found(id))] : [])),
  }));
  server.get<Ids>('/tickets/:id/changes', ({ params }) => ({ changes: found(params.id).changes }));
  server.post<Ids>('/tickets/:id/tags', ({ params, body }, reply) => {
    const refusal = refuses(params.id, reply);
    if (refusal) return refusal;
    retag(params.id, us, body.tags as string[], []);
    return reply.code(204).send();
  });
  server.delete<Ids>('/tickets/:id/tags', ({ params, body }, reply) => {
    const refusal = refuses(params.id, reply);
    if (refusal) return refusal;
    retag(params.id, us, [], body.tags as string[]);
    return reply.code(204).send();
  });
  server.put<Ids>('/tickets/:id/fields', ({ params, body }, reply) => {
    const { name, value } = body as { name: string; value: string | null };
    if (!fields.has(name)) return reply.code(422).send({ error: 'no such field' });
    if (value === null) delete found(params.id).fields[name];
    else found(params.id).fields[name] = value;
    change(params.id, us, { field: name, value });
    return reply.code(204).send();
  });
  server.put<Ids>('/tickets/:id/scores/:key', ({ params, body }, reply) => {
    found(params.id).scores.set(params.key, Number(body.score));
    return reply.code(204).send();
  });
  server.get<Ids>('/feed', ({ query: { since, after = '', size = '100' } }) => {
    const mark = ({ updatedMs, id }: Ticket): string => `${updatedMs}/${id}`;
    const rows = [...tickets.values()]
      .filter((ticket) => ticket.updatedMs >= Date.parse(since ?? '') && mark(ticket) > after)
      .toSorted((a, b) => (mark(a) < mark(b) ? -1 : 1));
    const page = rows.slice(0, Number(size));
    const last = page.at(-1);
    return { tickets: page.map(json), next: last && page.length < rows.length ? mark(last) : null };
  });
  server.get<Ids>('/count', ({ query }) => ({
    count: [...tickets.values()].filter(
      ({ said }) => Date.parse(String(said.created_at)) >= Date.parse(query.since ?? ''),
    ).length,
  }));
  server.get('/fields', () => ({ fields: [...fields] }));
  server.post<Ids>('/fields', ({ body }, reply) => {
    fields.add(String(body.name));
    return reply.code(204).send();
  });
  server.delete<Ids>('/fields/:id', ({ params }, reply) => reply.code(fields.delete(params.id) ? 204 : 404).send());
  server.get('/webhooks', () => ({ webhooks }));
  server.post<Ids>('/webhooks', ({ body }) => {
    const webhook = { id: nextId(), url: String(body.url), on: true, secret: randomUUID() };
    webhooks.push(webhook);
    return webhook;
  });
  server.put<Ids>('/webhooks/:id', ({ params, body }, reply) => {
    for (const webhook of webhooks) if (webhook.id === params.id) webhook.on = body.on === true;
    return reply.code(204).send();
  });
  server.delete<Ids>('/webhooks/:id', ({ params }, reply) => {
    const left = webhooks.filter(({ id }) => id !== params.id);
    const status = left.length < webhooks.length ? 204 : 404;
    webhooks = left;
    return reply.code(status).send();
  });
  const url = await listen(server);

  return {
    url,
    settings: {
      name: 'Desk',
      account: 'loom',
      apiKey,
      baseUrl: url,
      orderNumberFieldId: 'order',
      partnerFieldId: 'partner',
      reasonFieldId: 'reason',
    },
    wrongCredentials: { apiKey: 'of-somebody-else' },
    apiUserId: us.by,
    absentId: '999999',
    open({ subject, text, email, tags }) {
      const id = nextId();
      const at = clock.now();
      const said = { subject, text, channel: 'email', created_at: at.toISOString(), requester: { id: 'kim', email } };
      const held = { assignee_id: null, tags: [...tags], fields: {}, scores: new Map<string, number>(), changes: [] };
      const ticket = { id, status: 'open', updatedMs: at.getTime(), said, ...held };
      tickets.set(id, ticket);
      tell('ticket.created', ticket, null);
      return id;
    },
    reply: (id) => change(id, agent, { message: 'public' }),
    assign(id) {
      found(id).assignee_id = agent.by;
      change(id, agent, { assigned: agent.by });
    },
    note: (id) => change(id, agent, { message: 'internal' }),
    answerAsBot: (id) => change(id, bot, { message: 'public' }),
    answerAsUs: (id) => change(id, us, { message: 'public' }),
    freeze(id) {
      found(id).status = 'closed';
      change(id, agent, { status: 'closed' });
    },
    solve(id, seconds) {
      found(id).status = 'solved';
      change(id, agent, { status: 'solved', seconds });
    },
    tag: (id, name) => retag(id, agent, [name], []),
    choosePartner(id, code) {
      found(id).fields.partner = code;
      change(id, agent, { field: 'partner', value: code });
    },
    tagsOf: (id) => found(id).tags,
    partnerOf: (id) => found(id).fields.partner ?? null,
    scoresOf: (id) => [...found(id).scores.values()],
    truth: () => new Map([...tickets.values()].map(({ id, updatedMs }) => [id, updatedMs])),
    smallPages: (one) => ({ ...one, url: one.url.replace('size=100', 'size=5') }),
    made: () => JSON.stringify([webhooks, [...fields]]),
    subscribe: (address) => void webhooks.push({ id: nextId(), url: address, on: true, secret: randomUUID() }),
    spoilWebhook(address, how) {
      if (how === 'remove') webhooks = webhooks.filter((webhook) => webhook.url !== address);
      for (const webhook of webhooks) if (webhook.url === address) webhook.on = false;
    },
    idle: async () => void (await sending),
    close: async () => void (await server.close()),
  };
};
