import { createKustomerSandbox, type KustomerSandboxOptions } from '../../src/sandbox/kustomer/index.ts';
import type { CustomValue } from '../../src/sandbox/kustomer/model.ts';
import { jumpingClock } from './jumping-clock.ts';
import { callerOf, closing, startMs } from './stage.ts';

/** An org with a customer, an agent and a bot, and a way to call its API as a stranger would. */
export const startKustomer = async (options: Partial<KustomerSandboxOptions> = {}) => {
  const clock = jumpingClock(startMs);
  const sandbox = await createKustomerSandbox({ clock, seed: 'test', ...options });
  closing(() => sandbox.close());
  const { desk } = sandbox;
  const customer = desk.addCustomer(startMs, { name: 'C One', email: 'customer1@example.com', defaultLang: 'sv_se' });
  const agent = desk.addUser({ name: 'Agent Elm', email: 'elm@example.com', userType: 'user' });
  const bot = desk.addUser({ name: 'Helper', email: null, userType: 'machine' });
  const call = callerOf(sandbox.url, { authorization: `Bearer ${sandbox.settings.apiKey}` });
  const conversation = (
    more: {
      readonly atMs?: number;
      readonly channel?: string;
      readonly custom?: ReadonlyMap<string, CustomValue>;
    } = {},
  ) =>
    desk.start({
      atMs: clock.now().getTime(),
      customerId: customer.id,
      name: 'Return #40001',
      text: 'Hello',
      channel: 'email',
      tags: ['vip'],
      defaultLang: 'sv_se',
      locale: 'SE',
      ...more,
    });
  const by = (atMs = clock.now().getTime()) => ({ userId: agent.id, client: 'web' as const, atMs });
  return { sandbox, desk, clock, customer, agent, bot, call, conversation, by };
};
