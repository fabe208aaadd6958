import { onTestFinished, vi } from 'vitest';
import { dayMs, secondMs } from '../../src/core/time.ts';
import { createBigcommerceSandbox } from '../../src/sandbox/bigcommerce/index.ts';
import type { OrderInput } from '../../src/sandbox/bigcommerce/model.ts';
import type { NewTicket } from '../../src/sandbox/zendesk/desk.ts';
import { createZendeskSandbox, fieldIds } from '../../src/sandbox/zendesk/index.ts';
import { viaOf } from '../../src/sandbox/zendesk/model.ts';
import { orderInput } from '../support/order-input.ts';
import { handClock } from './hand-clock.ts';
import { startProduct } from './product.ts';

export interface MoneyJson {
  readonly amount: string;
  readonly currency: string;
}

export interface TicketDetail {
  readonly id: string;
  readonly attribution: {
    readonly method: string;
    readonly confidence: string;
    readonly evidence: Readonly<Record<string, unknown>>;
    readonly shares: readonly {
      readonly partner: string | null;
      readonly region: string | null;
      readonly ppm: number;
    }[];
  };
  readonly work: readonly {
    readonly agent: string;
    readonly rawSeconds: number;
    readonly costedSeconds: number;
    readonly cappedSeconds: number;
    readonly unpriced: string | null;
    readonly workedAt: string;
    readonly postings: readonly {
      readonly partner: string | null;
      readonly reverses: string | null;
      readonly cause: string;
      readonly workedAt: string;
      readonly postedAt: string;
      readonly cost: MoneyJson;
    }[];
  }[];
  readonly handledSeconds: number;
  readonly supportCost: MoneyJson;
  readonly history: readonly { readonly version: number; readonly method: string }[];
}

/** Which store channel sells for whom. */
const channels = { nord: 3, sud: 4, direct: 1 } as const;
const customerNos = new Map<string, number>();

/**
 * For one test: a product of its own with simulated vendors, on a clock that the test moves: partners nord and sud, sales by channel,
 * and the agents ada (30.00 USD an hour) and ben (90.00 EUR).
 */
export const openMarketplace = async (now: string, { rates = true } = {}) => {
  const clock = handClock(now);
  const zendesk = await createZendeskSandbox({ clock, seed: 'examples', limits: 'off' });
  const bigcommerce = await createBigcommerceSandbox({ clock, seed: 'examples', limits: 'off', firstOrderId: 1001 });
  const { desk } = zendesk;
  const { shop } = bigcommerce;
  const running = await startProduct({ clock });
  const { product, bring, get } = running;
  onTestFinished(async () => {
    await running.stop();
    await Promise.all([zendesk.close(), bigcommerce.close()]);
  });
  const agentOf = (name: string): number =>
    desk.addUser({ name, email: `${name}@example.com`, role: 'agent', locale: null, organizationId: null }).id;
  const agents = { ada: agentOf('ada'), ben: agentOf('ben') };

  await bring('partners', 'code,name,aliases\nnord,Nord,\nsud,Sud,\n');
  await bring(
    'mapping-rules',
    JSON.stringify([{ gives: 'partner', from: { place: 'channel' }, values: { 1: 'direct', 3: 'nord', 4: 'sud' } }]),
  );
  await running.join('zendesk', zendesk.settings);
  await running.join('bigcommerce', bigcommerce.settings);
  const importRates = (validFrom: string) =>
    bring(
      'rates',
      `scope,key,hourly,currency,valid_from\nagent,helpdesk:${agents.ada},30.00,USD,${validFrom}\nagent,helpdesk:${agents.ben},90.00,EUR,${validFrom}\n`,
    );
  if (rates) await importRates('2026-01-01');

  const people = new Map<string, number>();
  const personOf = (email: string): number => {
    const known =
      people.get(email) ??
      desk.addUser({ name: 'someone', email, role: 'end-user', locale: 'en-US', organizationId: null }).id;
    people.set(email, known);
    return known;
  };
  const total = (ticketId: number): number => Number(desk.ticket(ticketId).fields.get(fieldIds.totalTime) ?? 0);
  const nowMs = (): number => clock.now().getTime();

  return {
    ...running,
    clock,
    desk,
    agents,
    importRates,
    daysAgo: (days: number): number => nowMs() - days * dayMs,
    /** An order at hundredths of its currency, tax on top. */
    order: (by: keyof typeof channels, email: string, placedAtMs: number, change: Partial<OrderInput> = {}) => {
      if (!customerNos.has(email)) customerNos.set(email, customerNos.size + 1);
      return shop.place(
        orderInput({
          placedAtMs,
          customerId: 100 + (customerNos.get(email) ?? 0),
          email,
          currency: 'EUR',
          channelId: channels[by],
          ...change,
        }),
      );
    },
    /** The whole of an order is paid back now. */
    refund: (orderId: number) => {
      const { amounts } = shop.orders.get(orderId) ?? { amounts: { totalIncCents: 0, totalTaxCents: 0 } };
      shop.refund(orderId, {
        reason: 'returned',
        totalCents: amounts.totalIncCents,
        taxCents: amounts.totalTaxCents,
        payments: [{ cents: amounts.totalIncCents, declined: false }],
        lines: [{ index: 0, quantity: 1 }],
      });
    },
    ticket: (email: string, body: string, change: Partial<NewTicket> = {}): number =>
      desk.create({
        atMs: nowMs(),
        subject: 'A question',
        body,
        requesterId: personOf(email),
        via: viaOf('email'),
        brandId: 360_000_910_001,
        ...change,
      }).id,
    /** An agent's update that adds seconds to the total as loaded. */
    work: (ticketId: number, agent: keyof typeof agents, seconds: number): void => {
      clock.advance(secondMs);
      desk.update(ticketId, {
        atMs: nowMs(),
        authorId: agents[agent],
        values: { fields: new Map([[fieldIds.totalTime, String(total(ticketId) + seconds)]]) },
      });
    },
    retag: (ticketId: number, change: (tags: readonly string[]) => string[]): void => {
      clock.advance(secondMs);
      desk.update(ticketId, {
        atMs: nowMs(),
        authorId: agents.ada,
        values: { tags: change(desk.ticket(ticketId).tags) },
      });
    },
    async detail(ticketId: number): Promise<TicketDetail> {
      const { items } = await get<{ items: { id: string }[] }>(`/api/v1/tickets?externalId=${ticketId}`);
      return get(`/api/v1/tickets/${items[0]?.id}`);
    },
    /** Moves the clock until every change at the vendors is read, decided, priced and tagged. */
    async settle(): Promise<void> {
      clock.advance(secondMs);
      const since = clock.now();
      await vi.waitUntil(
        async () => {
          await zendesk.idle();
          const [row] = await product.db.query<{ due: bigint; deepDueAt: Date | null; read: boolean }>(
            `select (select count(*) from ticket where due_at is not null or stale_since is not null)
                    + (select count(*) from wanted_tag where state = 'pending')
                    + (select count(*) from invitation where state in ('pending', 'sending')) as due,
                    (select max(deep_due_at) from ticket) as "deepDueAt",
                    (select count(*) = 2 and bool_and(seen_until >= $1) from sync_cursor where stream in ('orders', 'refunds')) as read`,
            [since],
          );
          if (row?.due === 0n && row.read && row.deepDueAt === null) return true;
          const waitMs = row?.due === 0n && row.deepDueAt ? row.deepDueAt.getTime() - nowMs() : 0;
          clock.advance(Math.max(secondMs, waitMs));
          return false;
        },
        { timeout: 45_000, interval: 20 },
      );
    },
  };
};
