import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { secondMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import { within } from '../../platform/deadline.ts';
import { answers } from '../../platform/http/answers.ts';
import type { StoreAdapter } from '../../stores/port.ts';
import { accountSettings, type Connection, type ReportingBasis } from '../directory/index.ts';
import { ticketGlance } from '../reports/index.ts';
import { sidebarChoicesAnswer, sidebarTicketAnswer } from './contract.ts';
import { choicesOf, fieldsOf } from './corrections.ts';
import type { Figures } from './figures.ts';
import { createGate, type GateDeps } from './gate.ts';
import { hold } from './held.ts';
import { ticketAnswer } from './ticket.ts';

/** Names, the account's setting and the stores are at most so old. */
const surroundingsHeldMs = 5 * secondMs;
/** Figures that are counted for the first time are waited for so long: a ticket without them is better than none. */
const firstFiguresMs = 1000;

export interface AppRoutesDeps extends GateDeps {
  readonly clock: Clock;
  readonly basis: ReportingBasis;
  readonly stores: ReadonlyMap<string, StoreAdapter>;
  /** Told that somebody looks at a ticket whose work waits for its hour. */
  readonly onLook: (ticketId: bigint) => Promise<void>;
}

/**
 * /sidebar/v1/tickets and /sidebar/v1/choices: what the sidebar app of Zendesk shows of a ticket and lets people choose from. Asked
 * through Zendesk's proxy with a token that proves the installation and no person, so that the answer holds what every agent may
 * see (RULES.md section 10). No browser asks here: there are no CORS headers.
 */
export const sidebarAppRoutes =
  (deps: AppRoutesDeps & { readonly figures: Figures }): FastifyPluginAsyncZod =>
  async (app) => {
    const { db, clock, wall, directory, stores, basis, figures, log, onLook } = deps;
    const admit = createGate(deps);
    const failed = (error: unknown) => log.warn({ step: 'sidebar', err: error }, 'a look could not be noted');
    const asking = new WeakMap<FastifyRequest, Connection>();
    const signed = {
      onRequest: async (request: FastifyRequest) => {
        asking.set(request, await admit(request.headers.authorization));
      },
    };
    const connectionOf = (request: FastifyRequest): Connection => {
      const connection = asking.get(request);
      if (!connection) throw new AppError('unauthorized', 'The request was not let in.');
      return connection;
    };

    const surroundings = hold(
      async () => {
        const [partners, regions, { sidebarMoney }, connections] = await Promise.all([
          directory.partners(),
          directory.regions(),
          accountSettings(db),
          directory.connections.list(),
        ]);
        const nameIn = (list: readonly { readonly code: string; readonly name: string }[]) => {
          const names = new Map(list.map(({ code, name }) => [code, name]));
          return (code: string): string => names.get(code) ?? code;
        };
        const byId = new Map(connections.map((connection) => [connection.id, connection]));
        return {
          partners: partners.list(),
          regions,
          names: { partner: nameIn(partners.list()), region: nameIn(regions.list()) },
          money: sidebarMoney,
          pageOf({ connectionId, externalId }: { readonly connectionId: number; readonly externalId: string }) {
            const store = byId.get(connectionId);
            return (store && stores.get(store.kind)?.orderPage?.(store.settings, externalId)) ?? null;
          },
        };
      },
      { wall, forMs: surroundingsHeldMs, failed },
    );

    /** Null of what is counted for the first time, or cannot be. */
    const soon = async <Value>(counted: Promise<Value>): Promise<Value | null> => {
      try {
        return await within(counted, firstFiguresMs, 'the figures were not counted');
      } catch (error) {
        log.warn({ step: 'sidebar', err: error }, 'a ticket was shown without some of its figures');
        return null;
      }
    };

    app.get(
      '/sidebar/v1/tickets/:externalId',
      {
        ...signed,
        schema: {
          summary:
            "What the sidebar app shows beside a ticket; the token is Zendesk's, signed with the connection's secret",
          tags: ['sidebar'],
          params: z.object({
            externalId: z.string().regex(/^[1-9]\d{0,19}$/, "is no ticket's id at the helpdesk: digits alone"),
          }),
          querystring: z.strictObject({}),
          ...answers('The ticket, if it is known, and what goes with it', sidebarTicketAnswer),
        },
      },
      async (request) => {
        const { id: connectionId, settings } = connectionOf(request);
        const { externalId } = request.params;
        const now = clock.now();
        const [glance, around, report, weeks] = await Promise.all([
          ticketGlance(db, { connectionId, externalId, now }),
          surroundings.fresh(),
          soon(figures.report.atOnce()),
          soon(figures.weeks.atOnce()),
        ]);
        if (glance?.waits) onLook(glance.id).catch(failed);
        return ticketAnswer({
          externalId,
          asOf: now.toISOString(),
          glance,
          hourlyOf: await soon(figures.hourlyOf(glance?.lines.map(({ month }) => month) ?? [])),
          report,
          weeks,
          currency: basis.currency,
          fields: fieldsOf(settings),
          ...around,
        });
      },
    );

    app.get(
      '/sidebar/v1/choices',
      {
        ...signed,
        schema: {
          summary: 'What a correction in the sidebar app may name, and the ticket fields and values that say it',
          tags: ['sidebar'],
          querystring: z.strictObject({}),
          ...answers('Partners, regions and reasons, and the ids of the mapped fields', sidebarChoicesAnswer),
        },
      },
      async (request) => choicesOf(connectionOf(request).settings, await surroundings.fresh()),
    );
  };
