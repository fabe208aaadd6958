import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { AppError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database/open.ts';
import { answers } from '../../platform/http/answers.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { type Access, requireScope } from '../access/index.ts';
import { type ConnectionStatus, connectionStatuses, listQuarantined } from '../ingest/index.ts';
import { attentionOf } from './connection-checks.ts';
import { type ExtraStatus, quarantineAnswer, statusAnswer } from './status-answers.ts';

/** What a role cannot work without, asked anew each time; resolves to why it is not ready, or null. */
export type Readiness = () => Promise<string | null>;

const isLoopback = (address: string): boolean =>
  address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.');

/** By one of these a proxy on this machine shows that the request came from elsewhere. */
const proxyHeaders = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'] as const;

const statusResponse = (statuses: readonly ConnectionStatus[]) => ({
  pending: statuses.reduce((sum, { pending }) => sum + pending, 0),
  quarantined: statuses.reduce((sum, { quarantined }) => sum + quarantined, 0),
  connections: statuses.map((status) => ({
    ...status,
    attention: attentionOf(status),
  })),
});

const measuresOf = (status: ConnectionStatus) => ({
  state: status.state,
  lagSeconds: status.lagSeconds,
  feedLagSeconds: status.feedLagSeconds,
  completeness: status.completeness,
  toldShare: status.toldShare,
  webhookFine: status.webhook && ['fine', 'remade'].includes(status.webhook.state),
  isSilent: status.silentSince !== null,
  backfillLeft: status.backfill ? status.backfill.found - status.backfill.done : 0,
});

interface Deps {
  readonly db: Database;
  readonly clock: Clock;
  readonly access: Access;
}

/** /healthz, /readyz and /metrics: what a process of any role answers. */
export const probeRoutes =
  (deps: Deps & { readonly metrics: Metrics; readonly ready: Readiness }): FastifyPluginAsyncZod =>
  async (app) => {
    const { db, clock, access, metrics } = deps;

    app.get('/healthz', { schema: { hide: true } }, async () => ({ status: 'alive' }));

    app.get('/readyz', { schema: { hide: true } }, async () => {
      const obstacle = await deps.ready();
      if (obstacle !== null) throw new AppError('unavailable', obstacle);
      return { status: 'ready' };
    });

    app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
      const local = isLoopback(request.ip) && proxyHeaders.every((name) => request.headers[name] === undefined);
      if (!local) await requireScope(access, 'read').call(app, request, reply);
      for (const status of await connectionStatuses(db, clock.now())) {
        metrics.pending(status.name, status.pending);
        metrics.quarantined(status.name, status.quarantined);
        metrics.connection(status.name, measuresOf(status));
      }
      return reply.type(metrics.contentType).send(await metrics.render());
    });
  };

/** /api/v1/status and the quarantine. */
export const operationRoutes =
  (
    deps: Deps & {
      /** What else the status tells, e.g. how far the demo is. */
      readonly extraStatus?: (() => ExtraStatus) | undefined;
    },
  ): FastifyPluginAsyncZod =>
  async (app) => {
    const { db, clock, access } = deps;

    app.get(
      '/api/v1/status',
      {
        onRequest: requireScope(access, 'read'),
        schema: {
          summary: 'Per connection: state, mode, lag, completeness, pending work, quarantine, and what needs attention',
          description:
            '`completeness`: tickets (of a store: orders) that we hold per one that the vendor has, as of its latest count, which `counted` shows; null where it was not counted. ' +
            '`toldShare`: of those that the last walk over the changes found changed, the share that webhooks had told of; null before the first walk. It says nothing of what we hold. ' +
            '`pending` 0 means quiet.',
          tags: ['operation'],
          ...answers('Of every connection', statusAnswer),
        },
      },
      async () => ({
        ...statusResponse(await connectionStatuses(db, clock.now())),
        now: clock.now().toISOString(),
        ...deps.extraStatus?.(),
      }),
    );

    app.get(
      '/api/v1/quarantine',
      {
        onRequest: requireScope(access, 'read'),
        schema: {
          summary: 'Tickets and deliveries set aside for a person',
          tags: ['operation'],
          ...answers('All of them', quarantineAnswer),
        },
      },
      async () => ({ items: await listQuarantined(db) }),
    );
  };
