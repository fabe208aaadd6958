import { createHmac, randomUUID } from 'node:crypto';
import pg from 'pg';
import { answerParent } from './child.ts';
import { inPace, openConnection, type Pace, type Paced } from './pace.ts';

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
