import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SandboxClock } from '../../src/sandbox/clock.ts';
import { createGorgiasSandbox, type GorgiasSandboxOptions } from '../../src/sandbox/gorgias/index.ts';
import { jumpingClock } from './jumping-clock.ts';

export const startMs = Date.parse('2026-03-02T09:00:00Z');

const closers: (() => Promise<unknown>)[] = [];

/** To be called after each test. */
export const closeStages = async (): Promise<void> => {
  for (const close of closers.splice(0)) await close();
};

/** A Gorgias account with an agent, a bot and a customer, and a caller with its key. */
export const startGorgias = async (options: Partial<GorgiasSandboxOptions> & { clock?: SandboxClock } = {}) => {
  const clock = options.clock ?? jumpingClock(startMs);
  const sandbox = await createGorgiasSandbox({ seed: 'test', ...options, clock });
  closers.push(() => sandbox.close());
  const { desk } = sandbox;
  const agent = desk.addUser({ name: 'Agent Elm', email: 'elm@example.com', role: 'agent' });
  const helper = desk.addUser({ name: 'Agent Oak', email: 'oak@example.com', role: 'agent' });
  const bot = desk.addUser({ name: 'Gorgias Bot', email: 'bot@example.com', role: 'bot' });
  const customer = desk.addCustomer({ name: 'Customer One', email: 'customer1@example.com' });
  const authorization = `Basic ${Buffer.from(`${sandbox.settings.email}:${sandbox.settings.apiKey}`).toString('base64')}`;
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${sandbox.url}/api/${path}`, {
      method,
      headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') && text !== '';
    return {
      status: response.status,
      headers: response.headers,
      text,
      // biome-ignore lint/suspicious/noExplicitAny: answers are read as a stranger would read them.
      json: (isJson ? JSON.parse(text) : null) as any,
    };
  };
  const nowMs = (): number => clock.now().getTime();
  const ticket = (more: { readonly subject?: string; readonly channel?: string; readonly language?: string } = {}) =>
    desk.create({
      atMs: nowMs(),
      customerId: customer.id,
      channel: more.channel ?? 'email',
      subject: more.subject ?? 'Return #40001',
      message: { from: { customerId: customer.id }, text: 'Hello', language: more.language ?? 'sv' },
    });
  /** An agent's public reply, with what else it does. */
  const reply = (id: number, values: Parameters<typeof desk.act>[1]['values'] = {}, by = agent) =>
    desk.act(id, { atMs: nowMs(), userId: by.id, message: { from: { userId: by.id }, text: 'Done' }, values });
  return { sandbox, desk, clock, agent, helper, bot, customer, call, ticket, reply, nowMs };
};

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly atMs: number;
}

/** A webhook receiver on loopback that notes what it is sent. */
export const startReceiver = async (
  clock: SandboxClock,
  answer: (response: ServerResponse, index: number) => void = (response) => response.writeHead(202).end(),
) => {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
        atMs: clock.now().getTime(),
      });
      answer(response, received.length - 1);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/key` };
};
