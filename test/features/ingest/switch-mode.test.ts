import { expect, test } from 'vitest';
import { switchMode } from '../../../src/features/ingest/index.ts';
import { world } from './world.ts';

test('a person who has seen what would be written may still say no', async () => {
  const w = await world({ mode: 'observe' });
  const seen: object[] = [];
  const to = (mode: 'observe' | 'act', answer: boolean) =>
    switchMode({ sql: w.db, clock: w.clock, directory: w.directory }, w.connection, {
      mode,
      actor: 'test',
      consent: async (preview) => {
        seen.push(preview);
        return answer;
      },
    });
  expect(await to('act', false)).toMatchObject({ switched: false, connection: { mode: 'observe' } });
  expect((await w.directory.connections.get('desk')).mode).toBe('observe');
  expect(await to('observe', false)).toMatchObject({ switched: false });
  expect(seen).toEqual([{ tickets: 0, tags: 0, surveysPerWeek: 0, carried: [] }]);
  expect(await to('act', true)).toMatchObject({ switched: true, connection: { mode: 'act' } });
  await w.close();
});
