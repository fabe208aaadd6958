import type { FastifyInstance } from 'fastify';
import { buildApp, buildProbes } from '../app.ts';
import { signInRoutes } from '../features/access/index.ts';
import { bookRoutes } from '../features/books/index.ts';
import { surveyRoutes } from '../features/csat/index.ts';
import { createReceiver, lookAt, webhookRoutes } from '../features/ingest/index.ts';
import {
  decisionRoutes,
  type ExtraStatus,
  jobRoutes,
  operationRoutes,
  partnershipRoutes,
  probeRoutes,
  rateRoutes,
  ruleRoutes,
  settingsRoutes,
} from '../features/operation/index.ts';
import { pageRoutes, reportRoutes, workRoutes } from '../features/reports/index.ts';
import { sidebarRoutes } from '../features/sidebar/index.ts';
import { helpdesks } from '../helpdesks/registry.ts';
import { wallClock } from '../platform/clock.ts';
import { within } from '../platform/deadline.ts';
import type { Background } from './background.ts';
import type { Foundation } from './foundation.ts';
import type { Vendors } from './vendors.ts';

/** The applications of the two roles; neither listens. */
export interface Apps {
  /** Of the web role: every route. */
  buildApp(): Promise<FastifyInstance>;
  /** Of a process without it: /healthz, /readyz and /metrics alone. */
  buildProbes(): Promise<FastifyInstance>;
}

/** Whoever asks whether we are ready wants to know soon. */
const readyWithinMs = 2000;

export const createApps = (
  { config, clock, log, metrics, db, vault, directory, access, reporting }: Foundation,
  { adapters, troubles }: Vendors,
  { ruleChanges, askToSeal }: Background,
  {
    version,
    extraStatus,
    signInCommand,
  }: {
    readonly version: string;
    /** Told with /api/v1/status. */
    readonly extraStatus: (() => ExtraStatus) | undefined;
    readonly signInCommand: string;
  },
): Apps => {
  const { publicUrl } = config;
  /** No role can work without the database. A worker needs no queue: its sweeps do the work themselves then. */
  const ready = async (): Promise<string | null> => {
    try {
      await within(db.hasty.query('select 1'), readyWithinMs, 'the database did not answer');
      return null;
    } catch {
      return 'The database does not answer; see DATABASE_URL and `deskledger doctor`.';
    }
  };
  const onLook = (ticketId: bigint) => lookAt(db, ticketId, clock.now());
  const probes = probeRoutes({ db, clock, access, metrics, ready });

  return {
    buildApp: () =>
      buildApp({
        log,
        version,
        publicUrl,
        parts: [
          webhookRoutes({
            refused: (connectionId, refusal) =>
              void troubles
                .refused(connectionId, refusal)
                .catch((error: unknown) =>
                  log.warn({ step: 'receive', err: error }, 'a refused delivery could not be noted'),
                ),
            directory,
            adapters,
            receiver: createReceiver({ sql: db.hasty }),
            clock,
            log,
            count: metrics.delivery,
            observeAck: metrics.ack,
          }),
          sidebarRoutes({
            db,
            clock,
            wall: wallClock,
            log,
            directory,
            helpdesks,
            stores: adapters.stores,
            basis: reporting,
            onLook,
          }),
          surveyRoutes({ db, vault, clock, reportingTimezone: reporting.timeZone, onVote: metrics.vote }),
          signInRoutes({ access, secure: publicUrl.startsWith('https:'), signInCommand }),
          reportRoutes({
            db,
            access,
            clock,
            basis: reporting,
            onLook,
          }),
          probes,
          operationRoutes({ db, clock, access, extraStatus }),
          decisionRoutes({ db, clock, access }),
          jobRoutes({ sql: db, access }),
          ruleRoutes({ db, access, changes: ruleChanges }),
          settingsRoutes({ db, clock, access }),
          partnershipRoutes({ db, access }),
          rateRoutes({ db, clock, access, basis: reporting }),
          workRoutes({ db, access, basis: reporting }),
          bookRoutes({ db, access, basis: reporting, askForSeal: askToSeal }),
          pageRoutes({ access, directory, basis: reporting, signInCommand }),
        ],
      }),
    buildProbes: () => buildProbes({ log, parts: [probes] }),
  };
};
