import { expect, test } from 'vitest';
import { writersEnded } from '../../../src/platform/database/under-way.ts';
import { testDatabase } from '../../support/database.ts';

test('waits for what was writing before, and for nothing that began later', async () => {
  const db = await testDatabase();
  const write = async (until: Promise<void>) => {
    const written = Promise.withResolvers<void>();
    const ended = db.transaction(async (tx) => {
      await tx.query("insert into setting (key, value, updated_at) values (gen_random_uuid()::text, '1', now())");
      written.resolve();
      await until;
    });
    await written.promise;
    return { ended };
  };
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const before = await write(first.promise);
  let later: { ended: Promise<void> } | undefined;
  let rests = 0;
  await writersEnded(db, async () => {
    rests += 1;
    later ??= await write(second.promise);
    if (rests < 3) return;
    first.resolve();
    await before.ended;
  });
  expect(rests).toBe(3);
  second.resolve();
  await later?.ended;
});

test('bug: who gave up on one that stays open went on as if nothing were, and told nobody', async () => {
  const db = await testDatabase();
  let rests = 0;
  await db.transaction(async (tx) => {
    await tx.query("insert into setting (key, value, updated_at) values ('open', '1', now())");
    const [mine] = await tx.query<{ pid: number; at: Date }>('select pg_backend_pid() as pid, now() as at');
    const waiting = writersEnded(db, async () => {
      rests += 1;
    });
    await expect(waiting).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`process ${mine?.pid} (deskledger) since ${mine?.at.toISOString()}`),
    });
    await expect(waiting).rejects.not.toThrow('select pg_backend_pid');
  });
  expect(rests).toBeGreaterThan(10);
});
