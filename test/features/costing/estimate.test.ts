import { describe, expect, test } from 'vitest';
import { constantsFrom } from '../../../src/features/costing/constants.ts';
import { estimateTouches } from '../../../src/features/costing/estimate.ts';
import type { Channel, Touch } from '../../../src/helpdesks/port.ts';

const touch = (part: Partial<Touch>): Touch => ({
  sourceKey: 'audit:5',
  agentId: 'ada',
  kind: 'public_reply',
  at: new Date('2026-05-04T22:30:00Z'),
  channel: null,
  ...part,
});

const secondsOf = (
  part: Partial<Touch>,
  ticketChannel: Channel = 'email',
  rows: Parameters<typeof constantsFrom>[0] = [],
) => estimateTouches([touch(part)], { ticketChannel, constants: constantsFrom(rows), timeZone: 'UTC' })[0]?.rawSeconds;

describe('an estimate', () => {
  test.each([
    ['email', 300],
    ['form', 300],
    ['api', 300],
    ['chat', 90],
    ['messaging', 90],
    ['social', 90],
    ['phone', 360],
  ] as const)('of a public reply by %s is %d s', (channel, seconds) => expect(secondsOf({ channel })).toBe(seconds));

  test.each(['email', 'chat', 'phone'] as const)('of an internal note is 60 s, also on %s', (channel) =>
    expect(secondsOf({ kind: 'internal_note', channel })).toBe(60),
  );

  test("takes the message's channel, else the ticket's", () => {
    expect(secondsOf({ channel: 'chat' }, 'email')).toBe(90);
    expect(secondsOf({ channel: null }, 'social')).toBe(90);
  });

  test('takes talk seconds on the phone alone', () => {
    expect(secondsOf({ channel: 'phone', talkSeconds: 47 })).toBe(47);
    expect(secondsOf({ channel: 'phone', talkSeconds: 0 })).toBe(0);
    expect(secondsOf({ channel: 'phone', kind: 'internal_note', talkSeconds: 47 })).toBe(60);
    expect(secondsOf({ channel: 'email', talkSeconds: 47 })).toBe(300);
  });

  test('of an AI agent is made of its public replies alone, by a constant of their own', () => {
    const rows = [{ name: 'ai_public_reply', channel: '*', seconds: 20, validFrom: '2026-05-01' }];
    expect(secondsOf({ actor: 'ai_agent' })).toBe(60);
    expect(secondsOf({ actor: 'ai_agent' }, 'chat', rows)).toBe(20);
    expect(secondsOf({ actor: 'ai_agent', channel: 'phone', talkSeconds: 400 }, 'phone', rows)).toBe(20);
    expect(secondsOf({ actor: 'ai_agent', kind: 'internal_note' })).toBeUndefined();
    expect(secondsOf({}, 'email', rows)).toBe(300);
  });

  test('follows dated settings on the day of the work', () => {
    const rows = [
      { name: 'public_reply', channel: 'email', seconds: 240, validFrom: '2026-05-01' },
      { name: 'public_reply', channel: 'email', seconds: 200, validFrom: '2026-05-05' },
      { name: 'internal_note', channel: '*', seconds: 45, validFrom: '2026-05-01' },
    ];
    expect(secondsOf({ channel: 'email' }, 'email', rows)).toBe(240);
    expect(secondsOf({ channel: 'api' }, 'email', rows)).toBe(240);
    expect(secondsOf({ channel: 'form' }, 'email', rows)).toBe(300);
    expect(secondsOf({ kind: 'internal_note' }, 'chat', rows)).toBe(45);
    const [berlin] = estimateTouches([touch({ channel: 'email' })], {
      ticketChannel: 'email',
      constants: constantsFrom(rows),
      timeZone: 'Europe/Berlin',
    });
    expect(berlin).toMatchObject({ rawSeconds: 200, workedDay: '2026-05-05', sourceKey: 'estimate:audit:5' });
  });
});
