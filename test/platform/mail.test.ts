import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UpstreamError } from '../../src/core/errors.ts';
import { createMailer, type Mail } from '../../src/platform/mail.ts';
import { type MailServer, startMailServer } from '../support/mail-server.ts';
import { standingClock } from '../support/standing-clock.ts';

const mail: Mail = {
  id: 'invitation-42',
  to: 'kim@example.org',
  subject: 'Wie lief Ihre Lieferung? – تجربتك',
  text: 'Ein Klick genügt.\n.\nhttps://desk.example/s/abc',
  html: '<p dir="rtl">تجربتك</p>',
  headers: { 'List-Unsubscribe': '<https://desk.example/u/abc>' },
};
const from = 'Nord <support@nord.example>';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'deskledger-mail-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('without a mail server', () => {
  const mailer = () => createMailer({ outboxDir: join(folder, 'outbox'), from, clock: standingClock() });

  it('writes one file for one id, however often it is sent', async () => {
    await Promise.all([mailer().send(mail), mailer().send(mail), mailer().send(mail)]);
    await mailer().send(mail);
    expect(readdirSync(join(folder, 'outbox'))).toEqual(['invitation-42.eml']);
    const text = readFileSync(join(folder, 'outbox', 'invitation-42.eml'), 'utf8');
    expect(text).toContain('Message-ID: <invitation-42@nord.example>');
    expect(text).toContain('Date: Mon, 02 Mar 2026 10:00:00 +0000');
    expect(text).toContain('To: kim@example.org');
    expect(text).toContain('List-Unsubscribe: <https://desk.example/u/abc>');
    expect(text).toContain('multipart/alternative');
  });

  it('tells what has gone, whoever sent it', async () => {
    expect(await mailer().wasSent?.(mail.id)).toBe(false);
    await mailer().send(mail);
    expect(await mailer().wasSent?.(mail.id)).toBe(true);
    expect(await mailer().wasSent?.('invitation-4')).toBe(false);
  });

  it("speaks under a mail's own name from the configured address", async () => {
    await mailer().send({ ...mail, fromName: 'Nord, "Home" <x@evil.example>' });
    const text = readFileSync(join(folder, 'outbox', 'invitation-42.eml'), 'utf8');
    expect(/^From: (.*)$/m.exec(text)?.[1]?.trim()).toMatch(/ <support@nord\.example>$/);
    expect(/^From: (.*)$/m.exec(text)?.[1]).toContain('"Nord, \\"Home\\"');
  });

  it('cannot be led out of its folder', async () => {
    for (const id of ['../evil', '', '.hidden', 'a/b', 'a\nb'])
      await expect(mailer().send({ ...mail, id })).rejects.toThrow(RangeError);
  });

  it('has one recipient and no smuggled header', async () => {
    await mailer().send({ ...mail, to: 'kim@example.org, all@example.org', subject: 'Hi\r\nBcc: all@example.org' });
    const text = readFileSync(join(folder, 'outbox', 'invitation-42.eml'), 'utf8');
    expect(text).not.toMatch(/^Bcc:/m);
    expect(/^To: (.*)$/m.exec(text)?.[1]).not.toBe('kim@example.org, all@example.org');
  });
});

describe('over SMTP', () => {
  let sink: MailServer;
  beforeEach(async () => {
    sink = await startMailServer();
  });
  afterEach(() => new Promise((resolve) => sink.server.close(resolve)));

  const send = (options: Partial<Mail> = {}) =>
    createMailer({ smtpUrl: sink.url, outboxDir: folder, from, clock: standingClock() })
      .send({ ...mail, ...options })
      .then(
        () => null,
        (error: unknown) => error,
      );

  it('hands the mail to the server, with its Message-ID and one recipient', async () => {
    expect(await send()).toBeNull();
    const [received] = sink.mails;
    expect(received?.recipients).toEqual(['kim@example.org']);
    expect(received?.text).toContain('Message-ID: <invitation-42@nord.example>');
    expect(received?.text).toContain('List-Unsubscribe');
    expect(sink.commands.filter((line) => /^(MAIL|RCPT)/.test(line))).toEqual([
      expect.stringContaining('<support@nord.example>'),
      expect.stringContaining('<kim@example.org>'),
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['RCPT', '550 no such mailbox kim@example.org', { status: 550, retryable: false, inDoubt: false }],
    ['RCPT', '450 kim@example.org is greylisted', { status: 450, retryable: true, inDoubt: false }],
    ['.', '554 spam', { status: 554, retryable: false, inDoubt: false }],
    ['.', '451 later', { status: 451, retryable: true, inDoubt: false }],
    ['MAIL', (socket: Socket) => socket.destroy(), { status: undefined, retryable: true }],
    ['.', (socket: Socket) => socket.destroy(), { status: undefined, retryable: true, inDoubt: true }],
  ] as const)('tells %s answered by %s', async (word, answer, expected) => {
    sink.answers[word] = answer;
    const error = await send();
    expect(error).toBeInstanceOf(UpstreamError);
    expect(error).toMatchObject(expected);
    expect(String(error)).not.toContain('kim');
  });

  it('knows that a server which is away took nothing', async () => {
    await new Promise((resolve) => sink.server.close(resolve));
    expect(await send()).toMatchObject({ retryable: true, inDoubt: false });
    sink.server.listen(0);
  });

  it('checks that the server can be used', async () => {
    const mailer = createMailer({ smtpUrl: sink.url, outboxDir: folder, from, clock: standingClock() });
    await expect(mailer.check()).resolves.toBeUndefined();
    expect(mailer.wasSent).toBeUndefined();
    sink.answers.EHLO = '554 closed';
    sink.answers.HELO = '554 closed';
    await expect(mailer.check()).rejects.toThrow(UpstreamError);
  });
});
