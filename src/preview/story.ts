import { setTimeout as wallPause } from 'node:timers/promises';
import type { Product } from '../compose.ts';
import { AppError } from '../core/errors.ts';
import { dayMs, hourMs, minuteMs, secondMs } from '../core/time.ts';
import { connectionStatuses } from '../features/ingest/index.ts';
import { type Customers, createTour, type Sandbox, type TourTicket } from '../sandbox/index.ts';
import type { LeapingClock } from './clock.ts';

export interface Stage {
  readonly sandbox: Sandbox;
  readonly clock: LeapingClock;
  readonly history: boolean;
  readonly onStep: (text: string) => void;
  readonly signal: AbortSignal | undefined;
}

/** How far behind the wall the product starts: on that day many customers are asked how it went. */
const surveyDayMs = 2 * dayMs;
const weeks = 12;
/** The product lets a ticket rest some seconds after each change: with a clock behind the wall's nobody waits for them. */
const stepMs = 5 * secondMs;
const lookMs = 50;
/** Work on an open ticket is read at the latest after this long: the tour's tickets are written so much before the wall's time. */
const workReadMs = 6 * hourMs + 10 * minuteMs;
const marginMs = workReadMs + 40 * minuteMs;
const longestMs = 90 * secondMs;

/** The story of a preview: the weeks before, the day of the surveys, and the tickets to look at. */
export const playStory = ({ sandbox, clock, history, onStep, signal }: Stage) => {
  const tour = createTour(sandbox, clock);
  let customers: Customers | undefined;

  const behindMs = (): number => Date.now() - clock.now().getTime();
  const leapTo = (toBehindMs: number): void => clock.leap(behindMs() - toBehindMs);

  const waitUntil = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
    const endMs = Date.now() + longestMs;
    while (!(await isSo())) {
      signal?.throwIfAborted();
      if (Date.now() > endMs) throw new AppError('unavailable', `The preview waited in vain: ${what}.`);
      if (behindMs() > stepMs) clock.leap(Math.min(stepMs, behindMs() - stepMs));
      await wallPause(lookMs);
    }
  };

  const settled = async (product: Product): Promise<void> => {
    await sandbox.zendesk.idle();
    await waitUntil('tickets were not decided', async () => {
      const statuses = await connectionStatuses(product.db, clock.now());
      return sandbox.zendesk.delivery.pending === 0 && statuses.every(({ pending }) => pending === 0);
    });
  };

  return {
    settled,

    /** Before there is a product. */
    async past(): Promise<void> {
      if (history) {
        onStep('Playing twelve weeks of a small shop');
        for (let week = 0; week < weeks; week += 1) {
          clock.leap(7 * dayMs);
          tour.playWeek(week);
        }
        leapTo(surveyDayMs);
      }
      tour.playOrders();
    },

    async play(
      product: Product,
      { helpdesk, store }: { readonly helpdesk: number; readonly store: number },
      since: Date,
    ): Promise<ReadonlyMap<TourTicket, number>> {
      const read = async (id: number) => {
        await product.backfill(await product.directory.connections.get(String(id)), { since });
      };
      onStep('Reading orders and tickets of the last 90 days');
      await read(store);
      if (history) {
        await read(helpdesk);
        onStep('Customers are asked how it went');
        customers = sandbox.answerSurveys({ outboxDir: product.outboxDir, everybody: true });
        clock.leap(4 * hourMs);
        const asked = tour.playSurveyDay();
        const { counts } = customers;
        await waitUntil('customers did not answer', async () => counts.taken + counts.failed >= asked);
        await settled(product);
      }
      leapTo(marginMs);
      onStep('Tickets are written');
      const { settings } = await product.directory.connections.get(String(helpdesk));
      const tickets = tour.playTickets({
        partner: Number(settings.partnerFieldId),
        reason: Number(settings.reasonFieldId),
      });
      await settled(product);
      clock.leap(workReadMs);
      await settled(product);
      clock.meetWall();
      return new Map([...tickets, ['unknown', tour.playUnheard()]]);
    },

    async end(): Promise<void> {
      await customers?.stop();
    },
  };
};
