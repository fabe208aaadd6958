import type { SandboxClock } from '../clock.ts';
import type { Sandbox } from '../index.ts';
import { playSurveyDay, playWeek, surveyed } from './past.ts';
import { createPeople, type TourStage } from './people.ts';
import { type MappedFields, playTour, playTourOrders, playUnheard, type TourTicket } from './tickets.ts';

export { type TourTicket, tourTickets } from './tickets.ts';

/** A small story beside the marketplace's plan, for those who want to look at single tickets: each part happens when it is called. */
export const createTour = (
  sandbox: Pick<Sandbox, 'zendesk' | 'bigcommerce' | 'helpdesks'>,
  clock: Pick<SandboxClock, 'now'>,
) => {
  const agentIds = sandbox.helpdesks.find(({ kind }) => kind === 'zendesk')?.agentIds.map(Number) ?? [];
  const stage: TourStage = { seed: 'tour', zendesk: sandbox.zendesk, shop: sandbox.bigcommerce.shop, agentIds };
  const people = createPeople(stage);
  const nowMs = (): number => clock.now().getTime();
  let customers: ReturnType<typeof playTourOrders> | undefined;
  return {
    /** A week that ends now, of a shop without a Deskledger. */
    playWeek: (no: number): void => playWeek(people, nowMs(), no),
    /** Tickets that are solved now, in a row; answers how many. */
    playSurveyDay(): number {
      playSurveyDay(people, nowMs());
      return surveyed;
    },
    playOrders(): void {
      customers = playTourOrders(people, stage.shop, nowMs());
    },
    /** Pointed at in the Agent Workspace, and answered by what is to be seen beside them. */
    playTickets(mapped: MappedFields): ReadonlyMap<TourTicket, number> {
      if (!customers) throw new RangeError('the orders of the tour come first');
      return playTour(stage, { people, customers, mapped, atMs: nowMs() });
    },
    /** The last of them, of which no webhook tells; its id. */
    playUnheard(): number {
      if (!customers) throw new RangeError('the orders of the tour come first');
      return playUnheard(stage, people, customers, nowMs());
    },
  };
};
