import { afterEach } from 'vitest';
import { secondMs } from '../../../src/core/time.ts';
import { connectionStatuses, createWatcher, reconcile, walkWorkFeeds } from '../../../src/features/ingest/index.ts';
import { type Kind, proxyOf } from './accounts.ts';
import { type World, world } from './world.ts';

/** Stages of a test file, each torn down after its test. */
export const stages = () => {
  const closers: (() => unknown)[] = [];
  const onEnd = (close: () => unknown): void => void closers.push(close);
  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  });
  return { onEnd, stage: (kind: Kind) => stageFor(kind, onEnd) };
};

/** The line from feed and delivery to tag, acting, with fields mapped, before a real adapter whose account can go bad. */
const stageFor = async ({ adapter, start }: Kind, onEnd: (close: () => unknown) => void) => {
  const w: World = await world();
  onEnd(() => w.close());
  /** How far our clock is ahead of the account's. */
  const skew = { ms: 0 };
  const now = () => new Date(w.clock.now().getTime() - skew.ms);
  const account = await start({ ...w.clock, now });
  onEnd(() => account.close());
  const proxy = await proxyOf(account.url);
  onEnd(proxy.close);
  proxy.date = now;
  const noted: Promise<void>[] = [];
  const client = adapter.connect(adapter.settings.parse({ ...account.settings, baseUrl: proxy.url }), {
    clock: w.clock,
    allowPrivate: true,
    apiUserId: account.apiUserId,
    observe({ serverAt }) {
      if (serverAt) noted.push(w.first.troubles.sawSkew(w.connection.id, w.clock.now().getTime() - serverAt.getTime()));
    },
  });
  w.desk.adapter.connect = () => client;
  const watcher = createWatcher({
    ...w,
    ...w.first,
    clientOf: () => client,
    webhookUrlOf: ({ webhookKey }) => `https://desk.example.com/webhooks/${webhookKey}`,
    isReachable: () => true,
    catchUp: async () => undefined,
  });
  const mapped = Object.entries(account.settings).filter(([key]) => key.endsWith('FieldId'));
  await w.directory.connections.changeSettings(w.connection.id, Object.fromEntries(mapped), 'test');
  const { troubles } = w.first;
  const free = async (area: 'feed' | 'work') => (await troubles.heldUntil(w.connection.id, area)) === null;
  const failed = () => 'its step failed, and said so';
  /** As the worker's sweeps do: tickets at any time, feeds and the watch in their turn, where they are not held back. */
  const live = async (ms: number): Promise<void> => {
    const endMs = w.clock.now().getTime() + ms;
    for (let round = 0; w.clock.now().getTime() < endMs; round += 1) {
      w.clock.advance(30 * secondMs);
      await w.drain();
      const deps = { sql: w.db, clock: w.clock, runStep: w.runStep, client, troubles };
      const aheadMs = async () => Math.max(0, skew.ms);
      if (round % 10 === 0 && (await free('feed'))) await reconcile({ ...deps, aheadMs }, w.connection).catch(failed);
      if (round % 10 === 0 && (await free('work'))) await walkWorkFeeds(deps, w.connection).catch(failed);
      if (round % 30 === 0) await watcher.look(await w.directory.connections.get('desk')).catch(failed);
    }
    await Promise.all(noted.splice(0));
  };
  const status = async () => (await connectionStatuses(w.db, w.clock.now())).find(({ id }) => id === w.connection.id);
  return { w, account, proxy, skew, live, status };
};
