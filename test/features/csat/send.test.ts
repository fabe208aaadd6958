import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { createSender } from '../../../src/features/csat/index.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { day, hour, vault } from './world.ts';

let box: Outbox;
beforeEach(async () => {
  box = await createOutbox();
});

describe('sendDue', () => {
  it("speaks for the shop that the connection's settings name, in mail and page", async () => {
    await box.world.db.query(`UPDATE connection SET settings = '{"shopName": "Nordlicht Home"}' WHERE id = $1`, [
      box.connection,
    ]);
    await box.invite({ language: { language: 'sv', reason: 'text' } });
    await box.sender().sendDue({ limit: 10 });
    const question = 'Hur var din upplevelse av kundtjänsten hos Nordlicht Home?';
    expect(box.sent[0]).toMatchObject({ fromName: 'Nordlicht Home', subject: question });
    const path = /https:\/\/support\.example(\/s\/[\w-]+)/.exec(box.sent[0]?.text ?? '')?.[1] ?? '';
    const page = (await box.world.app.inject(path)).body;
    expect(page).toContain(`<h1>${question}</h1>`);
    expect(page).toContain('<p class="shop">Nordlicht Home</p>');
    expect((await box.world.app.inject(`${path}/unsubscribe`)).body).toContain('<p class="shop">Nordlicht Home</p>');
  });

  it('sends what is due, in its language, with a link that opens the page, and forgets the address', async () => {
    const ticket = await box.invite({ address: 'ada@example.org', language: { language: 'de', reason: 'text' } });
    expect(await box.sender().sendDue({ limit: 10 })).toBe(1);
    expect(box.sent).toHaveLength(1);
    const [mail] = box.sent;
    expect(mail?.fromName).toBeUndefined();
    expect(mail).toMatchObject({ to: 'ada@example.org', subject: 'Wie war Ihre Erfahrung mit unserem Kundenservice?' });
    expect(mail?.headers?.['List-Unsubscribe-Post']).toBe('List-Unsubscribe=One-Click');
    const path = /https:\/\/support\.example(\/s\/[\w-]{43})\?score=5/.exec(mail?.text ?? '')?.[1] ?? 'none';
    expect((await box.world.app.inject({ url: path })).statusCode).toBe(200);
    expect(await box.rowOf(ticket)).toMatchObject({
      state: 'delivered',
      attempts: 1,
      due_at: null,
      sent_at: box.world.clock.now(),
      expires_at: new Date(box.world.clock.now().getTime() + 30 * day),
      address_sealed: null,
    });
    expect(await box.sender().sendDue({ limit: 10 })).toBe(0);
    expect(box.sent).toHaveLength(1);
  });

  it('waits for the delay of the connection and keeps to the limit', async () => {
    const settings = { mode: 'act', surveysSince: box.world.surveysSince, surveyDelayMinutes: 60 } as const;
    for (let count = 0; count < 3; count += 1) await box.invite({ connection: settings });
    box.world.clock.advance(hour - 1);
    expect(await box.sender().sendDue({ limit: 2 })).toBe(0);
    box.world.clock.advance(1);
    expect(await box.sender().sendDue({ limit: 2 })).toBe(2);
    expect(await box.sender().sendDue({ limit: 2 })).toBe(1);
    expect(new Set(box.sent.map(({ to }) => to)).size).toBe(3);
  });

  it('freezes partner, region and agent as they are when the mail goes', async () => {
    const ticket = await box.invite();
    await box.world.attribute(ticket, 1, 'nord');
    await box.world.attribute(ticket, 2, 'sud');
    await box.sender().sendDue({ limit: 10 });
    await box.world.attribute(ticket, 3, 'ost');
    const row = await box.rowOf(ticket);
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
    const ticket = await box.invite();
    await box.world.db.query(change);
    await box.sender().sendDue({ limit: 10 });
    expect(box.sent).toEqual([]);
    expect(await box.rowOf(ticket)).toMatchObject({
      state: 'cancelled',
      last_error: reason,
      due_at: null,
      address_sealed: null,
    });
  });

  it.each([0, 3])(
    'bug: a ticket solved more than 7 days ago was asked all the same (attempts: %i)',
    async (attempts) => {
      const ticket = await box.invite();
      await box.world.db.query(
        `UPDATE invitation SET attempts = $2, due_at = due_at + interval '6 days' WHERE ticket_id = $1`,
        [ticket, attempts],
      );
      box.world.clock.advance(7 * day + 1);
      await box.sender().sendDue({ limit: 10 });
      expect(box.sent).toEqual([]);
      expect(await box.rowOf(ticket)).toMatchObject({ state: 'cancelled', last_error: 'solved too long ago' });
    },
  );

  it('sends 7 days after solving, not later', async () => {
    await box.invite();
    box.world.clock.advance(7 * day);
    await box.sender().sendDue({ limit: 10 });
    expect(box.sent).toHaveLength(1);
  });

  it('a cancelled invitation gives way to a new one of the same ticket', async () => {
    const made = await box.world.candidate(box.connection);
    await box.world.invite([made]);
    await box.world.db.query(`UPDATE ticket SET status = 'open'`);
    await box.sender().sendDue({ limit: 10 });
    await box.world.db.query(`UPDATE ticket SET status = 'solved'`);
    expect((await box.world.invite([made])).get(made.ticketId)).toEqual({ invite: true });
    expect(await box.rowOf(made.ticketId)).toMatchObject({ state: 'pending' });
  });

  it('bug: a cancelled invitation kept the person from being asked about another ticket', async () => {
    const address = 'ada@example.org';
    const first = await box.invite({ address });
    await box.world.db.query(`UPDATE ticket SET status = 'open' WHERE id = $1`, [first]);
    await box.sender().sendDue({ limit: 10 });
    box.world.clock.advance(hour);
    const second = await box.invite({ address });
    await box.sender().sendDue({ limit: 10 });
    expect(await box.rowOf(first)).toMatchObject({ state: 'cancelled' });
    expect(await box.rowOf(second)).toMatchObject({ state: 'delivered' });
  });

  it('writes that a mail is about to go before it goes', async () => {
    const ticket = await box.invite();
    const { db } = box.world;
    let seen: string | undefined;
    const watching = createSender({
      db,
      vault,
      clock: box.world.clock,
      mailer: {
        check: async () => undefined,
        async send() {
          seen = (await box.rowOf(ticket))?.state;
        },
      },
      publicUrl: 'https://support.example',
      log: pino({ level: 'silent' }),
    });
    await watching.sendDue({ limit: 1 });
    expect(seen).toBe('sending');
  });

  it('two workers send each mail once', async () => {
    for (let count = 0; count < 20; count += 1) await box.invite();
    const counts = await Promise.all([1, 2, 3, 4].map(() => box.sender().sendDue({ limit: 10 })));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(20);
    expect(box.sent).toHaveLength(20);
    expect(new Set(box.sent.map(({ id }) => id)).size).toBe(20);
  });
});
