import { createZendeskSandbox, type ZendeskSandboxOptions } from '../../src/sandbox/zendesk/index.ts';
import type { Status } from '../../src/sandbox/zendesk/model.ts';
import { viaOf } from '../../src/sandbox/zendesk/model.ts';
import { atEndOfFile } from '../support/cleanup.ts';
import { jumpingClock } from './jumping-clock.ts';

export const startMs = Date.parse('2026-03-02T09:00:00Z');

/** An account of its own with one customer and one agent, on a clock that jumps. */
export const startZendesk = async (options: Partial<ZendeskSandboxOptions> = {}) => {
  const clock = jumpingClock(startMs);
  const sandbox = await createZendeskSandbox({ clock, seed: 'test', limits: 'off', ...options });
  atEndOfFile(() => sandbox.close());
  const { desk, settings } = sandbox;
  const person = { email: null, locale: 'sv', organizationId: null };
  const customer = desk.addUser({ ...person, name: 'Kim', role: 'end-user' }).id;
  const agent = desk.addUser({ ...person, name: 'Elm', role: 'agent' }).id;
  const nowMs = () => clock.now().getTime();
  const authorization = `Basic ${Buffer.from(`${settings.email}/token:${settings.apiToken}`).toString('base64')}`;
  return {
    sandbox,
    desk,
    clock,
    customer,
    agent,
    nowMs,
    get: async (path: string) => {
      const response = await fetch(`${sandbox.url}/api/v2/${path}`, { headers: { authorization } });
      // biome-ignore lint/suspicious/noExplicitAny: answers are read as a stranger would read them.
      return { status: response.status, headers: response.headers, json: (await response.json()) as any };
    },
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
