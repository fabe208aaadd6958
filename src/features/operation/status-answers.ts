import { z } from 'zod';
import { instantAnswer } from '../../platform/http/answers.ts';

const seconds = (what: string) => z.number().describe(`Seconds: ${what}`);

const counted = z
  .object({
    at: instantAnswer,
    since: instantAnswer.describe('Created since then'),
    there: z.int(),
    here: z.int(),
    shortCounts: z.int().describe('Counts in a row that found fewer here than there'),
  })
  .describe('The latest daily count of tickets or orders at the vendor and ours; null where it tells no number');

const backfill = z
  .object({
    since: instantAnswer,
    found: z.int().describe('Distinct tickets or orders that the walk named'),
    raised: z.int().describe('Those that were to be pulled'),
    done: z.int().describe('Those that are pulled, priced and posted, or were given up'),
    givenUp: z
      .int()
      .describe('Of one that ended: those that a person gave up, whose work is in no figure as far as it was not read'),
    perMinute: z.number().nullable().describe('Over the last minutes'),
    remainingSeconds: z.number().nullable().describe('By that rate; null while nobody knows'),
    state: z
      .enum(['walking', 'gathering', 'interrupted', 'complete', 'incomplete'])
      .describe('interrupted: nobody runs it; the same command goes on'),
    counted: z
      .object({ there: z.int(), here: z.int() })
      .nullable()
      .describe('Created since, as the vendor counted them at its end and as we did; null where it tells no number'),
  })
  .describe('The latest backfill; null where there never was one');

const connection = z.object({
  id: z.int(),
  name: z.string(),
  kind: z.string(),
  mode: z.string().describe('observe or act'),
  lagSeconds: seconds('how long what waits longest of all that is due has been waiting'),
  pending: z.int().describe('What is to be gathered, decided, read again or sent; 0 means quiet'),
  quarantined: z.int().describe('`GET /api/v1/quarantine` says why'),
  failed: z.int().describe('Tags and survey mails given up after their tries'),
  refused: z.int().describe('Tags that the helpdesk refused for good'),
  doubt: z.int().describe('Tags and survey mails sent without an answer'),
  completeness: z.number().nullable().describe('Part of what the vendor has that we hold, from 0 to 1'),
  toldShare: z.number().nullable().describe('Part of what the last walk found changed that webhooks had told of'),
  tickets: z.int(),
  orders: z.int(),
  lastDeliveryAt: instantAnswer.nullable().describe('When a delivery last told of a ticket or an order'),
  lastReconcileAt: instantAnswer.nullable().describe('When the change feed was last walked'),
  lastError: z.string().nullable().describe('What the last walk met'),
  state: z.enum([
    'ok',
    'credentials',
    'forbidden',
    'unreachable',
    'limited',
    'odd answers',
    'clock',
    'lost fields',
    'unread work',
    'foreign deliveries',
  ]),
  stateText: z.string().nullable().describe('What is wrong, where the state is not `ok`'),
  stateNext: z.string().nullable().describe('What to do about it'),
  stateSince: instantAnswer.nullable(),
  feed: z.enum(['tickets', 'orders']).nullable().describe('What the change feed tells of; null before it was read'),
  feedLagSeconds: seconds('since the change feed was last read to its end').nullable(),
  counted: counted.nullable(),
  webhook: z
    .object({ state: z.string(), text: z.string().nullable(), checkedAt: instantAnswer })
    .nullable()
    .describe('Ours at the vendor, as last looked at'),
  silentSince: instantAnswer.nullable().describe('Since when no delivery came although there are changes'),
  backfill: backfill.nullable(),
  attention: z
    .array(
      z.object({
        topic: z.string(),
        level: z.enum(['fault', 'warning']),
        found: z.string(),
        next: z.string().describe('What to do'),
      }),
    )
    .describe('What a person should see to, faults first; empty where all is well'),
});

const demo = z.object({
  day: z.int().describe('Whole days played, of `days`'),
  days: z.int(),
  orders: z.int(),
  tickets: z.int(),
  live: z.boolean().describe('The days are over and the live trickle runs'),
  done: z.boolean().describe('The same'),
  now: instantAnswer,
  workspaceUrl: z.string().optional().describe('Its simulated Agent Workspace, where Zendesk plays'),
});

export const statusAnswer = z.object({
  pending: z.int().describe('Of all connections; 0 means quiet'),
  quarantined: z.int(),
  connections: z.array(connection),
  now: instantAnswer,
  demo: demo.optional().describe('How far the demo is, where it is one'),
});

/** What else the status tells. */
export type ExtraStatus = Pick<z.output<typeof statusAnswer>, 'demo'>;

export const quarantineAnswer = z.object({
  items: z
    .array(
      z.object({
        what: z.enum(['ticket', 'delivery', 'order', 'customer']),
        id: z.string().describe('Ours; of an order or a customer the external one'),
        connection: z.string(),
        externalId: z.string().nullable().describe("The vendor's own; of a delivery that of its ticket"),
        since: instantAnswer,
        error: z.string().nullable(),
      }),
    )
    .describe('What has waited longest first; at most 1000'),
});
