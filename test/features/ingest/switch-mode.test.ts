import { afterEach, beforeEach, expect, test } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import { minuteMs } from '../../../src/core/time.ts';
import { switchMode } from '../../../src/features/ingest/index.ts';
import { previewAct } from '../../../src/features/ingest/preview.ts';
import { telling } from './told.ts';
import { connectionOf, type World, world } from './world.ts';

let w: World;
beforeEach(async () => {
  w = await world({ mode: 'observe' });
});
afterEach(() => w.close());
const { tell, nordTicket, choose, onTicket } = telling(() => w);

test('a person who has seen what would be written may still say no', async () => {
  const seen: object[] = [];
  const toIf = (mode: 'observe' | 'act', answer: boolean) =>
    switchMode({ sql: w.db, clock: w.clock, directory: w.directory }, w.connection, {
      mode,
      actor: 'test',
      consent: async (preview) => {
        seen.push(preview);
        return answer;
      },
    });
  expect(await toIf('act', false)).toMatchObject({ switched: false, connection: { mode: 'observe' } });
  expect((await w.directory.connections.get('desk')).mode).toBe('observe');
  expect(await toIf('observe', false)).toMatchObject({ switched: false });
  expect(seen).toEqual([{ tickets: 0, tags: 0, surveysPerWeek: 0, carried: [] }]);
  expect(await toIf('act', true)).toMatchObject({ switched: true, connection: { mode: 'act' } });
});

const to = async (mode: 'observe' | 'act') =>
  switchMode({ sql: w.db, clock: w.clock, directory: w.directory }, await connectionOf(w), {
    mode,
    consent: async () => true,
    actor: 'test',
  });

test('switching to act writes what was only observed, as the preview said', async () => {
  await nordTicket('1');
  await nordTicket('2');
  w.put('3', { status: 'closed', frozen: true });
  await w.order(3);
  await tell('3');
  expect(await previewAct(w.db, w.connection, w.clock.now())).toMatchObject({ tickets: 2, tags: 4 });
  await to('act');
  await w.drain();
  expect(w.desk.writes).toHaveLength(2);
  expect(await previewAct(w.db, w.connection, w.clock.now())).toMatchObject({ tickets: 0, tags: 0 });
});

test('switching back to observe writes no more, and what became stale meanwhile goes after the next switch', async () => {
  await to('act');
  await nordTicket('1');
  w.desk.onWrite = () => {
    throw new UpstreamError('away', { retryable: true });
  };
  await nordTicket('2');
  await to('observe');
  w.desk.onWrite = () => undefined;
  w.clock.advance(10 * minuteMs);
  await w.drain();
  expect(onTicket('2')).toEqual([]);
  expect(await w.pending()).toBe(0);

  choose('1', 'sud');
  await tell('1');
  expect(onTicket('1')).toEqual(['partner_nord', 'region_nordics']);
  expect(await previewAct(w.db, w.connection, w.clock.now())).toMatchObject({ tickets: 2, tags: 4 });
  await to('act');
  await w.drain();
  expect(onTicket('1')).toEqual(['partner_sud', 'region_nordics']);
  expect(onTicket('2')).toEqual(['partner_nord', 'region_nordics']);
});

test('a switch that was cut off after the mode is finished by doing it again', async () => {
  await nordTicket('1');
  await w.directory.connections.setMode(w.connection.id, 'act');
  await to('act');
  await w.drain();
  expect(onTicket('1')).toEqual(['partner_nord', 'region_nordics']);
});
