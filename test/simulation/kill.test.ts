import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { atEndOfFile } from '../support/cleanup.ts';
import { startCli } from '../support/cli.ts';
import { startMailServer } from '../support/mail-server.ts';
import { testRedis } from '../support/redis.ts';
import { expectExactlyOnce, expectNoMailTwice, mailsIn, stage } from './stage.ts';

const redis = await testRedis();
if (redis) atEndOfFile(() => redis.close());

/** The environment of a queue on Redis, and a client of it: a database of its own, empty, on a server that others may use too. */
const onRedis = async (database: number) => {
  const url = new URL(redis?.url ?? 'redis://absent');
  url.pathname = `/${database}`;
  const client = new Redis(url.href);
  atEndOfFile(async () => client.disconnect());
  await client.flushdb();
  return { env: { REDIS_URL: url.href }, client };
};

const queues = [
  { queue: 'PostgreSQL', absent: false, envOf: async () => ({}) },
  { queue: 'Redis', absent: !redis, envOf: async () => (await onRedis(9)).env },
];

const longestMs = 420_000;

// At the same time, for what they do longest is wait until the leases of dead processes end.
describe.concurrent('processes that are killed', () => {
  for (const { queue, absent, envOf } of queues)
    test.skipIf(absent)(
      `a thousand deliveries survive five kills, queue on ${queue}: each acknowledged one is posted, tagged and asked about exactly once`,
      async () => {
        const set = await stage(250, await envOf());
        const { kill, proxy, play, until, quiet, outbox, tagged, posted } = set;
        const playing = play();
        for (const holds of [
          () => proxy.keys.size >= 150,
          () => proxy.keys.size >= 600,
          () => tagged() >= 20,
          async () => (await posted()) >= 40,
          async () => (await mailsIn(outbox)).length >= 20,
        ]) {
          await until(holds);
          await kill();
        }
        const ids = await playing;
        await quiet();
        await expectExactlyOnce(set, ids);
        // Some were sent again because their answer died with the server: the kills met deliveries on their way.
        expect([...proxy.keys.values()].some((tries) => tries > 1)).toBe(true);
      },
      longestMs,
    );

  test(
    'bug: no mail twice was told from files that a second mail overwrites: over SMTP nobody has two, and only a kill leaves a doubt',
    async () => {
      const sink = await startMailServer();
      atEndOfFile(async () => void sink.server.close());
      const set = await stage(80, { SMTP_URL: sink.url });
      const { kill, play, until, quiet } = set;
      const { mails, answers } = sink;
      /** Kills when so many mails have come in; the server is asked at `word` and answers what it then says, if anything. */
      const killAt = async (word: string, count: number, says: string | null) => {
        await new Promise<void>((resolve) => {
          answers[word] = (socket) => {
            const reached = mails.length >= count;
            const answer = reached ? says : '250 ok';
            if (answer !== null) socket.write(`${answer}\r\n`);
            if (reached) resolve();
          };
        });
        await kill(() => delete answers[word]);
      };
      const playing = play();
      // Handed over and not answered; answered and not yet recorded, most likely; not handed over; anywhere.
      await killAt('.', 8, null);
      await killAt('.', 24, '250 taken');
      await killAt('RCPT', 40, null);
      await until(() => mails.length >= 54);
      await kill();
      const ids = await playing;
      await quiet();
      const { inDoubt } = await expectNoMailTwice(set, ids, mails);
      expect(inDoubt).toBeGreaterThan(0);
    },
    longestMs,
  );

  test.skipIf(!redis)(
    'a queue that is lost loses nothing',
    async () => {
      const { env, client } = await onRedis(8);
      const set = await stage(60, env);
      const { kill, proxy, play, until, quiet, tagged } = set;
      const playing = play();
      await until(() => tagged() >= 10);
      await client.flushdb();
      await until(() => proxy.keys.size >= 200);
      await client.flushdb();
      await kill();
      await client.flushdb();
      const ids = await playing;
      await quiet();
      await expectExactlyOnce(set, ids);
    },
    longestMs,
  );
});

// Beside the others, while they wait.
test.concurrent(
  'two processes that work on the same tickets do everything once',
  async () => {
    const set = await stage(60, {});
    await startCli(['worker'], { ...set.env, LOG_LEVEL: 'info' }, '"ready"');
    const ids = await set.play();
    await set.quiet();
    await expectExactlyOnce(set, ids);
  },
  longestMs,
);
