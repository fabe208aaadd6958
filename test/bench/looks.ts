import { createHmac, randomUUID } from 'node:crypto';
import { answerParent } from './child.ts';
import { inPace, openConnection, type Pace, type Paced } from './pace.ts';

interface Looks extends Pace {
  readonly url: string;
  readonly secret: string;
  readonly connections: number;
  /** Tickets are 1 to this. */
  readonly tickets: number;
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const head = encoded({ alg: 'HS256', typ: 'JWT' });

/** A look as Zendesk's proxy passes it on, each with a token of its own. */
const lookAt = (url: URL, secret: string, ticket: number): Buffer => {
  const signed = `${head}.${encoded({ exp: Math.floor(Date.now() / 1000) + 60, jti: randomUUID() })}`;
  const token = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  return Buffer.from(
    [
      `GET /sidebar/v1/tickets/${ticket} HTTP/1.1`,
      `host: ${url.host}`,
      'accept: application/json',
      `authorization: Bearer ${token}`,
      '',
      '',
    ].join('\r\n'),
  );
};

let asked = 0;

answerParent({
  /** At a steady pace, each at another ticket all over the years. */
  async looks({ url: address, secret, connections, tickets, ...pace }: Looks): Promise<Paced> {
    const url = new URL(address);
    const opened = await Promise.all(Array.from({ length: connections }, () => openConnection(url)));
    const paced = await inPace(
      pace,
      opened.map(({ send }) => async () => {
        asked += 1;
        return (await send(lookAt(url, secret, 1 + ((asked * 7919) % tickets)))) === 200;
      }),
    );
    for (const { close } of opened) close();
    return paced;
  },
});
