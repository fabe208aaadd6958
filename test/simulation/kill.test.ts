import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { atEndOfFile } from '../support/cleanup.ts';
import { startCli } from '../support/cli.ts';
import { testRedis } from '../support/redis.ts';
import { expectExactlyOnce, mailsIn, stage } from './stage.ts';

const redis = await testRedis();
if (redis) atEndOfFile(() => redis.close());

/** A database of its own on a Redis that others may use too. */
const redisUrl = (): string => {
  const url = new URL(redis?.url ?? 'redis://absent');
  url.pathname = '/9';
  return url.href;
};

test('a thousand deliveries survive five kills: each acknowledged one is posted, tagged and asked about exactly once', async () => {
  const set = await stage(250, {});
  const { server, proxy, play, until, quiet, outbox, tagged, posted } = set;
  const playing = play();
  for (const holds of [
    () => proxy.keys.size >= 150,
    () => proxy.keys.size >= 600,
    () => tagged() >= 20,
    async () => (await posted()) >= 40,
    async () => (await mailsIn(outbox)).length >= 20,
  ]) {
    await until(holds);
    await server.kill();
  }
  const ids = await playing;
  await quiet();
  await expectExactlyOnce(set, ids);
  // Some were sent again because their answer died with the server: the kills met deliveries on their way.
  expect([...proxy.keys.values()].some((tries) => tries > 1)).toBe(true);
}, 240_000);

test('two processes that work on the same tickets do everything once', async () => {
  const set = await stage(60, {});
  await startCli(['worker'], { ...set.env, LOG_LEVEL: 'info', WORKER_PORT: '0' }, '"ready"');
  const ids = await set.play();
  await set.quiet();
  await expectExactlyOnce(set, ids);
}, 240_000);

test.skipIf(!redis)(
  'a queue that is lost loses nothing',
  async () => {
    const set = await stage(60, { REDIS_URL: redisUrl() });
    const { server, proxy, play, until, quiet, tagged } = set;
    const client = new Redis(redisUrl());
    atEndOfFile(async () => client.disconnect());
    const playing = play();
    await until(() => tagged() >= 10);
    await client.flushdb();
    await until(() => proxy.keys.size >= 200);
    await client.flushdb();
    await server.kill();
    await client.flushdb();
    const ids = await playing;
    await quiet();
    await expectExactlyOnce(set, ids);
  },
  240_000,
);
