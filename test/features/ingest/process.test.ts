import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { secondMs } from '../../../src/core/time.ts';
import { emptyHistory, reading, reply } from './fake-desk.ts';
import { type World, world } from './world.ts';

let w: World;
beforeEach(async () => {
  w = await world();
});
afterEach(() => w.close());

/** A webhook comes, the burst ends, everything due is done. */
const tell = async (externalId: string, urgency: 'now' | 'now with audits' = 'now with audits') => {
  await w.deliver(externalId, { urgency });
  w.clock.advance(3 * secondMs);
  await w.drain();
};

describe('a ticket told of by a webhook', () => {
  test('is attributed, tagged, priced and asked about once', async () => {
    await w.order(1);
    w.put('1', {
      status: 'solved',
      history: {
        ...emptyHistory,
        work: [reading('audit:1', 600)],
        touches: [reply('audit:1')],
        solvedAt: w.clock.now(),
      },
    });
    w.clock.advance(1);
    w.put('1', {
      history: {
        ...emptyHistory,
        work: [reading('audit:1', 600)],
        touches: [reply('audit:1')],
        solvedAt: w.clock.now(),
      },
    });
    await tell('1');
    expect(await w.decision('1')).toEqual({ method: 'recent orders', partner: 'nord', region: 'nordics' });
    expect(await w.cost('1')).toEqual({ 'nord/nordics': 6_000_000n });
    expect(w.desk.writes).toEqual([{ externalId: '1', add: ['partner_nord', 'region_nordics'], remove: [] }]);
    expect(await w.growth('1')).toMatchObject({ invitations: 1n });
  });
});
