import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dayMs, hourMs, minuteMs } from '../../../src/core/time.ts';
import { newestDelivery, reconcile } from '../../../src/features/ingest/index.ts';
import { watching } from './watching.ts';
import { type World, world } from './world.ts';

let w: World;
beforeEach(async () => {
  w = await world();
});
afterEach(() => w.close());
const { look, status, walked } = watching(() => w);

describe('silence', () => {
  test('is told of after an hour in which the feed has changes that no webhook told', async () => {
    await w.deliver('1');
    w.clock.advance(59 * minuteMs);
    await walked(5, 5);
    await look();
    expect((await status())?.silentSince).toBeNull();
    const last = (await status())?.lastDeliveryAt;
    w.clock.advance(2 * minuteMs);
    await walked(5, 5);
    await look();
    await look();
    expect((await status())?.silentSince).toBe(last);
    expect(w.lines.filter(({ silentSince }) => silentSince !== undefined)).toHaveLength(1);
    await w.deliver('2');
    await look();
    expect((await status())?.silentSince).toBeNull();
  });

  test("bug: a test of our address, ours or the vendor's, hid that nothing else came", async () => {
    await w.deliver('1');
    const last = (await status())?.lastDeliveryAt;
    w.clock.advance(2 * hourMs);
    await walked(5, 5);
    await w.deliver(null, { urgency: 'ignore' });
    expect(await newestDelivery(w.db, w.connection.id)).not.toBeNull();
    expect((await status())?.lastDeliveryAt).toBe(last);
    await look();
    expect((await status())?.silentSince).toBe(last);
  });

  test('is not told of where what comes cannot be read: that lies in quarantine', async () => {
    await w.deliver('1');
    w.clock.advance(2 * hourMs);
    await walked(5, 5);
    await w.deliver(null, { unreadable: 'no event' });
    await look();
    expect(await status()).toMatchObject({
      silentSince: null,
      lastDeliveryAt: w.clock.now().toISOString(),
      quarantined: 1,
    });
  });

  test('bug: the alarm went out whenever the last walk of five minutes had found nothing', async () => {
    const walk = async (...ids: string[]) => {
      w.desk.feed.splice(0, Number.POSITIVE_INFINITY, [
        ...ids.map((externalId) => ({ externalId, updatedAt: w.clock.now(), status: 'open' as const })),
      ]);
      await reconcile({ sql: w.db, clock: w.clock, runStep: w.runStep, ...w.first }, w.connection);
    };
    await w.deliver('1');
    const last = (await status())?.lastDeliveryAt;
    w.clock.advance(2 * hourMs);
    await walk('2', '3');
    await look();
    w.clock.advance(5 * minuteMs);
    await walk();
    await look();
    expect(await status()).toMatchObject({ silentSince: last, toldShare: 1 });
    expect(w.lines.filter(({ silentSince }) => silentSince !== undefined)).toHaveLength(1);
    // One change that no webhook tells, and then a quiet night, are no silence.
    await w.deliver('2');
    w.clock.advance(5 * minuteMs);
    await walk('4');
    w.clock.advance(8 * hourMs);
    await walk();
    await look();
    expect(await status()).toMatchObject({ silentSince: null });
  });

  test('is no news where nothing changes, or webhooks told all of it', async () => {
    await w.deliver('1');
    await walked(5, 0);
    w.clock.advance(dayMs);
    await look();
    expect((await status())?.silentSince).toBeNull();
  });

  test('is measured by what is usual at that hour of the week', async () => {
    await w.db.query('update connection set created_at = $1', [new Date(w.clock.now().getTime() - 36 * dayMs)]);
    // One delivery a week at this hour: a gap of an hour there.
    for (let week = 5; week > 0; week -= 1)
      await w.db.query(
        "insert into delivery (connection_id, delivery_key, received_at, headers, ticket_external_id, state) values ($1, $2, $3, '{}', '1', 'stored')",
        [w.connection.id, `week ${week}`, new Date(w.clock.now().getTime() - week * 7 * dayMs + 4 * hourMs)],
      );
    await w.deliver('1');
    w.clock.advance(4 * hourMs);
    await walked(5, 5);
    await look();
    expect((await status())?.silentSince).toBeNull();
    w.clock.advance(80 * minuteMs);
    await walked(5, 5);
    await look();
    expect((await status())?.silentSince).not.toBeNull();
  });
});
