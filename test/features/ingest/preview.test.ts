import { expect, test } from 'vitest';
import { previewAct } from '../../../src/features/ingest/preview.ts';
import { world } from './world.ts';

test('people of the last four weeks are counted once each, and tags that tickets carry already by name', async () => {
  const w = await world({ mode: 'observe' });
  const solve = async (id: string, solvedAt: Date, person: string) => {
    w.put(id, { tags: ['partner_nord'] });
    await w.order(Number(id));
    await w.deliver(id);
    w.clock.advance(3_000);
    await w.drain();
    await w.db.query(
      "update ticket set status = 'solved', solved_at = $2, requester_hash = $3 where external_id = $1",
      [id, solvedAt, Buffer.from(person)],
    );
  };
  const daysAgo = (days: number) => new Date(w.clock.now().getTime() - days * 86_400_000);
  for (let person = 1; person <= 8; person += 1) await solve(String(person), daysAgo(person), `p${person}`);
  await solve('9', daysAgo(3), 'p1');
  await solve('10', daysAgo(40), 'long ago');
  const preview = await previewAct(w.db, w.connection, w.clock.now());
  expect(preview.surveysPerWeek).toBe(2);
  expect(preview.carried).toEqual([{ tag: 'partner_nord', tickets: 10 }]);
  await w.close();
});
