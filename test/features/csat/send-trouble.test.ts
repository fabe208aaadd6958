import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { LimitReached, UpstreamError } from '../../../src/core/errors.ts';
import { createSender } from '../../../src/features/csat/index.ts';
import { surveyToken } from '../../../src/features/csat/invite.ts';
import { backoffMs } from '../../../src/features/csat/send.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { day, hour, minute, vault } from './world.ts';

let box: Outbox;
beforeEach(async () => {
  box = await createOutbox();
});

describe('a mail that fails', () => {
  it('is tried again later and later, and in the end given up', async () => {
    const ticket = await box.invite();
    box.fail = () => new UpstreamError('the mail server is busy', { retryable: true });
    const waits: number[] = [];
    for (let attempt = 1; attempt < 8; attempt += 1) {
      await box.sender().sendDue({ limit: 1 });
      const row = await box.rowOf(ticket);
      expect(row).toMatchObject({ state: 'pending', attempts: attempt, last_error: 'the mail server is busy' });
      expect(await box.sender().sendDue({ limit: 1 })).toBe(0);
      const wait = (row?.due_at?.getTime() ?? 0) - box.world.clock.now().getTime();
      waits.push(wait);
      box.world.clock.advance(wait);
    }
    expect(waits).toEqual([1, 2, 3, 4, 5, 6, 7].map(backoffMs));
    expect(waits.slice(0, 2)).toEqual([minute, 4 * minute]);
    expect(Math.max(...waits)).toBe(6 * hour);
    await box.sender().sendDue({ limit: 1 });
    expect(await box.rowOf(ticket)).toMatchObject({ state: 'failed', attempts: 8, due_at: null });
    expect(box.sent).toEqual([]);
  });

  it('obeys a limit of the mail server', async () => {
    const ticket = await box.invite();
    box.fail = () => new LimitReached('too many mails', 3 * hour);
    await box.sender().sendDue({ limit: 1 });
    expect((await box.rowOf(ticket))?.due_at).toEqual(new Date(box.world.clock.now().getTime() + 3 * hour));
  });

  it('is given up at once where the mail server says never, and delays no other', async () => {
    const ticket = await box.invite({ address: 'gone@example.org' });
    const fine = await box.invite();
    box.fail = ({ to }) =>
      to === 'gone@example.org' ? new UpstreamError('no such mailbox', { retryable: false }) : undefined;
    await box.sender().sendDue({ limit: 10 });
    expect(await box.rowOf(ticket)).toMatchObject({ state: 'failed', last_error: 'no such mailbox' });
    expect(await box.rowOf(fine)).toMatchObject({ state: 'delivered' });
  });

  it.each([
    [
      'the connection broke after the mail was handed over',
      new UpstreamError('no answer', { retryable: true, inDoubt: true }),
    ],
    ['something nobody foresaw', new TypeError('x is not a function')],
  ])('stays in doubt where a second one could reach the person: %s', async (_, error) => {
    const ticket = await box.invite();
    box.fail = () => error;
    await box.sender({ canTell: false }).sendDue({ limit: 1 });
    box.fail = () => undefined;
    box.world.clock.advance(day);
    expect(await box.sender({ canTell: false }).sendDue({ limit: 1 })).toBe(0);
    expect(await box.rowOf(ticket)).toMatchObject({ state: 'doubt' });
    expect(box.sent).toEqual([]);
  });
});

it('bug: answered while the mail server still owed its word, an invitation fell into doubt', async () => {
  const ticket = await box.invite();
  const slow = createSender({
    db: box.world.db,
    vault,
    clock: box.world.clock,
    mailer: {
      check: async () => undefined,
      async send({ text }) {
        await box.world.vote(/\/s\/([\w-]{43})/.exec(text)?.[1] ?? 'none', 4);
        throw new UpstreamError('no answer', { retryable: true, inDoubt: true });
      },
    },
    publicUrl: 'https://support.example',
    log: pino({ level: 'silent' }),
  });
  await slow.sendDue({ limit: 1 });
  expect(await box.rowOf(ticket)).toMatchObject({
    state: 'delivered',
    sent_at: box.world.clock.now(),
    last_error: null,
  });
});

describe('a process that died between sending and recording', () => {
  const interrupted = async () => {
    const ticket = await box.invite();
    await box.world.attribute(ticket, 1, 'nord');
    await box.world.db.query(
      `UPDATE invitation SET state = 'sending', attempts = 1, claimed_until = $2, shares = '[{"partner": "frozen"}]' WHERE ticket_id = $1`,
      [ticket, new Date(box.world.clock.now().getTime() + 10 * minute)],
    );
    return ticket;
  };

  it('is left alone while the other may still be at work', async () => {
    await interrupted();
    expect(await box.sender().sendDue({ limit: 1 })).toBe(0);
  });

  it('bug: a mail that had surely not gone ignored that its person had unsubscribed', async () => {
    const ticket = await interrupted();
    await box.world.db.query('UPDATE survey_person SET unsubscribed_at = $1', [box.world.clock.now()]);
    box.world.clock.advance(10 * minute);
    await box.sender().sendDue({ limit: 1 });
    expect(box.sent).toEqual([]);
    expect(await box.rowOf(ticket)).toMatchObject({
      state: 'cancelled',
      last_error: 'unsubscribed',
      address_sealed: null,
    });
  });

  it('records what has gone, whatever has happened since', async () => {
    const ticket = await interrupted();
    await box.world.db.query('UPDATE survey_person SET unsubscribed_at = $1', [box.world.clock.now()]);
    box.world.clock.advance(10 * minute);
    await box.sender({ wasSent: true }).sendDue({ limit: 1 });
    expect(box.sent).toEqual([]);
    expect(await box.rowOf(ticket)).toMatchObject({
      state: 'delivered',
      sent_at: box.world.clock.now(),
      due_at: null,
      address_sealed: null,
    });
  });

  it('sends where the mail has surely not gone, and keeps what was frozen', async () => {
    const ticket = await interrupted();
    box.world.clock.advance(10 * minute);
    await box.sender().sendDue({ limit: 1 });
    expect(box.sent).toHaveLength(1);
    expect(await box.rowOf(ticket)).toMatchObject({ state: 'delivered', attempts: 2, shares: [{ partner: 'frozen' }] });
  });

  it.each([false, true])(
    'bug: answered before the lease ended, it fell into doubt and its answer had no delivery (mailer can tell: %s)',
    async (canTell) => {
      const ticket = await interrupted();
      const [row] = await box.world.db.query<{ id: bigint }>('SELECT id FROM invitation WHERE ticket_id = $1', [
        ticket,
      ]);
      if (!row) throw new Error('there is no invitation');
      box.world.clock.advance(minute);
      const answeredAt = box.world.clock.now();
      await box.world.vote(surveyToken(vault, row.id), 5);
      box.world.clock.advance(10 * minute);
      await box.sender({ canTell }).sendDue({ limit: 1 });
      expect(box.sent).toEqual([]);
      expect(await box.world.scoreOf(row.id)).toBe(5);
      expect(await box.rowOf(ticket)).toMatchObject({
        state: 'delivered',
        sent_at: answeredAt,
        due_at: null,
        address_sealed: null,
        last_error: null,
        shares: [{ partner: 'frozen' }],
      });
    },
  );

  it('leaves a visible doubt where it is not, and never sends twice', async () => {
    const ticket = await interrupted();
    box.world.clock.advance(10 * minute);
    expect(await box.sender({ canTell: false }).sendDue({ limit: 1 })).toBe(1);
    box.world.clock.advance(day);
    expect(await box.sender({ canTell: false }).sendDue({ limit: 1 })).toBe(0);
    expect(box.sent).toEqual([]);
    expect(await box.rowOf(ticket)).toMatchObject({ state: 'doubt' });
  });
});
