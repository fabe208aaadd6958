import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { answerParent } from './child.ts';

/** Length of a delivery's body in bytes, as Zendesk's are. */
const bodyBytes = 1800;
const tickets = 4000;

interface Delivery {
  readonly id: string;
  readonly type: string;
  readonly ticketId: string;
  readonly timestamp: string;
  readonly body: Buffer;
}

let made = 0;
/** What one update of an agent sends, all at once. */
const types = ['comment_added', 'status_changed', 'custom_field_changed', 'agent_assignment_changed'];

/** The body of an event-subscribed webhook, the subject filled up to the length. */
const makeDelivery = (): Delivery => {
  made += 1;
  const id = randomUUID();
  const ticketId = String(1 + (Math.floor(made / types.length) % tickets));
  const now = new Date().toISOString();
  const type = `zen:event-type:ticket.${types[made % types.length]}`;
  const event = {
    account_id: 22_129_848,
    detail: {
      actor_id: '9000000000007',
      assignee_id: '9000000000007',
      brand_id: '1',
      created_at: now,
      custom_status: '2000001',
      description: '',
      external_id: null,
      form_id: '1',
      group_id: '2',
      id: ticketId,
      is_public: true,
      organization_id: null,
      priority: 'NORMAL',
      requester_id: '9000000000111',
      status: 'OPEN',
      subject: 'A lamp arrived broken',
      submitter_id: '9000000000111',
      tags: ['lamp', 'broken'],
      type: '',
      updated_at: now,
      via: { channel: 'email' },
    },
    event: {
      current: 'OPEN',
      previous: 'NEW',
      meta: { sequence: { id: String(made).padStart(26, '3'), position: 1 } },
    },
    id,
    subject: `zen:ticket:${ticketId}`,
    time: now,
    type,
    zendesk_event_version: '2022-11-06',
  };
  const missing = bodyBytes - Buffer.byteLength(JSON.stringify(event));
  event.detail.description = 'x'.repeat(Math.max(0, missing));
  return { id, type, ticketId, timestamp: now, body: Buffer.from(JSON.stringify(event)) };
};

const requestOf = (url: URL, secret: string): Buffer => {
  const { timestamp, body } = makeDelivery();
  const signature = createHmac('sha256', secret).update(timestamp).update(body).digest('base64');
  const head = [
    `POST ${url.pathname} HTTP/1.1`,
    `host: ${url.host}`,
    'content-type: application/json; charset=utf-8',
    'user-agent: Zendesk Webhook',
    'x-zendesk-account-id: 22129848',
    'x-zendesk-webhook-id: 01BENCH',
    `x-zendesk-webhook-invocation-id: ${made}`,
    `x-zendesk-webhook-signature: ${signature}`,
    `x-zendesk-webhook-signature-timestamp: ${timestamp}`,
    `content-length: ${body.length}`,
  ].join('\r\n');
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), body]);
};

const statusLength = 'HTTP/1.1 202'.length;

/** One keep-alive connection that carries one request at a time; resolves to the status once the answer is whole. */
const openConnection = async (url: URL) => {
  const socket: Socket = connect(Number(url.port), url.hostname).setNoDelay();
  await once(socket, 'connect');
  let answer = '';
  let done: ((status: number) => void) | undefined;
  const fail = () => {
    done?.(0);
    done = undefined;
  };
  socket.setEncoding('latin1');
  socket.on('error', fail);
  socket.on('close', fail);
  socket.on('data', (chunk) => {
    answer += chunk;
    const headEnd = answer.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(answer.slice(0, headEnd))?.[1] ?? 0);
    if (answer.length < headEnd + 4 + length) return;
    const status = Number(answer.slice(statusLength - 3, statusLength));
    answer = '';
    const resolve = done;
    done = undefined;
    resolve?.(status);
  });
  return {
    send: (request: Buffer): Promise<number> =>
      new Promise((resolve) => {
        done = resolve;
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
};

export interface Slice {
  readonly perSecond: number;
  /** Answers other than 202, or rows refused. */
  readonly failed: number;
}

/** Runs `workers` for some time and counts what they did; what they need is made before the clock starts. */
const countFor = async (seconds: number, workers: readonly (() => Promise<boolean>)[]): Promise<Slice> => {
  const startMs = performance.now();
  const endMs = startMs + seconds * 1000;
  let good = 0;
  let failed = 0;
  await Promise.all(
    workers.map(async (work) => {
      while (performance.now() < endMs) {
        if (await work()) good += 1;
        else failed += 1;
      }
    }),
  );
  return { perSecond: good / ((performance.now() - startMs) / 1000), failed };
};

export interface Paced {
  /** In ms, from the moment each was meant to be sent, so that a stall counts for all that it held up. */
  readonly latencies: readonly number[];
  readonly failed: number;
}

/** Has workers do something at a steady pace, whatever the answers do (open loop), each one thing at a time. */
const inPace = async (
  { seconds, perSecond }: { readonly seconds: number; readonly perSecond: number },
  workers: readonly (() => Promise<boolean>)[],
): Promise<Paced> => {
  const total = seconds * perSecond;
  const free = [...workers];
  // What preparing left behind is collected now: a pause of this process would count as one of what is measured.
  globalThis.gc?.();
  const latencies: number[] = [];
  let failed = 0;
  let sent = 0;
  const startMs = performance.now();
  const intendedMs = (index: number) => startMs + (index * 1000) / perSecond;
  const pump = (): void => {
    while (sent < total && intendedMs(sent) <= performance.now()) {
      const work = free.pop();
      if (!work) return;
      const meantMs = intendedMs(sent);
      sent += 1;
      void work().then((isGood) => {
        latencies.push(performance.now() - meantMs);
        if (!isGood) failed += 1;
        free.push(work);
        pump();
      });
    }
  };
  while (latencies.length < total) {
    pump();
    await wait(1);
  }
  return { latencies, failed };
};

const insertText = `insert into bench_delivery (connection_id, delivery_key, received_at, headers, body, event_type, ticket_external_id, state)
  values ($1, $2, $3, $4, $5, $6, $7, 'stored')`;

const headers = JSON.stringify({
  'x-zendesk-account-id': '22129848',
  'x-zendesk-webhook-id': '01BENCH',
  'x-zendesk-webhook-invocation-id': '1',
  'x-zendesk-webhook-signature-timestamp': new Date().toISOString(),
  'content-type': 'application/json; charset=utf-8',
  'user-agent': 'Zendesk Webhook',
});

interface Senders {
  readonly url: string;
  readonly secret: string;
  readonly connections: number;
}

/** Keep-alive connections, each of which sends its next request once it has its answer; `atMost` are made before. */
const withSenders = async <Result>(
  { url: address, secret, connections }: Senders,
  atMost: number,
  work: (senders: readonly (() => Promise<boolean>)[]) => Promise<Result>,
): Promise<Result> => {
  const url = new URL(address);
  const requests = Array.from({ length: atMost }, () => requestOf(url, secret));
  const opened = await Promise.all(Array.from({ length: connections }, () => openConnection(url)));
  const result = await work(
    opened.map(
      ({ send }) =>
        async () =>
          (await send(requests.pop() ?? requestOf(url, secret))) === 202,
    ),
  );
  for (const { close } of opened) close();
  return result;
};

interface Inserters {
  readonly databaseUrl: string;
  readonly connections: number;
}

/** As many plain clients, each of which inserts the same row, one by one. */
const withInserters = async <Result>(
  { databaseUrl, connections }: Inserters,
  atMost: number,
  work: (inserters: readonly (() => Promise<boolean>)[]) => Promise<Result>,
): Promise<Result> => {
  const rows = Array.from({ length: atMost }, makeDelivery);
  const clients = Array.from({ length: connections }, () => new pg.Client({ connectionString: databaseUrl }));
  for (const client of clients) await client.connect();
  const result = await work(
    clients.map((client) => async () => {
      const { id, type, ticketId, body } = rows.pop() ?? makeDelivery();
      await client.query(insertText, [1, id, new Date(), headers, body, type, ticketId]);
      return true;
    }),
  );
  await Promise.all(clients.map((client) => client.end()));
  return result;
};

interface Counted {
  readonly seconds: number;
  readonly atMost: number;
}
interface Pace {
  readonly seconds: number;
  readonly perSecond: number;
}

answerParent({
  acks: ({ seconds, atMost, ...how }: Senders & Counted): Promise<Slice> =>
    withSenders(how, atMost, (senders) => countFor(seconds, senders)),
  inserts: ({ seconds, atMost, ...how }: Inserters & Counted): Promise<Slice> =>
    withInserters(how, atMost, (inserters) => countFor(seconds, inserters)),
  pacedAcks: ({ seconds, perSecond, ...how }: Senders & Pace): Promise<Paced> =>
    withSenders(how, seconds * perSecond, (senders) => inPace({ seconds, perSecond }, senders)),
  pacedInserts: ({ seconds, perSecond, ...how }: Inserters & Pace): Promise<Paced> =>
    withInserters(how, seconds * perSecond, (inserters) => inPace({ seconds, perSecond }, inserters)),
});
