import { pino } from 'pino';
import { buildApp } from '../../src/app.ts';
import type { Directory } from '../../src/features/directory/index.ts';
import { sidebarRoutes } from '../../src/features/sidebar/index.ts';
import type { HelpdeskAdapter } from '../../src/helpdesks/port.ts';
import type { Database } from '../../src/platform/database/open.ts';
import type { StoreAdapter } from '../../src/stores/port.ts';
import { holdToDescription } from './described-answers.ts';
import type { StandingClock } from './standing-clock.ts';

/** One process with the sidebar's routes: what it logged, and which tickets somebody looked at. */
export const sidebarApp = async ({
  db,
  clock,
  directory,
  helpdesks,
  stores = new Map(),
}: {
  readonly db: Database;
  readonly clock: StandingClock;
  readonly directory: Directory;
  readonly helpdesks: ReadonlyMap<string, HelpdeskAdapter>;
  readonly stores?: ReadonlyMap<string, StoreAdapter>;
}) => {
  const lines: string[] = [];
  const looks: bigint[] = [];
  const log = pino({ base: null, level: 'trace' }, { write: (line) => void lines.push(line) });
  const app = holdToDescription(
    await buildApp({
      log,
      version: '0',
      publicUrl: 'http://deskledger.test',
      parts: [
        sidebarRoutes({
          db,
          clock,
          wall: clock,
          log,
          directory,
          helpdesks,
          stores,
          basis: { currency: 'USD', timeZone: 'UTC' },
          onLook: async (id) => void looks.push(id),
        }),
      ],
    }),
  );
  await app.ready();
  return { app, lines, looks };
};
