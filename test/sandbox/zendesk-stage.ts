import { createZendeskSandbox, fieldIds, type ZendeskSandboxOptions } from '../../src/sandbox/zendesk/index.ts';
import { type Status, viaOf } from '../../src/sandbox/zendesk/model.ts';
import { atEndOfFile } from '../support/cleanup.ts';
import { jumpingClock } from './jumping-clock.ts';
import { callerOf, closeStages, closing, startMs } from './stage.ts';

/** A Zendesk account with an agent and a customer, and a caller with its token. */
export const startAccount = async (options: Partial<ZendeskSandboxOptions> = {}) => {
  const clock = jumpingClock(startMs);
  const sandbox = await createZendeskSandbox({ clock, seed: 'test', ...options });
  closing(() => sandbox.close());
  const { desk, settings } = sandbox;
  const person = (name: string, email: string, role: 'agent' | 'end-user', locale: string) =>
    desk.addUser({ name, email, role, locale, organizationId: null });
  const customer = person('Customer 1', 'customer1@example.com', 'end-user', 'sv');
  const agent = person('Agent Elm', 'elm@example.com', 'agent', 'en-US');
  const credentials = Buffer.from(`${settings.email}/token:${settings.apiToken}`).toString('base64');
  const call = callerOf(`${sandbox.url}/api/v2/`, { authorization: `Basic ${credentials}` });
  const ticket = (subject = 'Return #40001', tags: readonly string[] = ['vip']) =>
    desk.create({
      atMs: clock.now().getTime(),
      subject,
      body: 'Hello',
      requesterId: customer.id,
      via: viaOf('email'),
      brandId: 5,
      tags,
      fields: new Map([[fieldIds.orderNumber, '40001']]),
    });
  return { sandbox, clock, customer, agent, call, ticket };
};

/** An account of its own with one customer and one agent, on a clock that jumps. */
export const startZendesk = async (options: Partial<ZendeskSandboxOptions> = {}) => {
  const account = await startAccount({ limits: 'off', ...options });
  atEndOfFile(closeStages);
  const { sandbox, clock, call } = account;
  const { desk, settings } = sandbox;
  const [customer, agent] = [account.customer.id, account.agent.id];
  const nowMs = () => clock.now().getTime();
  return {
    sandbox,
    desk,
    clock,
    customer,
    agent,
    nowMs,
    get: (path: string) => call('GET', path),
    /** A ticket on which the agent worked so many seconds. */
    ticket({ seconds = 0, status = 'open' }: { seconds?: number; status?: Status } = {}) {
      const { id } = desk.create({
        atMs: nowMs(),
        subject: 'Return',
        body: 'Hello',
        requesterId: customer,
        via: viaOf('email'),
        brandId: 5,
        tags: ['vip'],
      });
      const fields = new Map([[Number(settings.totalTimeFieldId), String(seconds)]]);
      const comment = { body: 'It is on its way.', public: true };
      desk.update(id, { atMs: nowMs() + 1_000, authorId: agent, comment, values: { assigneeId: agent, fields } });
      if (status !== 'open') desk.update(id, { atMs: nowMs() + 2_000, authorId: agent, values: { status } });
      return id;
    },
  };
};
