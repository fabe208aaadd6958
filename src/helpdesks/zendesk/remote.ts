import type { Http } from '../../platform/http/client.ts';
import type { Remote, RemoteObject, RemoteWish } from '../port.ts';
import { createFields } from './fields.ts';
import type { ZendeskSettings } from './settings.ts';
import { testEvent } from './test-event.ts';
import { createTriggers, triggerName } from './triggers.ts';
import { createWebhooks, isConditional, isRefusal, webhookFaults, webhookName } from './webhook.ts';

/** Our webhook at Zendesk, the trigger that calls it where events cannot be subscribed to, and ticket fields on wish. */
export const createRemote = (http: Http, settings: ZendeskSettings): Remote => {
  const webhooks = createWebhooks(http);
  const triggers = createTriggers(http);
  const fields = createFields(http, settings);

  const look = async (wish: RemoteWish) => {
    const webhook = await webhooks.find(wish.webhookUrl);
    return {
      webhook,
      faults: webhook ? webhookFaults(webhook, wish.webhookUrl) : [],
      trigger: webhook && isConditional(webhook) ? await triggers.find(webhook.id) : null,
      needsTrigger: webhook !== null && isConditional(webhook),
      fields: wish.fields ? await fields.plan(wish.fields) : [],
    };
  };

  return {
    async plan(wish) {
      const found = await look(wish);
      const lines: string[] = [];
      if (!found.webhook)
        lines.push(`create the webhook "${webhookName}" to ${wish.webhookUrl}, which tells us of changed tickets`);
      else if (found.faults.length > 0) lines.push(`mend the webhook "${webhookName}": it ${found.faults.join(', ')}`);
      if (found.needsTrigger && !found.trigger)
        lines.push(`create the trigger "${triggerName}", which calls the webhook`);
      else if (found.trigger?.active === false) lines.push(`switch on the trigger "${found.trigger.title}"`);
      for (const { wanted, held, lacking } of found.fields) {
        if (!held)
          lines.push(
            `create the ticket field "${wanted.title}", a drop-down of ${wanted.options.length}; add it to your ticket forms where you have several`,
          );
        else if (lacking.length > 0)
          lines.push(`add ${lacking.map(({ name }) => name).join(', ')} to the ticket field "${wanted.title}"`);
        else lines.push(`use the ticket field "${wanted.title}", which is there already`);
      }
      return lines;
    },

    async make(wish) {
      const found = await look(wish);
      const objects: RemoteObject[] = [];
      const made: Record<string, unknown> = {};
      try {
        let { webhook } = found;
        if (webhook === null) {
          webhook = await webhooks.create(wish.webhookUrl);
          objects.push({ what: 'webhook', externalId: webhook.id, name: webhookName });
        } else if (found.faults.length > 0) await webhooks.mend(webhook, wish.webhookUrl);
        if (isConditional(webhook)) {
          if (!found.trigger)
            objects.push({ what: 'trigger', externalId: await triggers.create(webhook.id), name: triggerName });
          else if (found.trigger.active === false) await triggers.switchOn(found.trigger.id);
        }
        made.webhookSecrets = [await webhooks.secretOf(webhook.id)];
      } catch (error) {
        // Half of it would stand there without a record; where this fails as well the next try finds the webhook by its
        // address. What is told is the first failure.
        await remove(objects).catch(() => null);
        throw error;
      }
      for (const plan of found.fields) {
        try {
          const { createdId, settings: mapped } = await fields.make(plan);
          Object.assign(made, mapped);
          if (createdId !== null) objects.push({ what: 'field', externalId: createdId, name: plan.wanted.title });
        } catch (error) {
          // Without fields our tags do, and what was made is to be recorded: `plan` names what is lacking still.
          if (!isRefusal(error)) throw error;
        }
      }
      return { objects, settings: made };
    },

    async check(wish) {
      const { webhook, faults, trigger, needsTrigger } = await look({ webhookUrl: wish.webhookUrl });
      if (!webhook) return { state: 'absent', reason: 'Zendesk has no webhook to our address.' };
      const state = webhook.status === 'active' ? 'changed' : 'inactive';
      if (faults.length > 0) return { state, reason: `The webhook ${faults.join(', ')}.` };
      if (needsTrigger && !trigger) return { state: 'changed', reason: 'No trigger calls the webhook.' };
      if (trigger?.active === false)
        return { state: 'inactive', reason: 'The trigger that calls the webhook is switched off.' };
      if (!settings.webhookSecrets.includes(await webhooks.secretOf(webhook.id)))
        return { state: 'changed', reason: 'The webhook signs with a secret that the connection does not hold.' };
      return { state: 'fine' };
    },

    remove: (objects) => remove(objects),

    async ping(wish) {
      const webhook = await webhooks.find(wish.webhookUrl);
      if (webhook) await webhooks.test(webhook.id, testEvent());
    },
  };

  /** The trigger before the webhook, which cannot go while one calls it. Of a field the values go, its tags stay. */
  async function remove(objects: readonly RemoteObject[]): Promise<void> {
    const of = (what: RemoteObject['what']) => objects.filter((object) => object.what === what);
    for (const { externalId } of of('trigger')) await triggers.remove(externalId);
    for (const { externalId } of of('webhook')) await webhooks.remove(externalId);
    for (const { externalId } of of('field')) await fields.remove(externalId);
  }
};
