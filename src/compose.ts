import { type Background, createBackground } from './compose/background.ts';
import { createFeeds, type Feeds } from './compose/feeds.ts';
import { type Foundation, layFoundation } from './compose/foundation.ts';
import { createPipeline, type Pipeline } from './compose/pipeline.ts';
import { type Apps, createApps } from './compose/routes.ts';
import { createVendors, type Vendors } from './compose/vendors.ts';
import { workOf } from './compose/work.ts';
import type { Config } from './config.ts';
import type { ExtraStatus } from './features/operation/index.ts';
import type { HelpdeskAdapter } from './helpdesks/port.ts';
import { type Clock, wallClock } from './platform/clock.ts';
import type { Log } from './platform/log.ts';
import { startWorker } from './worker.ts';

export const version = '0.1.0';

/** Everything concrete, put together: what main and cli work with. */
export interface Product
  extends Omit<Foundation, 'metrics'>,
    Pick<Vendors, 'adapters' | 'orders' | 'helpdeskOf' | 'vendorOf'>,
    Pick<Pipeline, 'refreshStore'>,
    Omit<Feeds, 'due'>,
    Background,
    Apps {
  readonly helpdesks: ReadonlyMap<string, HelpdeskAdapter>;
  startWorker(): { stop(): Promise<void> };
}

export interface ComposeOptions {
  readonly clock?: Clock;
  readonly log?: Log;
  /** Told with /api/v1/status, e.g. how far the demo is. */
  readonly extraStatus?: () => ExtraStatus;
  /** What the page tells a person to type for a sign-in link, where that takes more than the command. */
  readonly signInCommand?: string;
}

/** Puts the parts together: each file of compose/ wires one of them. */
export const compose = async (
  config: Config,
  { clock = wallClock, log, extraStatus, signInCommand = 'npx deskledger user sign-in' }: ComposeOptions = {},
): Promise<Product> => {
  const foundation = await layFoundation(config, { clock, log });
  const vendors = createVendors(foundation);
  const pipeline = createPipeline(foundation, vendors);
  const feeds = createFeeds(foundation, vendors, pipeline);
  const background = createBackground(foundation, vendors, pipeline, feeds);
  const apps = createApps(foundation, vendors, background, { version, extraStatus, signInCommand });
  return {
    ...foundation,
    ...vendors,
    ...pipeline,
    ...feeds,
    ...background,
    ...apps,
    helpdesks: vendors.adapters.helpdesks,
    startWorker: () => startWorker({ ...foundation, work: workOf(foundation, vendors, pipeline, feeds, background) }),
  };
};
