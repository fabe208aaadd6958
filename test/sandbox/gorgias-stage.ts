import type { SandboxClock } from '../../src/sandbox/clock.ts';
import { createGorgiasSandbox, type GorgiasSandboxOptions } from '../../src/sandbox/gorgias/index.ts';
import { jumpingClock } from './jumping-clock.ts';
import { callerOf, closing, startMs } from './stage.ts';

/** A Gorgias account with an agent, a bot and a customer, and a caller with its key. */
export const startGorgias = async (options: Partial<GorgiasSandboxOptions> & { clock?: SandboxClock } = {}) => {
  const clock = options.clock ?? jumpingClock(startMs);
  const sandbox = await createGorgiasSandbox({ seed: 'test', ...options, clock });
  closing(() => sandbox.close());
  const { desk } = sandbox;
  const agent = desk.addUser({ name: 'Agent Elm', email: 'elm@example.com', role: 'agent' });
  const helper = desk.addUser({ name: 'Agent Oak', email: 'oak@example.com', role: 'agent' });
  const bot = desk.addUser({ name: 'Gorgias Bot', email: 'bot@example.com', role: 'bot' });
  const customer = desk.addCustomer({ name: 'Customer One', email: 'customer1@example.com' });
  const authorization = `Basic ${Buffer.from(`${sandbox.settings.email}:${sandbox.settings.apiKey}`).toString('base64')}`;
  const call = callerOf(`${sandbox.url}/api/`, { authorization });
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
