import type { Http } from '../../platform/http/client.ts';
import { pagesOf } from './pages.ts';
import { type Trigger, triggerAnswer, triggerCategoriesAnswer, triggersAnswer } from './schema.ts';
import { isRefusal } from './webhook.ts';

const path = '/api/v2/triggers';
/** 7,000 active triggers are the most an account has. */
const mostPages = 70;

export const triggerName = 'Tell Deskledger';

/** Ids and enums alone: Zendesk inserts placeholders without escaping, and texts of customers do not belong here. */
export const triggerBody =
  '{"ticket_id":"{{ticket.id}}","updated_at":"{{ticket.updated_at_with_timestamp}}","status":"{{ticket.status}}","current_user_id":"{{current_user.id}}"}';

const calls = ({ actions }: Trigger, webhookId: string): boolean =>
  actions.some(
    ({ field, value }) =>
      field === 'notification_webhook' && (Array.isArray(value) ? String(value[0]) : String(value)) === webhookId,
  );

/** The trigger that calls a webhook on every creation and change of a ticket. */
export const createTriggers = (http: Http) => ({
  async find(webhookId: string): Promise<Trigger | null> {
    let off: Trigger | null = null;
    for await (const { triggers } of pagesOf(http, { path }, triggersAnswer, { mostPages })) {
      const ours = triggers.filter((trigger) => calls(trigger, webhookId));
      const on = ours.find(({ active }) => active !== false);
      if (on) return on;
      off ??= ours[0] ?? null;
    }
    return off;
  },

  async create(webhookId: string): Promise<string> {
    const trigger = {
      title: triggerName,
      active: true,
      conditions: {
        all: [],
        any: ['Create', 'Change'].map((value) => ({ field: 'update_type', operator: 'is', value })),
      },
      actions: [{ field: 'notification_webhook', value: [webhookId, triggerBody] }],
    };
    const post = async (body: object) =>
      (await http.read({ method: 'POST', path, body: { trigger: body } }, triggerAnswer)).trigger.id;
    try {
      return await post(trigger);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // An account that keeps its triggers in several categories wants to be told which.
      const { trigger_categories } = await http
        .read({ path: '/api/v2/trigger_categories' }, triggerCategoriesAnswer)
        .catch(() => ({ trigger_categories: [] }));
      const [first] = trigger_categories;
      if (!first) throw error;
      return post({ ...trigger, category_id: first.id });
    }
  },

  async switchOn(id: string): Promise<void> {
    await http.request({ method: 'PUT', path: `${path}/{id}`, params: { id }, body: { trigger: { active: true } } });
  },

  async remove(id: string): Promise<void> {
    await http.request({ method: 'DELETE', path: `${path}/{id}`, params: { id }, allow: [404, 410] });
  },
});
