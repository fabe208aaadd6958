import type { Http } from '../../platform/http/client.ts';
import type { Discovery } from '../port.ts';
import { installationsAnswer, requirementsAnswer, type TicketField } from './schema.ts';
import { isRefusal } from './webhook.ts';

const title = 'total time spent (sec)';

/** The Time Tracking app's field by its own title; null where none, or more than one, has it. */
const byTitle = (fields: readonly TicketField[]): TicketField | null => {
  const named = fields.filter(
    (field) => field.active !== false && field.type === 'integer' && field.title?.trim().toLowerCase() === title,
  );
  return named.length === 1 ? (named[0] ?? null) : null;
};

/** By what the app says it made: its title may be translated or renamed (https://github.com/zendesk/timetracking_app/issues/71). */
const byApp = async (http: Http, fields: readonly TicketField[]): Promise<TicketField | null> => {
  try {
    const { installations } = await http.read({ path: '/api/v2/apps/installations.json' }, installationsAnswer);
    const app = installations.find(({ settings }) =>
      [settings?.name, settings?.title].some((name) => /\btime ?tracking\b/i.test(name ?? '')),
    );
    if (!app) return null;
    const path = '/api/v2/apps/installations/{id}/requirements.json';
    const { requirements } = await http.read({ path, params: { id: app.id } }, requirementsAnswer);
    const made = requirements.find(({ identifier }) => identifier === 'total_time_field');
    return fields.find(({ id, active }) => id === made?.requirement_id && active !== false) ?? null;
  } catch (error) {
    // Only admins see installations; without them nothing is found, which is no fault.
    if (isRefusal(error)) return null;
    throw error;
  }
};

/** The field in which the Time Tracking app adds up seconds; null where the account has none. Reads only. */
export const findTotalTimeField = async (http: Http, fields: readonly TicketField[]): Promise<TicketField | null> =>
  byTitle(fields) ?? (await byApp(http, fields));

/** Settings that the account tells and nobody gave. */
export const discover = async (
  http: Http,
  settings: { readonly totalTimeFieldId?: string | undefined },
  fields: () => Promise<readonly TicketField[]>,
): Promise<Discovery> => {
  if (settings.totalTimeFieldId !== undefined) return { settings: {}, notes: [] };
  const field = await findTotalTimeField(http, await fields());
  return field
    ? {
        settings: { totalTimeFieldId: field.id },
        notes: [`Handling time is read from the ticket field "${field.title}" (${field.id}).`],
      }
    : {
        settings: {},
        notes: [
          'No field of the Time Tracking app was found: costs are estimated from replies. Install the app, or set totalTimeFieldId.',
        ],
      };
};
