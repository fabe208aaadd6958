import { connectionStatuses, createWatcher } from '../../../src/features/ingest/index.ts';
import type { World } from './world.ts';

/** What tests of the watcher do again and again, in the world of the moment. */
export const watching = (world: () => World) => {
  const made = (parts: Partial<Parameters<typeof createWatcher>[0]>) => {
    const w = world();
    return createWatcher({
      ...w,
      ...w.first,
      clientOf: () => w.first.client,
      webhookUrlOf: ({ webhookKey }) => `https://desk.example.com/webhooks/${webhookKey}`,
      isReachable: () => true,
      catchUp: async () => undefined,
      ...parts,
    });
  };
  const desk = () => world().directory.connections.get('desk');
  /** A watcher that remembers, as a worker's does; each call is a look after the desk. */
  const watcher = (parts: Partial<Parameters<typeof createWatcher>[0]> = {}) => {
    const { look } = made(parts);
    return async (stop?: AbortSignal): Promise<void> => look(await desk(), stop);
  };
  return {
    watcher,

    /** One count after a backfill, by a watcher of its own. */
    recount: async (stop: AbortSignal) => made({}).recount(await desk(), stop),

    /** One look by a watcher of its own. */
    look: () => watcher()(),

    async status() {
      const w = world();
      return (await connectionStatuses(w.db, w.clock.now())).find(({ id }) => id === w.connection.id);
    },

    /** What the last walk found changed, and how much of it no webhook had told. */
    async walked(count: number, raised: number): Promise<void> {
      const w = world();
      await w.db.query(
        `insert into sync_cursor (connection_id, stream, cursor) values ($1, 'tickets', $2::jsonb)
         on conflict (connection_id, stream) do update set cursor = excluded.cursor`,
        [w.connection.id, JSON.stringify({ walked: count, raised, ...(raised > 0 && { untoldAt: w.clock.now() }) })],
      );
    },
  };
};
