import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import { dayMs, hourMs, minuteMs } from '../../../src/core/time.ts';
import { noteWebhook } from '../../../src/features/ingest/index.ts';
import { createBudget } from '../../../src/platform/http/budget.ts';
import { jumpingClock } from '../../sandbox/jumping-clock.ts';
import { watching } from './watching.ts';
import { type World, world } from './world.ts';

let w: World;
let caughtUp: number;
let ourselves: string;
let isReachable: boolean;
beforeEach(async () => {
  w = await world();
  caughtUp = 0;
  ourselves = 'https://desk.example.com';
  isReachable = true;
});
afterEach(() => w.close());

const { watcher, recount, status, walked } = watching(() => w);
const look = () =>
  watcher({
    webhookUrlOf: ({ webhookKey }) => `${ourselves}/webhooks/${webhookKey}`,
    isReachable: () => isReachable,
    catchUp: async () => {
      caughtUp += 1;
    },
  })();
const madeByUs = async () => {
  const made = await w.first.client.remote?.make({ webhookUrl: 'x' });
  if (made) await w.directory.connections.keepMade(w.connection.id, made, 'test');
};

describe('our webhook', () => {
  test('that is fine is left alone', async () => {
    await madeByUs();
    await look();
    expect(w.desk.webhook.made).toBe(1);
    expect((await status())?.webhook).toMatchObject({ state: 'fine', text: null });
    expect(caughtUp).toBe(0);
  });

  test.each(['absent', 'inactive', 'changed'] as const)(
    'that is %s is made anew, and the gap is read',
    async (state) => {
      await madeByUs();
      w.desk.webhook.state = { state, reason: 'somebody did it' };
      await look();
      expect(w.desk.webhook.made).toBe(2);
      expect(caughtUp).toBe(1);
      expect((await status())?.webhook).toMatchObject({ state: 'remade', text: 'somebody did it' });
      expect((await w.directory.connections.get('desk')).settings.webhookSecrets).toEqual(['secret 2', 'secret 1']);
      const log = await w.db.query<{ detail: object }>("select detail from audit_log where action = 'remake webhook'");
      expect(log).toEqual([{ detail: { connection: w.connection.id, found: state } }]);
      await look();
      expect(w.desk.webhook.made).toBe(2);
      expect((await status())?.webhook).toMatchObject({ state: 'fine' });
    },
  );

  test('bug: one that was being made while somebody looked was made again, with another secret', async () => {
    await madeByUs();
    const { remote } = w.first.client;
    if (!remote) throw new Error('the desk has a remote');
    let looks = 0;
    remote.check = async () => {
      looks += 1;
      return looks === 1 ? { state: 'changed', reason: 'its secret is none of ours' } : { state: 'fine' };
    };
    await look();
    expect(w.desk.webhook.made).toBe(1);
    expect((await status())?.webhook).toMatchObject({ state: 'fine', text: null });
  });

  test('bug: a worker or copy with another PUBLIC_URL took the webhook away from all others', async () => {
    await madeByUs();
    await look();
    ourselves = 'https://staging.example.com';
    w.desk.webhook.state = { state: 'changed', reason: 'The webhook leads to https://desk.example.com.' };
    await look();
    expect(w.desk.webhook.made).toBe(1);
    expect((await status())?.webhook).toMatchObject({
      state: 'elsewhere',
      text: expect.stringMatching(
        /made for https:\/\/desk\.example\.com.* is https:\/\/staging\.example\.com.*PUBLIC_URL.*--remote-setup/,
      ),
    });
    // Where we moved, a person says so.
    await noteWebhook(w.db, w.connection.id, `${ourselves}/webhooks/${w.connection.webhookKey}`);
    await look();
    expect(w.desk.webhook.made).toBe(2);
  });

  test('bug: a worker that nobody outside reaches made the webhook anew, to itself', async () => {
    await madeByUs();
    ourselves = 'http://127.0.0.1:3900';
    isReachable = false;
    w.desk.webhook.state = { state: 'absent', reason: 'It is gone.' };
    await look();
    expect(w.desk.webhook.made).toBe(1);
    expect(caughtUp).toBe(0);
    expect((await status())?.webhook).toMatchObject({
      state: 'absent',
      text: expect.stringMatching(/^It is gone\. .*127\.0\.0\.1:3900.*PUBLIC_URL/),
    });
  });

  test('that a person made, or wants none of, is told of and not overruled', async () => {
    w.desk.webhook.state = { state: 'absent', reason: 'no webhook leads here' };
    await look();
    expect(w.desk.webhook.made).toBe(0);
    expect((await status())?.webhook).toMatchObject({ state: 'absent', text: 'no webhook leads here' });
  });

  test('of a helpdesk that is away is not known', async () => {
    w.desk.adapter.connect = () => w.first.client;
    const { remote } = w.first.client;
    if (!remote) throw new Error('the desk has a remote');
    remote.check = async () => {
      throw new UpstreamError('away', { retryable: true });
    };
    await expect(look()).rejects.toThrow('away');
    expect(await status()).toMatchObject({ webhook: { state: 'unknown' }, state: 'unreachable' });
  });
});

test('bug: a token that may not see webhooks ended the alarm of silence and the count', async () => {
  const { remote } = w.first.client;
  if (!remote) throw new Error('the desk has a remote');
  remote.check = async () => {
    throw new UpstreamError('not yours', { status: 403, retryable: false });
  };
  await w.deliver('1');
  w.clock.advance(2 * hourMs);
  await walked(5, 5);
  w.desk.counted = 3;
  await expect(look()).rejects.toThrow('not yours');
  expect(await status()).toMatchObject({
    webhook: { state: 'unknown', text: expect.stringContaining('not yours') },
    state: 'forbidden',
    counted: { there: 3 },
    silentSince: (await status())?.lastDeliveryAt,
  });
});

test('a count that is not allowed is told, and the webhook is looked after', async () => {
  w.first.client.count = async () => {
    throw new UpstreamError('no search', { status: 403, retryable: false });
  };
  await expect(look()).rejects.toThrow('no search');
  expect(await status()).toMatchObject({ webhook: { state: 'fine' }, state: 'forbidden', stateText: 'no search' });
  w.first.client.count = async () => 0;
  await look();
  expect(await status()).toMatchObject({ state: 'ok' });
});

test('bug: a sidebar that we made was looked after by nobody', async () => {
  const asked: object[] = [];
  const lookAtSidebar = watcher({
    clientOf: () => ({
      remote: {
        plan: async () => [],
        make: async () => ({ objects: [], settings: {} }),
        check: async (wish: object) => {
          asked.push(wish);
          return { state: 'fine' };
        },
        remove: async () => undefined,
      },
    }),
    webhookUrlOf: () => ourselves,
    sidebarUrlOf: () => `${ourselves}/sidebar`,
  });
  await lookAtSidebar();
  const widget = { what: 'widget', externalId: '7', name: 'Deskledger' } as const;
  await w.directory.connections.keepMade(w.connection.id, { objects: [widget], settings: {} }, 'test');
  await lookAtSidebar();
  expect(asked).toEqual([{ webhookUrl: ourselves }, { webhookUrl: ourselves, sidebarUrl: `${ourselves}/sidebar` }]);
});

test('bug: what a new account could not tell when it was connected was never asked for again', async () => {
  let asked = 0;
  const lookAtAccount = watcher({
    clientOf: () => ({
      discover: async () => {
        asked += 1;
        return { settings: asked > 1 ? { reasonFieldId: 'topic' } : {} };
      },
    }),
  });
  const reasonField = async () => (await w.directory.connections.get('desk')).settings.reasonFieldId;
  for (const [hours, calls, found] of [
    [0, 1, undefined],
    [23, 1, undefined],
    [1, 2, 'topic'],
  ] as const) {
    w.clock.advance(hours * hourMs);
    await lookAtAccount();
    expect(asked).toBe(calls);
    expect(await reasonField()).toBe(found);
  }
});

describe('the count', () => {
  test("is asked for once a day, and tells how much of the helpdesk's tickets we hold", async () => {
    w.desk.counted = 4;
    for (const id of ['1', '2', '3']) {
      w.put(id, { createdAt: w.clock.now(), updatedAt: w.clock.now() });
      await w.deliver(id);
    }
    w.clock.advance(3000);
    await w.drain();
    await look();
    expect((await status())?.counted).toMatchObject({ there: 4, here: 3 });
    // As long as some are lacking, it is asked for again soon.
    w.desk.counted = 3;
    w.clock.advance(15 * minuteMs);
    await look();
    expect((await status())?.counted).toMatchObject({ there: 3, here: 3 });
    w.desk.counted = 4;
    await look();
    expect((await status())?.counted).toMatchObject({ there: 3 });
    w.clock.advance(dayMs);
    await look();
    expect((await status())?.counted).toMatchObject({ there: 4, here: 3 });
  });

  test('bug: a count that stayed short read every page of the helpdesk at each look, before the tickets of today', async () => {
    w.desk.counted = 4;
    let counts = 0;
    w.first.client.count = async () => {
      counts += 1;
      // A call of today gives up here; one in the background waits for its turn.
      const budget = createBudget({ clock: jumpingClock(0), longestWaitMs: 0 });
      budget.pause(minuteMs);
      return budget.run(async () => w.desk.counted);
    };
    for (let looks = 0; looks < (8 * hourMs) / (15 * minuteMs); looks += 1) {
      await look();
      w.clock.advance(15 * minuteMs);
    }
    // After 0, 1/4, 3/4, 7/4, 15/4 and 31/4 hours, where before there were 32.
    expect(counts).toBe(6);
    w.desk.counted = 0;
    w.clock.advance(dayMs);
    await look();
    const [row] = await w.db.query('select short_counts from connection_watch');
    expect(row).toEqual({ short_counts: 0 });
  });

  test('bug: what a demo counted of days that pass in a second was told for a day after them', async () => {
    w.desk.counted = 4;
    let hurries = true;
    const lookNow = watcher({ clock: { ...w.clock, hurries: () => hurries } });
    await lookNow();
    expect((await status())?.counted).toBeNull();
    hurries = false;
    await lookNow();
    expect((await status())?.counted).toMatchObject({ there: 4, here: 0 });
  });

  test('bug: a ticket on its way while the helpdesk counted was told as lacking until the next count', async () => {
    w.desk.counted = 1;
    const sleep = async () => {
      w.put('1', { createdAt: w.clock.now(), updatedAt: w.clock.now() });
      await w.deliver('1');
    };
    await watcher({ clock: { ...w.clock, sleep } })();
    expect((await status())?.counted).toMatchObject({ there: 1, here: 1 });
  });

  test('bug: completeness was the share of the last walk that webhooks had told of', async () => {
    await walked(10, 6);
    expect(await status()).toMatchObject({ completeness: null, toldShare: 0.4 });
    w.put('1', { createdAt: w.clock.now(), updatedAt: w.clock.now() });
    await w.deliver('1');
    w.desk.counted = 2;
    await look();
    expect(await status()).toMatchObject({ completeness: 0.5, toldShare: 0.4, counted: { there: 2, here: 1 } });
    w.desk.counted = 1;
    w.clock.advance(15 * minuteMs);
    await look();
    expect(await status()).toMatchObject({ completeness: 1, toldShare: 0.4 });
  });

  test('bug: a stop did not end the wait for what was on its way, and a count that was cut short was told', async () => {
    w.desk.counted = 3;
    const slept = () => w.clock.slept.length;
    const before = slept();
    await recount(AbortSignal.abort());
    expect(slept()).toBe(before);
    expect((await status())?.counted).toBeNull();
    await recount(new AbortController().signal);
    expect(slept()).toBe(before + 3);
    expect((await status())?.counted).toMatchObject({ there: 3, here: 0 });
  });
});
