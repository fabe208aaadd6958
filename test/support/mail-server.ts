import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export interface ReceivedMail {
  /** As the envelope has them. */
  readonly recipients: readonly string[];
  /** Headers and body, one "\n" per line. */
  readonly text: string;
}

export interface MailServer {
  readonly url: string;
  readonly server: Server;
  readonly commands: string[];
  /** Mails whose end came in, but those refused by a text in `answers`: what was not answered may be sent on all the same. */
  readonly mails: ReceivedMail[];
  /** What is done instead of the usual answer, by the first word of a command; "." is the end of a mail. */
  readonly answers: Record<string, string | ((socket: Socket) => void)>;
}

/** A mail server (RFC 5321, as far as our mailer speaks it) on a free port of this machine. The caller closes it. */
export const startMailServer = async (): Promise<MailServer> => {
  const commands: string[] = [];
  const mails: ReceivedMail[] = [];
  const answers: MailServer['answers'] = {};
  const server = createServer((socket) => {
    let recipients: string[] = [];
    let mail: string[] | null = null;
    let rest = '';
    const answer = (word: string, usual: string): void => {
      const other = answers[word];
      if (typeof other === 'function') other(socket);
      else socket.write(`${other ?? usual}\r\n`);
    };
    const onCommand = (line: string): void => {
      const word = line.split(/[ :]/)[0]?.toUpperCase() ?? '';
      commands.push(line);
      if (word === 'MAIL') recipients = [];
      if (word === 'RCPT') recipients.push(/<(.*?)>/.exec(line)?.[1] ?? '');
      if (word === 'DATA' && answers.DATA === undefined) mail = [];
      answer(word, word === 'DATA' ? '354 go on' : word === 'QUIT' ? '221 bye' : '250 ok');
    };
    const onMailLine = (lines: string[], line: string): void => {
      if (line !== '.') {
        lines.push(line);
        return;
      }
      mail = null;
      if (typeof answers['.'] !== 'string') mails.push({ recipients, text: lines.join('\n') });
      answer('.', '250 taken');
    };
    socket.on('error', () => undefined);
    socket.write('220 test\r\n');
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString()).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (mail) onMailLine(mail, line);
        else onCommand(line);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`, server, commands, mails, answers };
};
