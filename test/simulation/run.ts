import { vi } from 'vitest';
import { hourMs } from '../../src/core/time.ts';
import { holdBack } from '../../src/demo.ts';
import { catchingUpClock } from '../../src/platform/clock.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/index.ts';
import { atEndOfFile } from '../support/cleanup.ts';
import { type RunningProduct, startProduct } from './product.ts';

export interface Simulation extends RunningProduct {
  readonly sandbox: Sandbox;
}

/** Wall time for setting up before the first day begins. */
const setUpMs = 4_000;
/** Customers answer within this time of their mail. */
const patienceMs = 21 * hourMs;

/**
 * Plays days of the marketplace against a real product, at many times the wall's speed: real webhooks, clients, queue,
 * mails and survey pages. Resolves when the days are over, nothing is due, nobody is still to answer and no open ticket's
 * work is unread; everything is closed when the file ends.
 */
export const simulate = async (options: {
  readonly seed: string;
  readonly days: number;
  readonly scale: number;
  /** Clock milliseconds per wall millisecond, on a machine that keeps up. */
  readonly speed: number;
  readonly currency: string;
  readonly timeZone: string;
}): Promise<Simulation> => {
  const { seed, days, scale, speed, currency, timeZone } = options;
  const startMs = Date.parse('2026-03-20T00:00:00Z');
  const clock = catchingUpClock({ startMs: startMs - setUpMs * speed, speed });
  const sandbox = await createSandbox({ clock, seed, startsAt: new Date(startMs), days, scale, limits: 'off' });
  atEndOfFile(() => sandbox.close());
  const running = await startProduct({ clock, currency, timeZone, fxUrl: sandbox.fx.url });
  const { product, bring, get } = running;

  const { inputs } = sandbox;
  await bring('partners', inputs.partners);
  await bring('regions', inputs.regions);
  await bring('mapping-rules', inputs.mappingRules);
  await bring('ticket-rules', inputs.ticketRules);
  await bring('fx', inputs.fx);
  await running.join('zendesk', sandbox.zendesk.settings);
  await running.join('bigcommerce', sandbox.bigcommerce.settings);
  await bring('agents', inputs.agents);
  await bring('rates', inputs.rates);
  sandbox.answerSurveys({ outboxDir: product.outboxDir });
  const governor = holdBack(clock, speed, { product, sandbox });
  atEndOfFile(() => governor.stop());
  await sandbox.play({ signal: new AbortController().signal, endAfterDays: true });

  await sandbox.zendesk.idle();
  const endedAt = clock.now();
  await vi.waitUntil(
    async () => {
      const [row] = await product.db.query<{ left: bigint; read: boolean; mailedAt: Date | null }>(
        `select (select count(*) from ticket where due_at is not null or deep_due_at is not null or stale_since is not null)
                + (select count(*) from wanted_tag where state = 'pending')
                + (select count(*) from invitation where state in ('pending', 'sending')) as left,
                (select bool_and(coalesce((cursor->>'endedAt')::timestamptz, seen_until) > $1) from sync_cursor where stream in ('orders', 'refunds', 'tickets')) as read,
                (select max(sent_at) from invitation) as "mailedAt"`,
        [endedAt],
      );
      const answered = !row?.mailedAt || clock.now().getTime() > row.mailedAt.getTime() + patienceMs;
      const { pending } = await get<{ pending: number }>('/api/v1/status');
      return row?.left === 0n && row.read && answered && pending === 0;
    },
    { timeout: 90_000, interval: 200 },
  );
  return { ...running, sandbox };
};
