import { z } from 'zod';
import { secondMs } from '../../../src/core/time.ts';
import type {
  HelpdeskAdapter,
  HelpdeskClient,
  RemoteState,
  TagChange,
  TicketChange,
  TicketHistory,
  TicketSnapshot,
  Touch,
  WorkReading,
} from '../../../src/helpdesks/port.ts';

export const emptyHistory: TicketHistory = {
  work: [],
  touches: [],
  choices: { partner: [], region: [] },
  solvedAt: null,
  closedAt: null,
};

/** A ticket as the helpdesk has it: always with its history, which a pull gives only when asked. */
export type DeskTicket = TicketSnapshot & { readonly history: TicketHistory };

export const deskTicket = (externalId: string, parts: Partial<DeskTicket> = {}): DeskTicket => ({
  externalId,
  status: 'open',
  createdAt: new Date('2026-03-02T09:59:00Z'),
  updatedAt: new Date('2026-03-02T09:59:00Z'),
  channel: 'email',
  subject: 'Where is my order?',
  firstMessage: null,
  requester: { id: `u${externalId}`, email: `buyer${externalId}@example.com`, locale: 'en' },
  assigneeId: 'ada',
  brandId: null,
  organizationId: null,
  formId: null,
  inboxId: null,
  tags: [],
  orderNumber: null,
  reason: null,
  parentExternalId: null,
  mergedIntoExternalId: null,
  frozen: false,
  ...parts,
  history: parts.history ?? emptyHistory,
});

export const reading = (sourceKey: string, rawSeconds: number, parts: Partial<WorkReading> = {}): WorkReading => ({
  sourceKey,
  agentId: 'ada',
  actor: 'agent',
  clock: 'time tracking',
  rawSeconds,
  value: null,
  workedAt: new Date('2026-03-02T09:59:30Z'),
  channel: 'email',
  ...parts,
});

export const reply = (sourceKey: string): Touch => ({
  sourceKey,
  agentId: 'ada',
  kind: 'public_reply',
  at: new Date('2026-03-02T09:59:30Z'),
  channel: 'email',
});

/** What the audits tell where Ada set the partner's field; null: emptied it. */
export const chosenPartner = (value: string | null, sourceKey: string, at: Date): TicketHistory['choices'] => ({
  partner: [{ source: 'field', value, by: 'ada', at, sourceKey }],
  region: [],
});

type Wanted = Parameters<HelpdeskClient['pullTickets']>[0];

export interface FakeDesk {
  readonly tickets: Map<string, DeskTicket>;
  /** Ids that the next answers leave out without a word. */
  readonly leftOut: Set<string>;
  /** Ids whose turn the next answers say not to have come. */
  readonly notBegun: Set<string>;
  /** Pages of the change feed after each cursor. */
  readonly feed: TicketChange[][];
  /** How our webhook stands there, and how often it was made. */
  readonly webhook: { state: RemoteState; made: number };
  /** What its feed of phone calls tells, page by page. */
  readonly calls: { readonly externalId: string; readonly reading: WorkReading }[][];
  /** Tickets that it counts; null: it does not say. */
  counted: number | null;
  readonly pulls: Wanted[];
  readonly walks: { readonly cursor: string | null; readonly since: Date }[];
  readonly writes: ({ readonly externalId: string } & TagChange)[];
  /** The state that each write named. */
  readonly heldStates: (Date | undefined)[];
  /** Whether tags of many tickets, closed ones too, go by job; and the jobs so far. */
  tagsByJob: boolean;
  readonly jobs: Parameters<NonNullable<HelpdeskClient['changeTagsOfMany']>>[0][];
  /** Ids that a job refuses. */
  readonly refusedByJob: Set<string>;
  /** Run before an answer; what they throw is the answer. */
  onPull: (ids: readonly string[]) => void | Promise<void>;
  onWrite: (externalId: string) => void | Promise<void>;
  onJob: (externalId: string) => void | Promise<void>;
  onPage: (page: number) => void;
  readonly adapter: HelpdeskAdapter;
}

/** A helpdesk in memory, behind the port that the real ones stand behind. */
export const fakeDesk = (): FakeDesk => {
  const client: HelpdeskClient = {
    verify: async () => ({ apiUserId: 'us', accountName: 'fake' }),
    async pullTickets(wanted) {
      desk.pulls.push(wanted);
      await desk.onPull(wanted.map(({ externalId }) => externalId));
      const notBegun = wanted.map(({ externalId }) => externalId).filter((id) => desk.notBegun.has(id));
      const asked = wanted.filter(({ externalId: id }) => !desk.leftOut.has(id) && !desk.notBegun.has(id));
      return {
        tickets: asked.flatMap(({ externalId, withHistory }) => {
          const ticket = desk.tickets.get(externalId);
          if (!ticket) return [];
          const { history, ...shallow } = ticket;
          const solved = ticket.status === 'solved' || ticket.status === 'closed';
          return [withHistory === 'yes' || (withHistory === 'if solved' && solved) ? ticket : shallow];
        }),
        missing: asked.map(({ externalId }) => externalId).filter((id) => !desk.tickets.has(id)),
        ...(notBegun.length > 0 && { notBegun: { externalIds: notBegun, retryAfterMs: 7 * secondMs } }),
        agents: [{ externalId: 'ada', name: 'Ada' }],
      };
    },
    async *walkChanges(from) {
      desk.walks.push(from);
      for (let page = Number(from.cursor ?? 0); page < desk.feed.length; page += 1) {
        desk.onPage(page);
        yield { changed: desk.feed[page] ?? [], cursor: String(page + 1) };
      }
    },
    remote: {
      plan: async () => [],
      check: async () => desk.webhook.state,
      async make() {
        desk.webhook.made += 1;
        desk.webhook.state = { state: 'fine' };
        return {
          objects: [{ what: 'webhook', externalId: `w${desk.webhook.made}`, name: 'ours' }],
          settings: { webhookSecrets: [`secret ${desk.webhook.made}`] },
        };
      },
      remove: async () => undefined,
    },
    count: async () => desk.counted,
    workFeeds: [
      {
        name: 'calls',
        async *walk({ cursor }) {
          for (let page = Number(cursor ?? 0); page < desk.calls.length; page += 1)
            yield { work: desk.calls[page] ?? [], cursor: String(page + 1) };
        },
      },
    ],
    async changeTags(externalId, change, held) {
      desk.writes.push({ externalId, ...change });
      desk.heldStates.push(held?.updatedAt);
      await desk.onWrite(externalId);
      apply(externalId, change);
    },
  };
  const apply = (externalId: string, { add, remove }: TagChange): void => {
    const ticket = desk.tickets.get(externalId);
    if (!ticket) return;
    const tags = new Set(ticket.tags);
    for (const tag of add) tags.add(tag);
    for (const tag of remove) tags.delete(tag);
    desk.tickets.set(externalId, { ...ticket, tags: [...tags] });
  };
  const withJobs: HelpdeskClient = {
    ...client,
    async changeTagsOfMany(changes) {
      desk.jobs.push(changes);
      for (const { externalId } of changes) await desk.onJob(externalId);
      const refused = changes.filter(({ externalId }) => desk.refusedByJob.has(externalId));
      for (const change of changes) if (!refused.includes(change)) apply(change.externalId, change);
      return { refused: refused.map(({ externalId }) => ({ externalId, reason: 'the job says no' })) };
    },
  };
  const desk: FakeDesk = {
    tickets: new Map(),
    leftOut: new Set(),
    notBegun: new Set(),
    feed: [],
    counted: null,
    calls: [],
    webhook: { state: { state: 'fine' }, made: 0 },
    pulls: [],
    walks: [],
    writes: [],
    onPull: () => undefined,
    heldStates: [],
    tagsByJob: false,
    jobs: [],
    refusedByJob: new Set(),
    onJob: () => undefined,
    onWrite: () => undefined,
    onPage: () => undefined,
    adapter: {
      kind: 'desk',
      settings: z.looseObject({ name: z.string(), tagPrefix: z.string().default('') }),
      secretKeys: ['webhookSecrets'],
      keptHeaders: [],
      verifyDelivery: () => ({ outcome: 'refused', status: 401, reason: 'not used' }),
      readDelivery: ({ body }) =>
        body.toString() === 'readable'
          ? {
              outcome: 'verified',
              delivery: { deliveryKey: 'k', eventType: 'changed', ticketExternalId: '77', urgency: 'now' },
            }
          : { outcome: 'unreadable', deliveryKey: 'k', reason: 'still not' },
      connect: () => (desk.tagsByJob ? withJobs : client),
    },
  };
  return desk;
};
