import type { Clock } from '../../platform/clock.ts';
import type { Http } from '../../platform/http/client.ts';
import { answered, fine } from '../findings.ts';
import type { Finding } from '../port.ts';
import { fieldSettingNames } from '../settings.ts';
import { findTotalTimeField } from './discover.ts';
import { inspectCalls, inspectEngagements } from './inspect-feeds.ts';
import { accountReading } from './quota.ts';
import { accountSettingsAnswer, meAnswer, type TicketField } from './schema.ts';
import type { ZendeskSettings } from './settings.ts';

/** Calls a minute by plan (https://developer.zendesk.com/api-reference/introduction/rate-limits/). */
const planOf = (limit: number): string =>
  ({ 200: 'as on Team', 400: 'as on Growth and Professional', 700: 'as on Enterprise', 2500: 'as with High Volume' })[
    limit
  ] ?? 'a limit of its own';
/** Less of a minute's calls than this is left to everybody: agents and other programs feel it. */
const littleLeft = 0.2;

const rights = async (http: Http): Promise<Finding[]> => {
  const { user } = await http.read({ path: '/api/v2/users/me.json' }, meAnswer);
  if (user.role === 'admin')
    return [fine('rights', 'Our user is an admin: change feed, webhooks and fields are open to us.')];
  return [
    {
      topic: 'rights',
      level: 'fail',
      text: `Our user has the role ${user.role ?? 'none'}; Zendesk opens the change feed and webhooks to admins alone.`,
      next: 'Make the user an admin in the Admin Center, or use the e-mail and API token of one.',
    },
  ];
};

const account = async (http: Http, settings: ZendeskSettings): Promise<Finding[]> => {
  const path = '/api/v2/account/settings.json';
  const { headers, body } = await http.request({ path });
  const findings: Finding[] = [];
  const reading = accountReading(headers);
  if (reading) {
    const { limit, remaining } = reading;
    const ours = Math.floor(limit * settings.limitShare);
    findings.push(fine('plan', `The account may make ${limit} calls a minute, ${planOf(limit)}; we keep to ${ours}.`));
    findings.push(
      remaining < limit * littleLeft
        ? {
            topic: 'quota',
            level: 'warn',
            text: `Only ${remaining} of ${limit} calls of this minute are left to everybody.`,
            next: 'See in the Admin Center, under APIs, which integration uses them; a lower limitShare leaves more to others.',
          }
        : fine('quota', `${remaining} of ${limit} calls of this minute are left.`),
    );
  }
  const parsed = accountSettingsAnswer.safeParse(body);
  const on = parsed.data?.settings.active_features?.customer_satisfaction;
  if (on === true)
    findings.push({
      topic: 'own survey',
      level: 'warn',
      text: "Zendesk's own satisfaction survey is on: customers would be asked twice.",
      next: 'Switch it off before ours are: Admin Center > People > Configuration > End users, or Objects and rules > CSAT.',
    });
  else if (on === false) findings.push(fine('own survey', "Zendesk's own satisfaction survey is off."));
  return findings;
};

/** What a field of several choices at once cannot do where it is mapped. */
const unfitFor = (setting: 'totalTimeFieldId' | (typeof fieldSettingNames)[number], id: string) => {
  const several = `The ticket field ${id} (${setting}) holds several choices at once`;
  return setting === 'totalTimeFieldId'
    ? {
        text: `${several}: no seconds can be read from it.`,
        next: `Set ${setting} to the field of the Time Tracking app, or of another timer that adds up seconds.`,
      }
    : {
        text: `${several}: the sidebar app leaves it alone, for writing one would take the others away.`,
        next: `Set ${setting} to the id of a drop-down or text field.`,
      };
};

const fieldFindings = async (
  http: Http,
  settings: ZendeskSettings,
  fields: readonly TicketField[],
): Promise<Finding[]> => {
  const findings = (['totalTimeFieldId', ...fieldSettingNames] as const).flatMap((setting): Finding[] => {
    const id = settings[setting];
    const field = fields.find((one) => one.id === id);
    if (id === undefined) return [];
    const topic = setting === 'totalTimeFieldId' ? 'handle time' : 'fields';
    if (field && field.active !== false)
      return field.type === 'multiselect' ? [{ topic, level: 'fail', ...unfitFor(setting, id) }] : [];
    return [
      {
        topic,
        level: 'fail',
        text: `The ticket field ${id} (${setting}) ${field ? 'is deactivated' : 'does not exist'} in Zendesk.`,
        next: `Bring it back under Objects and rules > Tickets > Fields, or set ${setting} to another field's id.`,
      },
    ];
  });
  if (findings.every(({ topic }) => topic !== 'fields'))
    findings.push(fine('fields', 'Every mapped ticket field exists.'));
  if (settings.totalTimeFieldId !== undefined) {
    if (findings.every(({ topic }) => topic !== 'handle time'))
      findings.push(fine('handle time', `Handling time is read from the ticket field ${settings.totalTimeFieldId}.`));
    return findings;
  }
  const found = await findTotalTimeField(http, fields);
  findings.push({
    topic: 'handle time',
    level: 'warn',
    text: found
      ? `The Time Tracking app is there, but its field is not mapped: costs are estimated.`
      : 'No field of the Time Tracking app was found: costs are estimated from replies.',
    next: found
      ? `Set {"totalTimeFieldId": "${found.id}"}: deskledger connection NAME --settings FILE.json`
      : 'Install the Time Tracking app from the Zendesk Marketplace, or set totalTimeFieldId to the field of another timer that adds up seconds.',
  });
  return findings;
};

/** Looks at the account for what keeps us from working well; a question that is not answered is a finding too. */
export const inspect = async (
  { http, voiceHttp, clock }: { readonly http: Http; readonly voiceHttp: Http; readonly clock: Clock },
  settings: ZendeskSettings,
  fields: () => Promise<readonly TicketField[]>,
): Promise<readonly Finding[]> => {
  const next = 'See that our user is an admin; this is asked again the next time.';
  const found = await Promise.all([
    answered({ topic: 'rights', what: 'Our own user', next }, () => rights(http)),
    answered({ topic: 'plan', what: 'The account settings', next }, () => account(http, settings)),
    answered({ topic: 'fields', what: 'The ticket fields', next }, async () =>
      fieldFindings(http, settings, await fields()),
    ),
    answered({ topic: 'handle time', what: 'Calls of Zendesk Talk', next }, () =>
      inspectCalls({ voiceHttp, clock }, settings),
    ),
    answered({ topic: 'handle time', what: 'The engagements', next }, () =>
      inspectEngagements({ http, clock }, settings),
    ),
  ]);
  return found.flat();
};
