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
    suppressed: (reason, count) => suppressed.inc({ reason }, count),
    vote: (outcome) => votes.inc({ outcome }),
    contentType: registry.contentType,
    render: () => registry.metrics(),
  };
};
