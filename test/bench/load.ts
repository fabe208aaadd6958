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

const insertText = `insert into bench_delivery (connection_id, delivery_key, received_at, headers, body, event_type, ticket_external_id, state)
  values ($1, $2, $3, $4, $5, $6, $7, 'stored')`;

answerParent({
  /** 64 keep-alive connections, each with its next request as soon as it has its answer. */
  async acks(input: {
    url: string;
    secret: string;
    seconds: number;
    connections: number;
    atMost: number;
  }): Promise<Slice> {
    const url = new URL(input.url);
    const requests = Array.from({ length: input.atMost }, () => requestOf(url, input.secret));
    const connections = await Promise.all(Array.from({ length: input.connections }, () => openConnection(url)));
    const slice = await countFor(
      input.seconds,
      connections.map(
        ({ send }) =>
          async () =>
            (await send(requests.pop() ?? requestOf(url, input.secret))) === 202,
      ),
    );
    for (const { close } of connections) close();
    return slice;
  },
  /** As many plain clients, each inserting the same row, one by one. */
  async inserts(input: { databaseUrl: string; seconds: number; connections: number; atMost: number }): Promise<Slice> {
    const rows = Array.from({ length: input.atMost }, makeDelivery);
    const headers = JSON.stringify({
      'x-zendesk-account-id': '22129848',
      'x-zendesk-webhook-id': '01BENCH',
      'x-zendesk-webhook-invocation-id': '1',
      'x-zendesk-webhook-signature-timestamp': new Date().toISOString(),
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'Zendesk Webhook',
    });
    const clients = Array.from(
      { length: input.connections },
      () => new pg.Client({ connectionString: input.databaseUrl }),
    );
    for (const client of clients) await client.connect();
    const slice = await countFor(
      input.seconds,
      clients.map((client) => async () => {
        const { id, type, ticketId, body } = rows.pop() ?? makeDelivery();
        await client.query(insertText, [1, id, new Date(), headers, body, type, ticketId]);
        return true;
      }),
    );
    await Promise.all(clients.map((client) => client.end()));
    return slice;
  },
  /**
   * Requests at a steady pace, whatever the answers do (open loop): latencies in ms from the moment each was meant to be
   * sent, so that a stall counts for all that it held up.
   */
  async paced(input: {
    url: string;
    secret: string;
    seconds: number;
    connections: number;
    perSecond: number;
  }): Promise<{ latencies: number[]; failed: number }> {
    const url = new URL(input.url);
    const total = input.seconds * input.perSecond;
    const requests = Array.from({ length: total }, () => requestOf(url, input.secret));
    const connections = await Promise.all(Array.from({ length: input.connections }, () => openConnection(url)));
    const free = [...connections];
    // What preparing the requests left behind is collected now: a pause of this process would count as one of the product.
    globalThis.gc?.();
    const latencies: number[] = [];
    let failed = 0;
    let sent = 0;
    const startMs = performance.now();
    const intendedMs = (index: number) => startMs + (index * 1000) / input.perSecond;
    const pump = (): void => {
      while (sent < total && intendedMs(sent) <= performance.now()) {
        const connection = free.pop();
        const request = requests[sent];
        if (!connection || !request) return;
        const meantMs = intendedMs(sent);
        sent += 1;
        void connection.send(request).then((status) => {
          latencies.push(performance.now() - meantMs);
          if (status !== 202) failed += 1;
          free.push(connection);
          pump();
        });
      }
    };
    while (latencies.length < total) {
      pump();
      await wait(1);
    }
    for (const { close } of connections) close();
    return { latencies, failed };
  },
});
