import type { Http } from '../../platform/http/client.ts';
import { fine } from '../findings.ts';
import type { Finding } from '../port.ts';
import { fieldSettingNames } from '../settings.ts';
import { attributesPage, type ConversationAttributes } from './attributes.ts';
import { isRefused, readAll } from './pages.ts';
import { satisfactionSchema } from './schema.ts';
import type { Searches } from './search.ts';
import type { KustomerSettings } from './settings.ts';
import type { Times } from './times.ts';

/** What we read, and the role that lets a key do so (https://developer.kustomer.com/docs/concepts/roles-and-permissions). */
const needs = [
  { path: '/v1/conversations', role: 'org.permission.conversation.read', level: 'fail', for: 'read conversations' },
  { path: '/v1/customers', role: 'org.permission.customer.read', level: 'fail', for: 'read addresses of customers' },
  { path: '/v1/messages', role: 'org.permission.message.read', level: 'fail', for: 'read messages' },
  { path: '/v1/tags', role: 'org.permission.tag.read', level: 'fail', for: 'read the names of tags' },
  { path: '/v1/users', role: 'org.permission.user.read', level: 'warn', for: 'tell people from machines' },
  {
    path: '/v1/audit-logs',
    role: 'org.permission.audit_logs.read',
    level: 'warn',
    for: 'see which partner or region a person chose',
  },
  {
    path: '/v1/outbound-webhooks',
    role: 'org.permission.outbound_webhook',
    level: 'warn',
    for: 'make and watch the webhook',
  },
] as const;

const rights = async (http: Http): Promise<Finding[]> => {
  const lacking = await Promise.all(
    needs.map(async ({ path, role, level, for: purpose }): Promise<Finding[]> => {
      try {
        await http.request({ path, query: { page: 1, pageSize: 1 } });
        return [];
      } catch (error) {
        if (!isRefused(error)) throw error;
        const text = `The key may not ${purpose}.`;
        return [{ topic: 'rights', level, text, next: `Give the API key the role ${role}.` }];
      }
    }),
  );
  const found = lacking.flat();
  return found.length > 0 ? found : [fine('rights', 'The key may read all that we need.')];
};

const ownSurvey = async (http: Http): Promise<Finding> => {
  try {
    const surveys = await readAll(http, { path: '/v1/satisfaction', of: satisfactionSchema, mostPages: 10 });
    return surveys.some(({ attributes }) => attributes.enabled === true)
      ? {
          topic: 'own survey',
          level: 'warn',
          text: "Kustomer's own satisfaction survey is on: customers would be asked twice.",
          next: 'Switch it off under Settings, Satisfaction, before this connection acts.',
        }
      : fine('own survey', "Kustomer's own satisfaction survey is off.");
  } catch (error) {
    if (!isRefused(error)) throw error;
    return {
      topic: 'own survey',
      level: 'warn',
      text: "The key may not see whether Kustomer's own satisfaction survey is on.",
      next: 'See under Settings, Satisfaction, that none is enabled.',
    };
  }
};

/** Which timer counts, and whether it counts anything: an account may have switched on only one of them. */
const handleTime = async (searches: Searches, times: Times): Promise<Finding> => {
  const [id] = await searches.latestDone(1);
  if (id === undefined) return fine('handle time', 'No conversation was done yet, so no time was measured.');
  const read = await times.read(id);
  if (read.times.length > 0) return fine('handle time', `Handle time is measured by Kustomer's ${read.version} timer.`);
  const other = read.version === 'v2' ? 'v1' : 'v2';
  const counted = await times.readOf(other, id).catch((error: unknown) => {
    if (isRefused(error)) return [];
    throw error;
  });
  return counted.length > 0
    ? {
        topic: 'handle time',
        level: 'warn',
        text: `The ${read.version} timer measured nothing on the latest done conversation, the ${other} timer did.`,
        next: `Set timesVersion to "${other}", or look at the handle time settings in Kustomer.`,
      }
    : {
        topic: 'handle time',
        level: 'warn',
        text: 'No handle time was measured on the latest done conversation; cost is estimated there.',
        next: 'See in Kustomer that agents work in its desktop and that handle time is on.',
      };
};

/** Whether the mapped attributes are there still; nobody asks where none is mapped. */
const fields = async (
  attributes: Pick<ConversationAttributes, 'list'>,
  settings: Pick<KustomerSettings, (typeof fieldSettingNames)[number]>,
): Promise<Finding[]> => {
  const named = fieldSettingNames.flatMap((setting) =>
    settings[setting] ? [{ setting, name: settings[setting] }] : [],
  );
  if (named.length === 0) return [];
  const present = await attributes.list();
  if (!present)
    return [
      {
        topic: 'fields',
        level: 'warn',
        text: 'The key may not see whether the mapped attributes of the conversation exist.',
        next: 'Give the API key the role org.permission.metadata.read.',
      },
    ];
  const lost = named.filter(({ name }) => !present.has(name));
  return lost.length === 0
    ? [fine('fields', 'Every mapped attribute of the conversation exists.')]
    : lost.map(({ setting, name }) => ({
        topic: 'fields',
        level: 'fail',
        text: `The conversation attribute "${name}" (${setting}) does not exist in Kustomer.`,
        next: `Make it anew under ${attributesPage}, or set ${setting} to another attribute's name.`,
      }));
};

/** Looks at the account for what keeps us from working well; reads only. */
export const inspectAccount = async (deps: {
  readonly http: Http;
  readonly searches: Searches;
  readonly times: Times;
  readonly attributes: Pick<ConversationAttributes, 'list'>;
  readonly settings: KustomerSettings;
  readonly limit: () => number | null;
}): Promise<readonly Finding[]> => {
  const found = await rights(deps.http);
  const survey = await ownSurvey(deps.http);
  const attributes = await fields(deps.attributes, deps.settings);
  const cannotRead = found.some(({ level }) => level === 'fail');
  const time = cannotRead ? [] : [await handleTime(deps.searches, deps.times)];
  const limit = deps.limit();
  const quota: Finding[] = [];
  if (limit !== null) {
    const ours = Math.floor(limit * deps.settings.limitShare);
    quota.push(fine('quota', `The account has ${limit} calls a minute, of which we use at most ${ours}.`));
  }
  return [...found, survey, ...attributes, ...time, ...quota];
};
