import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gorgias } from '../../../src/helpdesks/gorgias/index.ts';
import { kustomer } from '../../../src/helpdesks/kustomer/index.ts';
import type { HelpdeskAdapter } from '../../../src/helpdesks/port.ts';
import { zendesk } from '../../../src/helpdesks/zendesk/index.ts';
import type { SandboxClock } from '../../../src/sandbox/clock.ts';
import { createGorgiasSandbox } from '../../../src/sandbox/gorgias/index.ts';
import { attributeNames, createKustomerSandbox } from '../../../src/sandbox/kustomer/index.ts';
import { createZendeskSandbox, fieldIds } from '../../../src/sandbox/zendesk/index.ts';
import { viaOf } from '../../../src/sandbox/zendesk/model.ts';

const options = { seed: 'bad account', limits: 'off' } as const;

/** One account of each helpdesk: where it is, what its customers do, and a delivery of it under any secret. */
export interface Account {
  readonly url: string;
  readonly settings: object;
  readonly apiUserId: string;
  /** A customer writes, always the same. */
  open(): string;
  /** An agent sets the mapped field of the partner. */
  choose(id: string, partner: string): void;
  tagsOf(id: string): readonly string[];
  /** The mapped field of the order number is deleted or put away; the function that is handed back brings it back. */
  loseField(): () => void;
  close(): Promise<unknown>;
}
export interface Kind {
  readonly adapter: HelpdeskAdapter;
  readonly secrets: object;
  readonly start: (clock: SandboxClock) => Promise<Account>;
  readonly sign: (body: string, secret: string) => Readonly<Record<string, string>>;
  readonly rights: readonly Right[];
}

/** One thing that our user may do there, the calls for which it needs it, as "METHOD /path", and what its lack stops. */
export interface Right {
  readonly to: string;
  readonly calls: RegExp;
  readonly stops: 'nothing' | 'tickets' | 'tags';
  /** What is said of it. */
  readonly state: 'ok' | 'forbidden';
  readonly text?: RegExp;
}

const closedFields = { stops: 'nothing', state: 'forbidden', text: /list of ticket fields is closed/ } as const;

export const kinds: Readonly<Record<string, Kind>> = {
  zendesk: {
    adapter: zendesk,
    secrets: { webhookSecrets: ['ours'] },
    async start(clock) {
      const sandbox = await createZendeskSandbox({ ...options, clock, talk: true });
      const { desk } = sandbox;
      const kim = desk.addUser({
        name: 'Kim',
        email: 'kim@example.com',
        role: 'end-user',
        locale: 'en',
        organizationId: null,
      });
      const elm = desk.addUser({
        name: 'Elm',
        email: 'elm@example.com',
        role: 'agent',
        locale: 'en',
        organizationId: null,
      });
      const choose = (id: string, partner: string) => {
        const values = { fields: new Map([[fieldIds.partner, partner]]) };
        desk.update(Number(id), { atMs: clock.now().getTime(), authorId: elm.id, values });
      };
      const tagsOf = (id: string) => desk.ticket(Number(id)).tags;
      const open = () =>
        desk.create({
          atMs: clock.now().getTime(),
          subject: 'Hello',
          body: 'Where is it?',
          requesterId: kim.id,
          via: viaOf('email'),
          brandId: 42,
          tags: [],
        });
      const loseField = () => {
        const fields = desk.fields as unknown[];
        const at = desk.fields.findIndex(({ id }) => id === fieldIds.orderNumber);
        const [field] = fields.splice(at, 1);
        return () => void fields.splice(at, 0, field);
      };
      const apiUserId = String(sandbox.apiUserId);
      return { ...sandbox, apiUserId, open: () => String(open().id), choose, tagsOf, loseField };
    },
    rights: [
      { to: 'ticket fields', calls: /ticket_fields/, ...closedFields },
      { to: 'calls', calls: /channels\/voice/, stops: 'nothing', state: 'forbidden' },
      { to: 'audits', calls: /audits/, stops: 'tickets', state: 'forbidden' },
      { to: 'writing', calls: /^(?!GET)/, stops: 'tags', state: 'forbidden' },
    ],
    sign(body, secret) {
      const timestamp = new Date().toISOString();
      return {
        'x-zendesk-webhook-invocation-id': '8350205583',
        'x-zendesk-webhook-signature-timestamp': timestamp,
        'x-zendesk-webhook-signature': createHmac('sha256', secret).update(timestamp).update(body).digest('base64'),
      };
    },
  },
  gorgias: {
    adapter: gorgias,
    secrets: { webhookSecret: 'ours' },
    async start(clock) {
      const sandbox = await createGorgiasSandbox({ ...options, clock });
      const { desk } = sandbox;
      const customer = desk.addCustomer({ name: 'Kim', email: 'kim@example.com' });
      const elm = desk.addUser({ name: 'Elm', email: 'elm@example.com', role: 'agent' });
      const choose = (id: string, partner: string) => {
        const values = { fields: new Map([[sandbox.fieldIds.partner, partner]]) };
        desk.act(Number(id), { atMs: clock.now().getTime(), userId: elm.id, values });
      };
      const tagsOf = (id: string) => desk.ticket(Number(id)).tagIds.map((tag) => desk.tags.get(tag)?.name ?? '');
      const message = { from: { customerId: customer.id }, text: 'Where is it?', language: 'en' };
      const open = () =>
        desk.create({
          atMs: clock.now().getTime(),
          customerId: customer.id,
          channel: 'email',
          subject: 'Hello',
          tags: [],
          message,
        });
      const loseField = () => {
        const field = desk.fields.get(sandbox.fieldIds.orderNumber);
        if (!field) throw new Error('there is no field of the order number');
        field.deactivatedAtMs = clock.now().getTime();
        return () => {
          field.deactivatedAtMs = null;
        };
      };
      const apiUserId = String(sandbox.apiUserId);
      return { ...sandbox, apiUserId, open: () => String(open().id), choose, tagsOf, loseField };
    },
    rights: [
      { to: 'ticket fields', calls: /custom-fields/, ...closedFields },
      { to: 'statistics', calls: /reporting/, stops: 'nothing', state: 'ok' },
      { to: 'events', calls: /\/events/, stops: 'tickets', state: 'forbidden' },
      { to: 'writing', calls: /^(?!GET)(?!.*reporting)/, stops: 'tags', state: 'forbidden' },
    ],
    sign: (_, secret) => ({ 'x-deskledger-secret': secret }),
  },
  kustomer: {
    adapter: kustomer,
    secrets: { webhookToken: 'ours' },
    async start(clock) {
      const sandbox = await createKustomerSandbox({ ...options, clock });
      const { desk } = sandbox;
      const customer = desk.addCustomer(clock.now().getTime(), {
        name: 'Kim',
        email: 'kim@example.com',
        defaultLang: 'en',
      });
      const elm = desk.addUser({ name: 'Elm', email: 'elm@example.com', userType: 'user' });
      const choose = (id: string, partner: string) => {
        const by = { userId: elm.id, client: 'web' as const, atMs: clock.now().getTime() };
        desk.update(id, by, { custom: new Map([[attributeNames.partner, partner]]) });
      };
      const tagsOf = (id: string) => desk.conversation(id).tags.flatMap((tag) => desk.tags.get(tag)?.name ?? []);
      const open = () =>
        desk.start({
          atMs: clock.now().getTime(),
          customerId: customer.id,
          name: 'Hello',
          text: 'Where is it?',
          channel: 'email',
          tags: [],
          defaultLang: 'en',
          locale: 'US',
        });
      const loseField = () => {
        desk.attributes.delete(attributeNames.orderNumber);
        return () => void desk.attributes.set(attributeNames.orderNumber, { displayName: 'Order number' });
      };
      return { ...sandbox, open: () => open().id, choose, tagsOf, loseField };
    },
    rights: [
      { to: 'ticket fields', calls: /metadata/, ...closedFields },
      { to: 'the audit log', calls: /audit-logs/, stops: 'nothing', state: 'ok' },
      { to: 'times', calls: /\/times/, stops: 'tickets', state: 'forbidden' },
      { to: 'writing', calls: /^(?!GET)(?!.*search)/, stops: 'tags', state: 'forbidden' },
    ],
    sign: (body, secret) => ({
      'x-kustomer-webhook-event': 'kustomer.conversation.update',
      'x-kustomer-webhook-signature': createHmac('sha256', secret).update(body).digest('hex'),
    }),
  },
};

export interface Bad {
  readonly status: number;
  readonly type?: string;
  readonly body: string;
}

/** Stands before an account: counts what is asked, and answers in its stead while it is `bad`, or what is asked is `closed`. */
export const proxyOf = async (target: string) => {
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  const proxy = {
    url: '',
    asked: 0,
    bad: null as Bad | null,
    closed: null as RegExp | null,
    date: null as (() => Date) | null,
    close,
  };
  const server = createServer(async (incoming, outgoing) => {
    proxy.asked += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    if (proxy.date) outgoing.setHeader('date', proxy.date().toUTCString());
    const isClosed = proxy.closed?.test(`${incoming.method} ${incoming.url}`) === true;
    const bad = isClosed ? { status: 403, body: '{"error":"Forbidden"}' } : proxy.bad;
    if (bad) {
      const { status, type = 'application/json', body }: Bad = bad;
      return void outgoing.writeHead(status, { 'content-type': type }).end(body);
    }
    const { host: _, connection: __, 'content-length': ___, ...headers } = incoming.headers;
    const answer = await fetch(`${target}${incoming.url}`, {
      method: incoming.method ?? 'GET',
      headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    });
    outgoing.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' });
    outgoing.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
};
