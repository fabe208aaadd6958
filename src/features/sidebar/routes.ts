import type { FastifyPluginAsync } from 'fastify';
import { AppError, InvalidInput, NotFound } from '../../core/errors.ts';
import type { HelpdeskAdapter } from '../../helpdesks/port.ts';
import { type AppRoutesDeps, sidebarAppRoutes } from './app-routes.ts';
import { type ContextDeps, createContexts } from './context.ts';
import { createFigures } from './figures.ts';

/**
 * GET /sidebar/v1/{kind}/{key}: what a helpdesk's own sidebar shows beside a ticket, for helpdesks that ask an address of ours
 * for it. The connection follows from the key, the right to ask from the secret that the adapter checks.
 */
const widgetRoutes =
  (deps: ContextDeps & { readonly helpdesks: ReadonlyMap<string, HelpdeskAdapter> }): FastifyPluginAsync =>
  async (app) => {
    const contextOf = createContexts(deps);
    const path = '/sidebar/v1/:kind/:key';
    app.get<{ Params: { kind: string; key: string }; Querystring: Record<string, unknown> }>(
      path,
      { schema: { hide: true } },
      async (request, reply) => {
        const { kind, key } = request.params;
        const connection = await deps.directory.connections.byWebhookKey(key);
        const sidebar = deps.helpdesks.get(kind)?.sidebar;
        if (!sidebar || connection?.kind !== kind)
          throw new NotFound('No connection has this address; run `deskledger connection <id> --sidebar` again.');
        const { settings } = connection;
        const headers = Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
        );
        const asked = sidebar.ticketAsked({ settings, headers, query: request.query });
        if (!asked.verified)
          throw new AppError(
            'unauthorized',
            "The request does not carry the connection's secret; set the sidebar up again.",
          );
        if (asked.externalId === null)
          throw new InvalidInput('The request names no ticket', [
            { field: 'ticket_id', reason: "the ticket's id, in digits" },
          ]);
        reply.header('cache-control', 'no-store');
        return sidebar.answer(await contextOf(connection, asked.externalId));
      },
    );
  };

/** Everything under /sidebar/v1; figures are counted once for all helpdesks. */
export const sidebarRoutes =
  (deps: AppRoutesDeps): FastifyPluginAsync =>
  async (app) => {
    const failed = (error: unknown) =>
      deps.log.warn({ step: 'sidebar', err: error }, 'figures beside tickets could not be counted anew');
    const figures = createFigures({ ...deps, failed });
    await app.register(widgetRoutes({ ...deps, figures }));
    await app.register(sidebarAppRoutes({ ...deps, figures }));
  };
