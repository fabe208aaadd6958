import { describe, expect, it } from 'vitest';
import { readHistory } from '../../../src/helpdesks/kustomer/history.ts';
import { conversationSchema, messageSchema, noteSchema, timeSchema } from '../../../src/helpdesks/kustomer/schema.ts';
import {
  anna,
  apiUser,
  ben,
  conversationJson,
  customerId,
  messageJson,
  minute,
  noteJson,
  now,
  replyJson,
  robot,
  timeJson,
} from './support.ts';

const roles: Record<string, 'agent' | 'machine' | undefined> = {
  [anna]: 'agent',
  [ben]: 'agent',
  [apiUser]: 'machine',
  [robot]: 'machine',
};

const read = (
  more: {
    attributes?: object;
    times?: readonly object[];
    version?: 'v1' | 'v2';
    messages?: readonly object[];
    notes?: readonly object[];
    at?: Date;
  } = {},
) =>
  readHistory(
    conversationSchema.parse(conversationJson(more.attributes)),
    {
      times: (more.times ?? []).map((time) => timeSchema.parse(time)),
      version: more.version ?? 'v2',
      messages: (more.messages ?? []).map((message) => messageSchema.parse(message)),
      notes: (more.notes ?? []).map((note) => noteSchema.parse(note)),
      choices: { partner: [], region: [] },
      choicesSince: null,
    },
    { apiUserId: apiUser, roleOf: (id) => roles[id], now: more.at ?? now },
  );

describe('work', () => {
  it('is one entry per session of its user', () => {
    expect(read({ times: [timeJson(1, anna, 90_000), timeJson(2, ben, 30_400)] }).work).toEqual([
      {
        sourceKey: `time:${timeJson(1, anna, 0).id}`,
        agentId: anna,
        actor: 'agent',
        clock: 'kustomer handle time v2',
        rawSeconds: 90,
        value: null,
        workedAt: new Date(minute(1)),
        channel: 'email',
      },
      expect.objectContaining({ agentId: ben, rawSeconds: 30 }),
    ]);
  });

  it('is told in seconds by v1 and in milliseconds by v2, and says by which', () => {
    const times = [timeJson(1, anna, 90_000)];
    expect(read({ times, version: 'v1' }).work).toMatchObject([
      { rawSeconds: 90_000, clock: 'kustomer handle time v1' },
    ]);
    expect(read({ times, version: 'v2' }).work).toMatchObject([{ rawSeconds: 90, clock: 'kustomer handle time v2' }]);
  });

  it.each([
    ['nothing', 0],
    ['less than half a second', 499],
    ['a negative time', -5000],
    ['no number', 'long'],
    ['null', null],
    ['more than any time', 1e300],
  ])('leaves out a session of %s', (_what, handleTime) => {
    expect(read({ times: [timeJson(1, anna, handleTime)] }).work).toEqual([]);
  });

  it('of a machine is no agent’s', () => {
    expect(read({ times: [timeJson(1, robot, 5000), timeJson(2, apiUser, 5000)] }).work).toMatchObject([
      { agentId: null, actor: 'system' },
      { agentId: null, actor: 'system' },
    ]);
  });

  it('of a user that Kustomer no longer knows stays that user’s', () => {
    expect(read({ times: [timeJson(1, 'gone', 5000)] }).work).toMatchObject([{ agentId: 'gone', actor: 'agent' }]);
  });

  it('without a user is the only assignee’s, else some agent’s', () => {
    const times = [
      timeJson(1, null, 5000, { assignedUsers: [ben] }),
      timeJson(2, null, 5000, { assignedUsers: [anna, ben] }),
    ];
    expect(read({ times }).work).toMatchObject([
      { agentId: ben, actor: 'agent' },
      { agentId: null, actor: 'agent' },
    ]);
  });

  it('has the channel of a session on one channel alone', () => {
    const times = [
      timeJson(1, anna, 5000, { channels: ['email', 'chat'] }),
      timeJson(2, anna, 5000, { channels: ['voice'] }),
    ];
    expect(read({ times }).work.map(({ channel }) => channel)).toEqual([null, 'phone']);
  });

  it('counts when the session started, else when it was written', () => {
    const times = [
      timeJson(1, anna, 5000, { handleAt: null, createdAt: minute(9) }),
      timeJson(2, anna, 5000, { handleAt: null }),
    ];
    expect(read({ times }).work.map(({ workedAt }) => workedAt)).toEqual([new Date(minute(9))]);
  });
});

describe('touches', () => {
  it('are the replies and notes of people, in order', () => {
    const touches = read({
      messages: [
        messageJson(1),
        replyJson(4, ben, { channel: 'chat' }),
        replyJson(2, anna),
        replyJson(5, anna, { auto: true }),
        replyJson(6, robot),
        replyJson(7, anna, { deleted: true }),
        messageJson(8, { direction: 'out' }, { createdBy: { data: { type: 'customer', id: customerId } } }),
        messageJson(9, { direction: 'out' }, { createdBy: null }),
      ],
      notes: [noteJson(3, anna), noteJson(9, apiUser)],
    }).touches;
    expect(touches).toEqual([
      {
        sourceKey: `message:${replyJson(2, anna).id}`,
        agentId: anna,
        kind: 'public_reply',
        at: new Date(minute(2)),
        channel: 'email',
      },
      {
        sourceKey: `note:${noteJson(3, anna).id}`,
        agentId: anna,
        kind: 'internal_note',
        at: new Date(minute(3)),
        channel: null,
      },
      {
        sourceKey: `message:${replyJson(4, ben).id}`,
        agentId: ben,
        kind: 'public_reply',
        at: new Date(minute(4)),
        channel: 'chat',
      },
    ]);
  });
});

describe('the end', () => {
  const done = (at: string, more: object = {}) => ({
    status: 'done',
    updatedAt: now.toISOString(),
    modificationHistory: { statusAt: at },
    ...more,
  });

  it('is when the state last changed, or what is told of it', () => {
    expect(read({ attributes: done(minute(20)) })).toMatchObject({ solvedAt: new Date(minute(20)), closedAt: null });
    expect(read({ attributes: done(minute(20), { lastDone: { createdAt: minute(19) } }) }).solvedAt).toEqual(
      new Date(minute(19)),
    );
    expect(read({ attributes: done(minute(20), { modificationHistory: null }) }).solvedAt).toEqual(now);
    expect(read({ attributes: { lastDone: { createdAt: minute(19) } } })).toMatchObject({
      solvedAt: null,
      againAt: null,
    });
    expect(read({ attributes: done(minute(20), { ended: true, endedAt: minute(22) }) }).closedAt).toEqual(
      new Date(minute(22)),
    );
  });

  it.each([
    ['in an hour', '2026-03-01T11:30:00.000Z', '2026-03-01T12:30:00.000Z'],
    ['in a day', '2026-03-01T10:00:00.000Z', '2026-03-02T10:00:00.000Z'],
    ['never', '2026-02-28T11:00:00.000Z', null],
  ])('has the times read again %s', (_what, at, again) => {
    expect(read({ attributes: done(at) }).againAt).toEqual(again === null ? null : new Date(again));
  });
});
