import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createTransport } from 'nodemailer';
import { UpstreamError } from '../core/errors.ts';
import type { Clock } from './clock.ts';

export interface Mail {
  /** Names the mail for good: its file, its Message-ID. Letters, digits, "." "_" "-". */
  readonly id: string;
  readonly to: string;
  /** Display name of the sender in place of the configured one; the address stays. */
  readonly fromName?: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Mailer {
  /**
   * Resolves when the server took the mail, or its file is written. Throws UpstreamError: `retryable` false where the server
   * refuses it for good, `inDoubt` where the connection died after the mail was handed over and no word came back.
   */
  send(mail: Mail): Promise<void>;
  /** Rejects where mails cannot be sent as things stand. */
  check(): Promise<void>;
  /**
   * Whether the mail of this id has gone. Only where that can be told, and where sending the same id again makes no second
   * mail: the outbox of files.
   */
  wasSent?(id: string): Promise<boolean>;
}

/** Mails over SMTP where `smtpUrl` is given, else as files in `outboxDir`. `from` is an address, with a name or without. */
export const createMailer = ({
  smtpUrl,
  outboxDir,
  from,
  clock,
}: {
  readonly smtpUrl?: string | undefined;
  readonly outboxDir: string;
  readonly from: string;
  readonly clock: Clock;
}): Mailer => {
  const sender = /<([^<>]+)>\s*$/.exec(from)?.[1] ?? from;
  const domain = sender.slice(sender.lastIndexOf('@') + 1);
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });

  const compose = async ({ id, to, fromName, subject, text, html, headers }: Mail): Promise<Buffer> => {
    if (!/^[\w.-]{1,200}$/.test(id) || id.startsWith('.'))
      throw new RangeError(`"${id.slice(0, 40)}" cannot name a mail`);
    const { message } = await composer.sendMail({
      messageId: `<${id}@${domain}>`,
      date: clock.now(),
      from: fromName === undefined ? from : { name: fromName, address: sender },
      // As an object, so that a comma in it cannot make two recipients.
      to: { name: '', address: to },
      subject,
      text,
      html,
      ...(headers && { headers }),
    });
    if (!Buffer.isBuffer(message)) throw new TypeError('the composer gave no buffer');
    return message;
  };
  return smtpUrl ? smtpMailer(smtpUrl, sender, compose) : outboxMailer(outboxDir, compose);
};

type Compose = (mail: Mail) => Promise<Buffer>;

const outboxMailer = (folder: string, compose: Compose): Mailer => ({
  async send(mail) {
    const message = await compose(mail);
    await mkdir(folder, { recursive: true });
    const draft = join(folder, `.${mail.id}.${randomBytes(6).toString('hex')}.tmp`);
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(message);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, join(folder, `${mail.id}.eml`));
  },
  async wasSent(id) {
    const found = await stat(join(folder, `${id}.eml`)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    return found !== null;
  },
  async check() {
    await mkdir(folder, { recursive: true });
  },
});

const smtpMailer = (url: string, sender: string, compose: Compose): Mailer => {
  const transport = createTransport({ url, connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 30_000 });
  return {
    async send(mail) {
      const message = await compose(mail);
      let handedOver = false;
      const raw = Readable.from(
        (function* () {
          handedOver = true;
          yield message;
        })(),
      );
      try {
        await transport.sendMail({ envelope: { from: sender, to: [mail.to] }, raw });
      } catch (error) {
        throw mailFailure(error, handedOver);
      }
    },
    async check() {
      try {
        await transport.verify();
      } catch (error) {
        throw mailFailure(error, false);
      }
    },
  };
};

/** The server's own words are left out: they repeat the address. */
const mailFailure = (error: unknown, handedOver: boolean): UpstreamError => {
  const { responseCode, code, command } = (error instanceof Error ? error : {}) as {
    responseCode?: number;
    code?: string;
    command?: string;
  };
  if (code === 'EAUTH' || code === 'ENOAUTH')
    return new UpstreamError('The mail server does not take our credentials; correct SMTP_URL.', {
      status: responseCode,
      retryable: true,
    });
  if (responseCode !== undefined) {
    const forGood = responseCode >= 500;
    return new UpstreamError(
      `The mail server answered ${responseCode} to ${command ?? 'a command'}; ${forGood ? 'this mail is refused for good.' : 'it is tried again.'}`,
      { status: responseCode, retryable: !forGood },
    );
  }
  return new UpstreamError(
    `The mail server gave no answer (${code ?? 'network error'}); see that it is up and that SMTP_URL names it.`,
    { retryable: true, inDoubt: handedOver },
  );
};
