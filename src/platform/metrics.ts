import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { CallObserver } from './http/client.ts';
import type { StepEnd } from './log.ts';

/** What one running app counts. Each app has a registry of its own, so that two in one process do not mix. */
export interface Metrics {
  delivery(connection: string, outcome: string): void;
  ack(seconds: number): void;
  /** Fits `step`'s option `ended`. */
  step(end: StepEnd): void;
  /** Fits the `observe` of an adapter's client. */
  vendorCall(connection: string): CallObserver;
  /** Work that waits, by what it waits for. */
  pending(queue: string, count: number): void;
  quarantined(connection: string, count: number): void;
  /** How one connection is doing; null: not known, and not shown. */
  connection(
    connection: string,
    at: {
      readonly state: string;
      readonly lagSeconds: number;
      readonly feedLagSeconds: number | null;
      readonly completeness: number | null;
      readonly toldShare: number | null;
      readonly webhookFine: boolean | null;
      readonly isSilent: boolean;
      readonly backfillLeft: number;
    },
  ): void;
  /** Solved tickets that got no invitation, by why. */
  suppressed(reason: string, count: number): void;
  /** Votes on the survey page by outcome. */
  vote(outcome: string): void;
  readonly contentType: string;
  /** The Prometheus text format. */
  render(): Promise<string>;
}

const ackBuckets = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1];
const stepBuckets = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30];

export const createMetrics = (): Metrics => {
  const registry = new Registry();
  const registers = [registry];
  const deliveries = new Counter({
    name: 'deskledger_deliveries_total',
    help: 'Webhook deliveries by connection and outcome.',
    labelNames: ['connection', 'outcome'],
    registers,
  });
  const acks = new Histogram({
    name: 'deskledger_ack_seconds',
    help: 'From the arrival of a delivery to its answer.',
    buckets: ackBuckets,
    registers,
  });
  const steps = new Histogram({
    name: 'deskledger_step_seconds',
    help: 'Duration of the steps of the pipeline by outcome.',
    labelNames: ['step', 'outcome'],
    buckets: stepBuckets,
    registers,
  });
  const vendorCalls = new Counter({
    name: 'deskledger_vendor_calls_total',
    help: 'Calls to helpdesks and stores by connection and status ("none": no answer came).',
    labelNames: ['connection', 'status'],
    registers,
  });
  const vendorSeconds = new Histogram({
    name: 'deskledger_vendor_call_seconds',
    help: 'Duration of calls to helpdesks and stores.',
    labelNames: ['connection'],
    buckets: stepBuckets,
    registers,
  });
  const pending = new Gauge({
    name: 'deskledger_queue_pending',
    help: 'Work that waits: dirty tickets and due rows of the outboxes.',
    labelNames: ['queue'],
    registers,
  });
  const quarantined = new Gauge({
    name: 'deskledger_quarantined',
    help: 'Deliveries and tickets set aside for a person.',
    labelNames: ['connection'],
    registers,
  });
  const ofConnection = (name: string, help: string) =>
    new Gauge({ name: `deskledger_${name}`, help, labelNames: ['connection'], registers });
  const state = new Gauge({
    name: 'deskledger_connection_state',
    help: 'The state of a connection: 1 for the one it is in (ok, credentials, forbidden, unreachable, limited, odd answers, clock, lost fields, unread work, foreign deliveries).',
    labelNames: ['connection', 'state'],
    registers,
  });
  const lag = ofConnection(
    'lag_seconds',
    'How long the oldest change that we know of has been waiting, history left out.',
  );
  const feedLag = ofConnection('feed_lag_seconds', 'Since when the change feed was last read to its end.');
  const completeness = ofConnection(
    'completeness_ratio',
    'Tickets, of a store orders, that we hold per one that the vendor has, as of its latest count.',
  );
  const told = ofConnection(
    'told_share',
    'Of the tickets or orders that the last walk found changed, the share that webhooks had told of.',
  );
  const webhook = ofConnection('webhook_fine', '1 where our webhook is at the helpdesk, active and ours.');
  const silent = ofConnection(
    'webhook_silent',
    '1 where no webhook came for unusually long although there are changes.',
  );
  const backfillLeft = ofConnection('backfill_left', 'Tickets of a backfill that are found and not yet pulled.');
  const show = (gauge: typeof lag, connection: string, value: number | null): void =>
    value === null ? gauge.remove({ connection }) : gauge.set({ connection }, value);
  const shownStates = new Map<string, string>();
  const suppressed = new Counter({
    name: 'deskledger_invitations_suppressed_total',
    help: 'Solved tickets that got no invitation, by the first rule that said no.',
    labelNames: ['reason'],
    registers,
  });
  const votes = new Counter({
    name: 'deskledger_votes_total',
    help: 'Votes on the survey page by outcome.',
    labelNames: ['outcome'],
    registers,
  });
  new Gauge({
    name: 'deskledger_resident_memory_bytes',
    help: 'Memory of the process.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  return {
    delivery: (connection, outcome) => deliveries.inc({ connection, outcome }),
    ack: (seconds) => acks.observe(seconds),
    step: ({ name, outcome, seconds }) => steps.observe({ step: name, outcome }, seconds),
    vendorCall: (connection) => (call) => {
      vendorCalls.inc({ connection, status: String(call.status ?? 'none') });
      vendorSeconds.observe({ connection }, call.seconds);
    },
    pending: (queue, count) => pending.set({ queue }, count),
    quarantined: (connection, count) => quarantined.set({ connection }, count),
    connection(connection, at) {
      const before = shownStates.get(connection);
      if (before !== undefined && before !== at.state) state.remove({ connection, state: before });
      shownStates.set(connection, at.state);
      state.set({ connection, state: at.state }, 1);
      show(lag, connection, at.lagSeconds);
      show(feedLag, connection, at.feedLagSeconds);
      show(completeness, connection, at.completeness);
      show(told, connection, at.toldShare);
      show(webhook, connection, at.webhookFine === null ? null : Number(at.webhookFine));
      show(silent, connection, Number(at.isSilent));
      show(backfillLeft, connection, at.backfillLeft);
    },
    suppressed: (reason, count) => suppressed.inc({ reason }, count),
    vote: (outcome) => votes.inc({ outcome }),
    contentType: registry.contentType,
    render: () => registry.metrics(),
  };
};
