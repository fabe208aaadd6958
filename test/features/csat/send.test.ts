import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { LimitReached, UpstreamError } from '../../../src/core/errors.ts';
import { createSender } from '../../../src/features/csat/index.ts';
import { surveyToken } from '../../../src/features/csat/invite.ts';
import { backoffMs } from '../../../src/features/csat/send.ts';
import { createWorld, day, hour, minute, vault, type World } from './world.ts';

interface Sent {
  readonly id: string;
  readonly to: string;
  readonly fromName?: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers?: Readonly<Record<string, string>>;
}

let world: World;
let connection: number;
let sent: Sent[];
let fail: (mail: Sent) => Error | undefined;

beforeEach(async () => {
  world = await createWorld();
  connection = await world.connection();
  sent = [];
  fail = () => undefined;
});

/** A mailer that can tell what has gone: by default nothing that was not recorded. */
const sender = ({ canTell = true, wasSent = false } = {}) =>
  createSender({
    db: world.db,
    vault,
    clock: world.clock,
    mailer: {
      check: async () => undefined,
      async send(mail) {
        const error = fail(mail);
        if (error) throw error;
        sent.push(mail);
      },
      ...(canTell && { wasSent: async () => wasSent }),
    },
    publicUrl: 'https://support.example',
    log: pino({ level: 'silent' }),
  });

const invite = async (change: Parameters<World['candidate']>[1] = {}): Promise<bigint> => {
  const made = await world.candidate(connection, change);
  await world.invite([made]);
  return made.ticketId;
};

const rowOf = async (ticketId: bigint) =>
  (
    await world.db.query<{
      state: string;
      attempts: number;
      due_at: Date | null;
      sent_at: Date | null;
      expires_at: Date;
      last_error: string | null;
      agent_id: string;
      shares: unknown;
      address_sealed: Buffer | null;
    }>(`SELECT * FROM invitation WHERE ticket_id = $1`, [ticketId])
  )[0];

describe('sendDue', () => {
  it("speaks for the shop that the connection's settings name, in mail and page", async () => {
    await world.db.query(`UPDATE connection SET settings = '{"shopName": "Nordlicht Home"}' WHERE id = $1`, [
      connection,
    ]);
    await invite({ language: { language: 'sv', reason: 'text' } });
    await sender().sendDue({ limit: 10 });
    const question = 'Hur var din upplevelse av kundtjänsten hos Nordlicht Home?';
    expect(sent[0]).toMatchObject({ fromName: 'Nordlicht Home', subject: question });
    const path = /https:\/\/support\.example(\/s\/[\w-]+)/.exec(sent[0]?.text ?? '')?.[1] ?? '';
    const page = (await world.app.inject(path)).body;
    expect(page).toContain(`<h1>${question}</h1>`);
    expect(page).toContain('<p class="shop">Nordlicht Home</p>');
    expect((await world.app.inject(`${path}/unsubscribe`)).body).toContain('<p class="shop">Nordlicht Home</p>');
  });

  it('sends what is due, in its language, with a link that opens the page, and forgets the address', async () => {
    const ticket = await invite({ address: 'ada@example.org', language: { language: 'de', reason: 'text' } });
    expect(await sender().sendDue({ limit: 10 })).toBe(1);
    expect(sent).toHaveLength(1);
    const [mail] = sent;
    expect(mail?.fromName).toBeUndefined();
    expect(mail).toMatchObject({ to: 'ada@example.org', subject: 'Wie war Ihre Erfahrung mit unserem Kundenservice?' });
    expect(mail?.headers?.['List-Unsubscribe-Post']).toBe('List-Unsubscribe=One-Click');
    const path = /https:\/\/support\.example(\/s\/[\w-]{43})\?score=5/.exec(mail?.text ?? '')?.[1] ?? 'none';
    expect((await world.app.inject({ url: path })).statusCode).toBe(200);
    expect(await rowOf(ticket)).toMatchObject({
      state: 'delivered',
      attempts: 1,
      due_at: null,
      sent_at: world.clock.now(),
      expires_at: new Date(world.clock.now().getTime() + 30 * day),
      address_sealed: null,
    });
    expect(await sender().sendDue({ limit: 10 })).toBe(0);
    expect(sent).toHaveLength(1);
  });

  it('waits for the delay of the connection and keeps to the limit', async () => {
    const settings = { mode: 'act', surveysSince: world.surveysSince, surveyDelayMinutes: 60 } as const;
    for (let count = 0; count < 3; count += 1) await invite({ connection: settings });
    world.clock.advance(hour - 1);
    expect(await sender().sendDue({ limit: 2 })).toBe(0);
    world.clock.advance(1);
    expect(await sender().sendDue({ limit: 2 })).toBe(2);
    expect(await sender().sendDue({ limit: 2 })).toBe(1);
    expect(new Set(sent.map(({ to }) => to)).size).toBe(3);
  });

  it('freezes partner, region and agent as they are when the mail goes', async () => {
    const ticket = await invite();
    await world.attribute(ticket, 1, 'nord');
    await world.attribute(ticket, 2, 'sud');
    await sender().sendDue({ limit: 10 });
    await world.attribute(ticket, 3, 'ost');
    const row = await rowOf(ticket);
    expect(row?.shares).toEqual([{ partner: 'sud', region: 'nordics', country: 'SE', ppm: 1_000_000 }]);
    expect(row?.agent_id).toBe('agent-now');
  });

  it.each([
    ['unsubscribed', `UPDATE survey_person SET unsubscribed_at = now()`],
    ['ticket reopened', `UPDATE ticket SET status = 'open'`],
    ['ticket reopened', `UPDATE ticket SET status = 'deleted'`],
    ['merged', `UPDATE ticket SET merged_into_external_id = '1'`],
    ['mode observe', `UPDATE connection SET mode = 'observe'`],
    ['mode observe', `UPDATE connection SET disabled_at = now()`],
    ['solved before surveys', `UPDATE connection SET surveys_since = (SELECT max(solved_at) FROM ticket)`],
    ['no address', `UPDATE invitation SET address_sealed = NULL`],
  ])('cancels at the last moment: %s (%s)', async (reason, change) => {
    const ticket = await invite();
    await world.db.query(change);
    await sender().sendDue({ limit: 10 });
    expect(sent).toEqual([]);
    expect(await rowOf(ticket)).toMatchObject({
      state: 'cancelled',
      last_error: reason,
      due_at: null,
      address_sealed: null,
    });
  });

  it.each([0, 3])(
    'bug: a ticket solved more than 7 days ago was asked all the same (attempts: %i)',
    async (attempts) => {
      const ticket = await invite();
      await world.db.query(
        `UPDATE invitation SET attempts = $2, due_at = due_at + interval '6 days' WHERE ticket_id = $1`,
        [ticket, attempts],
      );
      world.clock.advance(7 * day + 1);
      await sender().sendDue({ limit: 10 });
      expect(sent).toEqual([]);
      expect(await rowOf(ticket)).toMatchObject({ state: 'cancelled', last_error: 'solved too long ago' });
    },
  );

  it('sends 7 days after solving, not later', async () => {
    await invite();
    world.clock.advance(7 * day);
    await sender().sendDue({ limit: 10 });
    expect(sent).toHaveLength(1);
  });

  it('a cancelled invitation gives way to a new one of the same ticket', async () => {
    const made = await world.candidate(connection);
    await world.invite([made]);
    await world.db.query(`UPDATE ticket SET status = 'open'`);
    await sender().sendDue({ limit: 10 });
    await world.db.query(`UPDATE ticket SET status = 'solved'`);
    expect((await world.invite([made])).get(made.ticketId)).toEqual({ invite: true });
    expect(await rowOf(made.ticketId)).toMatchObject({ state: 'pending' });
  });

  it('bug: a cancelled invitation kept the person from being asked about another ticket', async () => {
    const address = 'ada@example.org';
    const first = await invite({ address });
    await world.db.query(`UPDATE ticket SET status = 'open' WHERE id = $1`, [first]);
    await sender().sendDue({ limit: 10 });
    world.clock.advance(hour);
    const second = await invite({ address });
    await sender().sendDue({ limit: 10 });
    expect(await rowOf(first)).toMatchObject({ state: 'cancelled' });
    expect(await rowOf(second)).toMatchObject({ state: 'delivered' });
  });

  it('writes that a mail is about to go before it goes', async () => {
    const ticket = await invite();
    const { db } = world;
    let seen: string | undefined;
    const watching = createSender({
      db,
      vault,
      clock: world.clock,
      mailer: {
        check: async () => undefined,
        async send() {
          seen = (await rowOf(ticket))?.state;
        },
      },
      publicUrl: 'https://support.example',
      log: pino({ level: 'silent' }),
    });
    await watching.sendDue({ limit: 1 });
    expect(seen).toBe('sending');
  });

  it('two workers send each mail once', async () => {
    for (let count = 0; count < 20; count += 1) await invite();
    const counts = await Promise.all([1, 2, 3, 4].map(() => sender().sendDue({ limit: 10 })));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(20);
    expect(sent).toHaveLength(20);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(20);
  });
});

describe('a mail that fails', () => {
  it('is tried again later and later, and in the end given up', async () => {
    const ticket = await invite();
    fail = () => new UpstreamError('the mail server is busy', { retryable: true });
    const waits: number[] = [];
    for (let attempt = 1; attempt < 8; attempt += 1) {
      await sender().sendDue({ limit: 1 });
      const row = await rowOf(ticket);
      expect(row).toMatchObject({ state: 'pending', attempts: attempt, last_error: 'the mail server is busy' });
      expect(await sender().sendDue({ limit: 1 })).toBe(0);
      const wait = (row?.due_at?.getTime() ?? 0) - world.clock.now().getTime();
      waits.push(wait);
      world.clock.advance(wait);
    }
    expect(waits).toEqual([1, 2, 3, 4, 5, 6, 7].map(backoffMs));
    expect(waits.slice(0, 2)).toEqual([minute, 4 * minute]);
    expect(Math.max(...waits)).toBe(6 * hour);
    await sender().sendDue({ limit: 1 });
    expect(await rowOf(ticket)).toMatchObject({ state: 'failed', attempts: 8, due_at: null });
    expect(sent).toEqual([]);
  });

  it('obeys a limit of the mail server', async () => {
    const ticket = await invite();
    fail = () => new LimitReached('too many mails', 3 * hour);
    await sender().sendDue({ limit: 1 });
    expect((await rowOf(ticket))?.due_at).toEqual(new Date(world.clock.now().getTime() + 3 * hour));
  });

  it('is given up at once where the mail server says never, and delays no other', async () => {
    const ticket = await invite({ address: 'gone@example.org' });
    const fine = await invite();
    fail = ({ to }) =>
      to === 'gone@example.org' ? new UpstreamError('no such mailbox', { retryable: false }) : undefined;
    await sender().sendDue({ limit: 10 });
    expect(await rowOf(ticket)).toMatchObject({ state: 'failed', last_error: 'no such mailbox' });
    expect(await rowOf(fine)).toMatchObject({ state: 'delivered' });
  });

  it.each([
    [
      'the connection broke after the mail was handed over',
      new UpstreamError('no answer', { retryable: true, inDoubt: true }),
    ],
    ['something nobody foresaw', new TypeError('x is not a function')],
  ])('stays in doubt where a second one could reach the person: %s', async (_, error) => {
    const ticket = await invite();
    fail = () => error;
    await sender({ canTell: false }).sendDue({ limit: 1 });
    fail = () => undefined;
    world.clock.advance(day);
    expect(await sender({ canTell: false }).sendDue({ limit: 1 })).toBe(0);
    expect(await rowOf(ticket)).toMatchObject({ state: 'doubt' });
    expect(sent).toEqual([]);
  });
});

it('bug: answered while the mail server still owed its word, an invitation fell into doubt', async () => {
  const ticket = await invite();
  const slow = createSender({
    db: world.db,
    vault,
    clock: world.clock,
    mailer: {
      check: async () => undefined,
      async send({ text }) {
        await world.vote(/\/s\/([\w-]{43})/.exec(text)?.[1] ?? 'none', 4);
        throw new UpstreamError('no answer', { retryable: true, inDoubt: true });
      },
    },
    publicUrl: 'https://support.example',
    log: pino({ level: 'silent' }),
  });
  await slow.sendDue({ limit: 1 });
  expect(await rowOf(ticket)).toMatchObject({ state: 'delivered', sent_at: world.clock.now(), last_error: null });
});

describe('a process that died between sending and recording', () => {
  const interrupted = async () => {
    const ticket = await invite();
    await world.attribute(ticket, 1, 'nord');
    await world.db.query(
      `UPDATE invitation SET state = 'sending', attempts = 1, claimed_until = $2, shares = '[{"partner": "frozen"}]' WHERE ticket_id = $1`,
      [ticket, new Date(world.clock.now().getTime() + 10 * minute)],
    );
    return ticket;
  };

  it('is left alone while the other may still be at work', async () => {
    await interrupted();
    expect(await sender().sendDue({ limit: 1 })).toBe(0);
  });

  it('bug: a mail that had surely not gone ignored that its person had unsubscribed', async () => {
    const ticket = await interrupted();
    await world.db.query('UPDATE survey_person SET unsubscribed_at = $1', [world.clock.now()]);
    world.clock.advance(10 * minute);
    await sender().sendDue({ limit: 1 });
    expect(sent).toEqual([]);
    expect(await rowOf(ticket)).toMatchObject({ state: 'cancelled', last_error: 'unsubscribed', address_sealed: null });
  });

  it('records what has gone, whatever has happened since', async () => {
    const ticket = await interrupted();
    await world.db.query('UPDATE survey_person SET unsubscribed_at = $1', [world.clock.now()]);
    world.clock.advance(10 * minute);
    await sender({ wasSent: true }).sendDue({ limit: 1 });
    expect(sent).toEqual([]);
    expect(await rowOf(ticket)).toMatchObject({
      state: 'delivered',
      sent_at: world.clock.now(),
      due_at: null,
      address_sealed: null,
    });
  });

  it('sends where the mail has surely not gone, and keeps what was frozen', async () => {
    const ticket = await interrupted();
    world.clock.advance(10 * minute);
    await sender().sendDue({ limit: 1 });
    expect(sent).toHaveLength(1);
    expect(await rowOf(ticket)).toMatchObject({ state: 'delivered', attempts: 2, shares: [{ partner: 'frozen' }] });
  });

  it.each([false, true])(
    'bug: answered before the lease ended, it fell into doubt and its answer had no delivery (mailer can tell: %s)',
    async (canTell) => {
      const ticket = await interrupted();
      const [row] = await world.db.query<{ id: bigint }>('SELECT id FROM invitation WHERE ticket_id = $1', [ticket]);
      if (!row) throw new Error('there is no invitation');
      world.clock.advance(minute);
      const answeredAt = world.clock.now();
      await world.vote(surveyToken(vault, row.id), 5);
      world.clock.advance(10 * minute);
      await sender({ canTell }).sendDue({ limit: 1 });
      expect(sent).toEqual([]);
      expect(await world.scoreOf(row.id)).toBe(5);
      expect(await rowOf(ticket)).toMatchObject({
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
    world.clock.advance(10 * minute);
    expect(await sender({ canTell: false }).sendDue({ limit: 1 })).toBe(1);
    world.clock.advance(day);
    expect(await sender({ canTell: false }).sendDue({ limit: 1 })).toBe(0);
    expect(sent).toEqual([]);
    expect(await rowOf(ticket)).toMatchObject({ state: 'doubt' });
  });
});
