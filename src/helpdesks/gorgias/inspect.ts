import { UpstreamError } from '../../core/errors.ts';
import { dayMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import { answered, fine } from '../findings.ts';
import type { Finding } from '../port.ts';
import { fieldSettingNames } from '../settings.ts';
import type { Bucket } from './bucket.ts';
import type { GorgiasClient } from './client.ts';
import type { GorgiasField } from './schema.ts';
import type { GorgiasSettings } from './settings.ts';

/** What we read, and what we lose without the right to it. */
const needed = [
  ['/api/tickets', {}, 'tickets', 'nothing works'],
  ['/api/events', {}, 'events', 'corrections and merges by people are not recognised'],
  ['/api/integrations', { type: 'http' }, 'integrations', 'our webhook can neither be made nor watched'],
  ['/api/custom-fields', { object_type: 'Ticket' }, 'custom fields', 'partner and region fields cannot be used'],
  ['/api/satisfaction-surveys', {}, 'satisfaction surveys', 'answers cannot be written back'],
  ['/api/users', {}, 'users', "Gorgias' own machines are not told from people"],
] as const;

const surveyFindings = (settings: readonly { readonly type: string; readonly data?: unknown }[]): Finding[] => {
  const data = settings.find(({ type }) => type === 'satisfaction-surveys')?.data;
  const on = Object.entries(typeof data === 'object' && data !== null ? data : {})
    .filter(([name, value]) => name.startsWith('send_survey_for_') && value === true)
    .map(([name]) => name.slice('send_survey_for_'.length).replaceAll('_', ' '));
  return on.length === 0
    ? [fine('own survey', "Gorgias' own satisfaction survey is off.")]
    : [
        {
          topic: 'own survey',
          level: 'warn',
          text: `Gorgias sends its own satisfaction survey for ${on.join(', ')}: customers would be asked twice, once in one language alone.`,
          next: 'Switch it off in Gorgias under Settings > Satisfaction survey before surveys of ours are switched on.',
        },
      ];
};

const fieldFindings = (fields: readonly GorgiasField[], settings: GorgiasSettings): Finding[] => {
  const mapped = fieldSettingNames.flatMap((name) =>
    settings[name] === undefined ? [] : [{ name, id: settings[name] }],
  );
  const lost = mapped.filter(({ id }) => !fields.some((field) => field.id === id && !field.deactivated_datetime));
  if (lost.length > 0)
    return lost.map(({ name, id }) => ({
      topic: 'fields',
      level: 'fail',
      text: `The ticket field ${id} (${name}) does not exist in Gorgias, or was archived.`,
      next: `Bring it back under Settings > Ticket Fields, or set ${name} to another field's id.`,
    }));
  if (settings.partnerFieldId && settings.regionFieldId)
    return [fine('fields', 'The mapped ticket fields exist; people can correct partner and region by field.')];
  return [
    {
      topic: 'fields',
      level: 'ok',
      text: 'No ticket fields are mapped for partner and region; people correct them by our tags.',
      next: 'To have fields, make drop-downs under Settings > Ticket Fields whose choices are the codes, and set partnerFieldId and regionFieldId.',
    },
  ];
};

/** Looks at the account for what keeps us from working well; reads only. */
export const createInspection =
  ({
    client,
    settings,
    clock,
    bucket,
  }: {
    readonly client: Pick<GorgiasClient, 'mayRead' | 'accountSettings' | 'fields' | 'stats'>;
    readonly settings: GorgiasSettings;
    readonly clock: Clock;
    readonly bucket: Pick<Bucket, 'reading'>;
  }) =>
  async (): Promise<readonly Finding[]> => {
    const findings: Finding[] = [];
    const closed = new Set<string>();
    for (const [path, query, what, lost] of needed) {
      const status = await client.mayRead(path, query);
      if (status === null) continue;
      closed.add(path);
      findings.push({
        topic: 'rights',
        level: path === '/api/tickets' || path === '/api/events' ? 'fail' : 'warn',
        text: `Gorgias answers ${status} when we read ${what}: ${lost}.`,
        next: 'Use the API key of an administrator or lead agent, and see that the plan includes the API.',
      });
    }
    if (closed.size === 0) findings.push(fine('rights', 'The API key may read all that we need.'));

    const next = "See that the key is an administrator's; this is asked again the next time.";
    const ask = async (topic: Finding['topic'], what: string, question: () => Promise<Finding[]>): Promise<void> => {
      findings.push(...(await answered({ topic, what, next }, question)));
    };
    await ask('own survey', "Gorgias' survey settings", async () => surveyFindings(await client.accountSettings()));
    if (!closed.has('/api/custom-fields'))
      await ask('fields', 'The ticket fields', async () => fieldFindings(await client.fields(), settings));
    await ask('handle time', 'Handle time', async () => {
      const now = clock.now();
      const query = {
        scope: 'ticket-handle-time',
        measures: ['handleTime'],
        dimensions: ['ticketId', 'agentId'],
        from: new Date(now.getTime() - 7 * dayMs),
        to: now,
      };
      try {
        for await (const rows of client.stats(query)) {
          if (rows.length === 0)
            return [fine('handle time', 'Gorgias tells handle times; it has none for the last 7 days.')];
          if (rows.some((row) => row.ticketId === undefined || row.ticketId === null)) break;
          return [fine('handle time', 'Gorgias tells the handle time of each closed ticket: costs are measured.')];
        }
      } catch (error) {
        if (!(error instanceof UpstreamError) || error.retryable || error.status === 401) throw error;
      }
      return [
        {
          topic: 'handle time',
          level: 'warn',
          text: 'This account does not tell the handle time of tickets: all costs will be estimated from the messages.',
          next: 'Ask Gorgias whether the plan includes handle time in its reporting API.',
        },
      ];
    });

    const reading = bucket.reading();
    if (reading) {
      const used = reading.limit - reading.remaining;
      const free = Math.floor(reading.limit * (1 - settings.limitShare));
      findings.push(
        used > Math.max(free, 1) + Math.floor(reading.limit * settings.limitShare * 0.5)
          ? {
              topic: 'quota',
              level: 'warn',
              text: `The account has used ${used} of ${reading.limit} calls of its window; other programs leave us little.`,
              next: 'See which apps of the account call its API, or lower limitShare.',
            }
          : fine('quota', `The account has used ${used} of ${reading.limit} calls of its window.`),
      );
    }
    return findings;
  };
