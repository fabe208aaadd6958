import { randomBytes } from 'node:crypto';
import { Refused, UpstreamError } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { isGone } from '../absence.ts';
import type { Remote, RemoteObject, RemoteState, RemoteWish } from '../port.ts';
import { contactReasons } from '../settings.ts';
import type { GorgiasClient } from './client.ts';
import { choiceOf } from './codes.ts';
import {
  sidebarAddress,
  sidebarName,
  sidebarOf,
  sidebarTriggers,
  webhookName,
  webhookOf,
  webhookTriggers,
  widgetOf,
  wrongIn,
} from './integrations.ts';
import type { GorgiasField, GorgiasIntegration, GorgiasWidget } from './schema.ts';
import { type GorgiasSettings, secretsOf } from './settings.ts';

/** True where the key or the plan does not let us make it: everything else goes on without. */
const isNotAllowed = (error: unknown): boolean =>
  error instanceof UpstreamError && !error.retryable && [400, 402, 403, 404, 405].includes(error.status ?? 0);

interface WantedField {
  readonly setting: 'partnerFieldId' | 'regionFieldId' | 'reasonFieldId';
  /** The second where somebody else has a field of the first. */
  readonly labels: readonly [string, string];
  readonly choices: readonly string[];
}

/** A field that is wished, the one of ours that is there, what a new one is called, and the choices that are lacking. */
interface FieldPlan {
  readonly wanted: WantedField;
  readonly held: GorgiasField | null;
  readonly label: string;
  readonly lacking: readonly string[];
}

const wantedFields = ({ fields }: RemoteWish): WantedField[] => {
  if (!fields) return [];
  const wanted: WantedField[] = [
    { setting: 'partnerFieldId', labels: ['Partner', 'Sales partner'], choices: fields.partners.map(choiceOf) },
    { setting: 'regionFieldId', labels: ['Region', 'Sales region'], choices: fields.regions.map(choiceOf) },
    { setting: 'reasonFieldId', labels: ['Contact reason', 'Reason for contact'], choices: contactReasons },
  ];
  // A drop-down without choices cannot be made.
  return wanted.filter(({ choices }) => choices.length > 0);
};

/** A drop-down with choices of ours and none but such as we make: a label alone may be somebody else's. */
const isOurs = ({ definition: choices }: GorgiasField, wanted: WantedField): boolean =>
  choices?.some((choice) => wanted.choices.includes(choice)) === true &&
  choices.every((choice) => wanted.choices.includes(choice) || /\([a-z0-9_-]+\)$/i.test(choice));

/** A mapped field is given what partners came since where it is of our making, and else left alone. */
const fieldPlans = (
  wanted: readonly WantedField[],
  present: readonly GorgiasField[],
  settings: GorgiasSettings,
): FieldPlan[] =>
  wanted.flatMap((one) => {
    const active = present.filter(({ deactivated_datetime }) => !deactivated_datetime);
    const mappedId = settings[one.setting];
    const [first, second] = one.labels;
    const held =
      active
        .filter((field) => isOurs(field, one))
        .find(({ id, label }) => (mappedId === undefined ? one.labels.includes(label ?? '') : id === mappedId)) ?? null;
    if (held === null && mappedId !== undefined) return [];
    const lacking = one.choices.filter((choice) => !held?.definition?.includes(choice));
    if (held && lacking.length === 0 && mappedId !== undefined) return [];
    return [{ wanted: one, held, label: active.some(({ label }) => label === first) ? second : first, lacking }];
  });

const definitionOf = (choices: readonly string[]) => ({
  data_type: 'text',
  input_settings: { input_type: 'dropdown', choices },
});

const newField = ({ wanted, label }: FieldPlan) => ({
  object_type: 'Ticket',
  label,
  required: false,
  definition: definitionOf(wanted.choices),
});

/** Our HTTP integration, the sidebar's with its widget, and ticket fields, found again by their addresses and labels. */
export const createRemote = ({
  client,
  settings,
  clock,
  newSecret = () => randomBytes(32).toString('base64url'),
}: {
  readonly client: Pick<
    GorgiasClient,
    | 'integrations'
    | 'makeIntegration'
    | 'changeIntegration'
    | 'removeIntegration'
    | 'widgets'
    | 'makeWidget'
    | 'removeWidget'
    | 'fields'
    | 'makeField'
    | 'changeField'
  >;
  readonly settings: GorgiasSettings;
  readonly clock: Clock;
  readonly newSecret?: () => string;
}): Remote => {
  const secrets = secretsOf(settings);
  const expected = {
    webhook: { method: 'POST', triggers: webhookTriggers, secrets },
    sidebar: { method: 'GET', triggers: sidebarTriggers, secrets },
  } as const;

  /** Of several at one address the one that works. */
  const at = (integrations: readonly GorgiasIntegration[], url: string, method: string) => {
    const there = integrations.filter(
      ({ http }) => http?.url === url && (http.method === null || http.method.toUpperCase() === method),
    );
    return there.find(({ deactivated_datetime }) => !deactivated_datetime) ?? there[0];
  };
  const look = async (wish: RemoteWish) => {
    const integrations = await client.integrations();
    const sidebar = wish.sidebarUrl ? at(integrations, sidebarAddress(wish.sidebarUrl), 'GET') : undefined;
    const widgets: readonly GorgiasWidget[] = wish.sidebarUrl ? await client.widgets() : [];
    const wanted = wantedFields(wish);
    return {
      webhook: at(integrations, wish.webhookUrl, 'POST'),
      sidebar,
      widget: sidebar && widgets.find(({ integration_id }) => integration_id === sidebar.id),
      fields: wanted.length === 0 ? [] : fieldPlans(wanted, await client.fields(), settings),
    };
  };
  const faultOf = (integration: GorgiasIntegration, what: keyof typeof expected): string | null =>
    integration.deactivated_datetime
      ? 'is switched off, which Gorgias does after many failed deliveries'
      : secrets.length === 0
        ? 'sends a secret that the connection does not hold'
        : wrongIn(integration, expected[what]);

  return {
    async plan(wish) {
      const { webhook, sidebar, widget, fields } = await look(wish);
      const lines: string[] = [];
      const webhookFault = webhook && faultOf(webhook, 'webhook');
      if (!webhook) lines.push(`create the HTTP integration "${webhookName}", which tells us of changed tickets`);
      else if (webhookFault) lines.push(`mend the HTTP integration "${webhookName}": it ${webhookFault}`);
      if (wish.sidebarUrl) {
        const fault = sidebar && faultOf(sidebar, 'sidebar');
        if (!sidebar) lines.push(`create the HTTP integration "${sidebarName}", which asks us for a ticket's partner`);
        else if (fault) lines.push(`mend the HTTP integration "${sidebarName}": it ${fault}`);
        if (!widget) lines.push('create the widget "Deskledger" beside tickets');
      }
      for (const { wanted, held, label, lacking } of fields) {
        if (!held) lines.push(`create the ticket field "${label}" with ${wanted.choices.length} choices`);
        else if (lacking.length > 0) lines.push(`add ${lacking.length} choices to the ticket field "${held.label}"`);
        else lines.push(`use the ticket field "${held.label}", which is there already`);
      }
      return lines;
    },

    async make(wish) {
      const found = await look(wish);
      const objects: RemoteObject[] = [];
      const made: Record<string, unknown> = {};
      const secret = secrets[0] ?? newSecret();
      if (secrets.length === 0) made.webhookSecret = secret;
      const ensure = async (
        what: keyof typeof expected,
        held: GorgiasIntegration | undefined,
        integration: { readonly name: string },
      ): Promise<string> => {
        if (held) {
          // Of a secret that the list hides nothing is known: without one of ours it is set anew.
          if (secrets.length === 0 || faultOf(held, what) !== null)
            await client.changeIntegration(held.id, integration);
          return held.id;
        }
        const externalId = await client.makeIntegration(integration);
        objects.push({ what: what === 'webhook' ? 'webhook' : 'integration', externalId, name: integration.name });
        return externalId;
      };
      try {
        await ensure('webhook', found.webhook, webhookOf(wish.webhookUrl, secret));
        if (wish.sidebarUrl) {
          const integrationId = await ensure('sidebar', found.sidebar, sidebarOf(wish.sidebarUrl, secret));
          if (!found.widget) {
            const externalId = await client.makeWidget(widgetOf(integrationId));
            objects.push({ what: 'widget', externalId, name: 'Deskledger' });
          }
        }
      } catch (error) {
        // Half of it would stand there with a secret that nobody keeps; what is told is the first failure.
        await removeAll(objects).catch(() => null);
        if (error instanceof UpstreamError && (error.status === 401 || error.status === 403))
          throw new Refused(
            'Gorgias does not let this API key make HTTP integrations; use the key of an administrator, or make the integration by hand (README).',
            { cause: error },
          );
        throw error;
      }
      // Without fields the tags do: who may not make them is told by `inspect` how a person does.
      for (const plan of found.fields) {
        const { wanted, held, label } = plan;
        const id = held ? held.id : await ifAllowed(() => client.makeField(newField(plan)));
        if (id === null) continue;
        if (held) await ifAllowed(() => grow(held, plan));
        if (settings[wanted.setting] === undefined) made[wanted.setting] = id;
        if (!held) objects.push({ what: 'field', externalId: id, name: label });
      }
      return { objects, settings: made };
    },

    async check(wish) {
      const integrations = await client.integrations();
      const webhook = at(integrations, wish.webhookUrl, 'POST');
      if (!webhook) return { state: 'absent', reason: `No HTTP integration leads to our address any more.` };
      if (webhook.deactivated_datetime)
        return { state: 'inactive', reason: `The HTTP integration ${faultOf(webhook, 'webhook')}.` };
      const fault = faultOf(webhook, 'webhook');
      if (fault !== null) return { state: 'changed', reason: `The HTTP integration ${fault}.` };
      return wish.sidebarUrl
        ? checkSidebar(at(integrations, sidebarAddress(wish.sidebarUrl), 'GET'))
        : { state: 'fine' };
    },

    remove: (objects) => removeAll(objects),
  };

  /** The sidebar's integration stops asking as the webhook's stops telling; without its widget nobody sees the answers. */
  async function checkSidebar(sidebar: GorgiasIntegration | undefined): Promise<RemoteState> {
    if (!sidebar) return { state: 'absent', reason: "The sidebar's HTTP integration is there no more." };
    const fault = faultOf(sidebar, 'sidebar');
    if (fault !== null)
      return {
        state: sidebar.deactivated_datetime ? 'inactive' : 'changed',
        reason: `The sidebar's HTTP integration ${fault}.`,
      };
    return (await client.widgets()).some(({ integration_id }) => integration_id === sidebar.id)
      ? { state: 'fine' }
      : { state: 'absent', reason: "The sidebar's widget is there no more." };
  }

  async function grow(held: GorgiasField, { lacking }: FieldPlan): Promise<void> {
    if (lacking.length === 0) return;
    // The list replaces what is there: a choice that is not in it is taken away.
    const definition = definitionOf([...(held.definition ?? []), ...lacking]);
    await client.changeField(held.id, { label: held.label, definition });
  }

  async function ifAllowed<Result>(work: () => Promise<Result>): Promise<Result | null> {
    try {
      return await work();
    } catch (error) {
      if (isNotAllowed(error)) return null;
      throw error;
    }
  }

  /** Widgets before the integrations that they show. A field keeps its values: it is put away, as in the settings page. */
  async function removeAll(objects: readonly RemoteObject[]): Promise<void> {
    const order = ['widget', 'integration', 'webhook', 'trigger', 'field'];
    for (const { what, externalId } of objects.toSorted((a, b) => order.indexOf(a.what) - order.indexOf(b.what))) {
      try {
        if (what === 'widget') await client.removeWidget(externalId);
        else if (what === 'field') await putAway(externalId);
        else await client.removeIntegration(externalId);
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    }
  }

  async function putAway(id: string): Promise<void> {
    const field = (await client.fields()).find((one) => one.id === id);
    if (!field || field.deactivated_datetime) return;
    await client.changeField(id, { label: field.label, deactivated_datetime: clock.now().toISOString() });
  }
};
