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
  /** A customer writes. */
  open(): string;
  /** The mapped field of the order number is deleted or put away; the function that is handed back brings it back. */
  loseField(): () => void;
  close(): Promise<unknown>;
}
export interface Kind {
  readonly adapter: HelpdeskAdapter;
  readonly secrets: object;
  readonly start: (clock: SandboxClock) => Promise<Account>;
  readonly sign: (body: string, secret: string) => Readonly<Record<string, string>>;
}

export const kinds: Readonly<Record<string, Kind>> = {
  zendesk: {
    adapter: zendesk,
    secrets: { webhookSecrets: ['ours'] },
    async start(clock) {
      const sandbox = await createZendeskSandbox({ ...options, clock });
      const { desk } = sandbox;
      const kim = desk.addUser({
        name: 'Kim',
        email: 'kim@example.com',
        role: 'end-user',
        locale: 'en',
        organizationId: null,
      });
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
      return { ...sandbox, apiUserId: String(sandbox.apiUserId), open: () => String(open().id), loseField };
    },
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
      return { ...sandbox, apiUserId: String(sandbox.apiUserId), open: () => String(open().id), loseField };
    },
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
      return { ...sandbox, open: () => open().id, loseField };
    },
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

/** Stands before an account: counts what is asked, and answers in its stead while it is `bad`. */
export const proxyOf = async (target: string) => {
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  const proxy = { url: '', asked: 0, bad: null as Bad | null, date: null as (() => Date) | null, close };
  const server = createServer(async (incoming, outgoing) => {
    proxy.asked += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    if (proxy.date) outgoing.setHeader('date', proxy.date().toUTCString());
    if (proxy.bad) {
      const { status, type = 'application/json', body } = proxy.bad;
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
