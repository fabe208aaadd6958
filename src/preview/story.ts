import type { Product } from '../compose.ts';
import { dayMs, hourMs, minuteMs } from '../core/time.ts';
import { connectionStatuses } from '../features/ingest/index.ts';
import { type Customers, createTour, type Sandbox, type TourTicket } from '../sandbox/index.ts';
import type { LeapingClock } from './clock.ts';
import { waitUntil } from './waiting.ts';

export interface Stage {
  readonly sandbox: Sandbox;
  readonly clock: LeapingClock;
  readonly history: boolean;
  readonly onStep: (text: string) => void;
  readonly signal: AbortSignal | undefined;
}

/** How far behind the present the product starts: on that day many customers are asked how it went. */
const surveyDayMs = 2 * dayMs;
const weeks = 12;
/** Work on an open ticket is read at the latest after this long: the tour's tickets are written so much before the present. */
const workReadMs = 6 * hourMs + 10 * minuteMs;
const marginMs = workReadMs + 40 * minuteMs;

/** The story of a preview: the weeks before, the day of the surveys, and the tickets to look at. */
export const playStory = ({ sandbox, clock, history, onStep, signal }: Stage) => {
  const tour = createTour(sandbox, clock);
  let customers: Customers | undefined;

  const leapTo = (toBehindMs: number): void => clock.leap(clock.behindMs() - toBehindMs);

  const settled = async (product: Product, keptMs = 0): Promise<void> => {
    await sandbox.zendesk.idle();
    const isSettled = async () => {
      const statuses = await connectionStatuses(product.db, clock.now());
      return sandbox.zendesk.delivery.pending === 0 && statuses.every(({ pending }) => pending === 0);
    };
    await waitUntil('tickets were not decided', isSettled, { clock, keptMs, signal });
  };

  return {
    settled: (product: Product) => settled(product),

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
        const haveAnswered = async () => counts.taken + counts.failed >= asked;
        await waitUntil('customers did not answer', haveAnswered, { clock, keptMs: marginMs, signal });
        await settled(product, marginMs);
      }
      leapTo(marginMs);
      onStep('Tickets are written');
      const { settings } = await product.directory.connections.get(String(helpdesk));
      const tickets = tour.playTickets({
        partner: Number(settings.partnerFieldId),
        reason: Number(settings.reasonFieldId),
      });
      await settled(product, workReadMs);
      clock.leap(workReadMs);
      await settled(product);
      clock.catchUp();
      return new Map([...tickets, ['unknown', tour.playUnheard()]]);
    },

    async end(): Promise<void> {
      await customers?.stop();
    },
  };
};
