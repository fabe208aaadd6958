import { describe, expect, it } from 'vitest';
import { Refused, UpstreamError } from '../../../src/core/errors.ts';
import { deliveryForm, secretHeader } from '../../../src/helpdesks/gorgias/deliveries.ts';
import { createRemote } from '../../../src/helpdesks/gorgias/remote.ts';
import { fieldSchema, integrationSchema, widgetSchema } from '../../../src/helpdesks/gorgias/schema.ts';
import type { RemoteWish } from '../../../src/helpdesks/port.ts';
import { clockAt, secret, settingsWith } from './support.ts';

// biome-ignore lint/suspicious/noExplicitAny: an account's objects of many shapes, looked at as data
type Json = Record<string, any>;

/** What an account holds of integrations, widgets and fields; each write goes into it. */
const account = (
  start: { integrations?: Json[]; widgets?: Json[]; fields?: Json[] } = {},
  refuses: Partial<Record<'integration' | 'widget' | 'field', number>> = {},
) => {
  let nextId = 100;
  const integrations = new Map<string, Json>();
  const widgets = new Map<string, Json>();
  const fields = new Map<string, Json>();
  for (const [held, list] of [
    [integrations, start.integrations],
    [widgets, start.widgets],
    [fields, start.fields],
  ] as const)
    for (const one of list ?? []) held.set(String(one.id), one);
  const fail = (status: number | undefined) => {
    if (status !== undefined) throw new UpstreamError(`answered ${status}`, { status, retryable: false });
  };
  const into = (held: Map<string, Json>, what: 'integration' | 'widget' | 'field') => async (body: object) => {
    fail(refuses[what]);
    const id = String(nextId++);
    held.set(id, { id, ...body });
    return id;
  };
  const take = (held: Map<string, Json>) => async (id: string) => {
    if (!held.delete(id)) fail(404);
  };
  const merge = (held: Map<string, Json>) => async (id: string, body: object) =>
    void held.set(id, { ...held.get(id), ...body });
  const client: Parameters<typeof createRemote>[0]['client'] = {
    integrations: async () => [...integrations.values()].map((one) => integrationSchema.parse(one)),
    makeIntegration: into(integrations, 'integration'),
    changeIntegration: merge(integrations),
    removeIntegration: take(integrations),
    widgets: async () => [...widgets.values()].map((one) => widgetSchema.parse(one)),
    makeWidget: into(widgets, 'widget'),
    removeWidget: take(widgets),
    fields: async () => [...fields.values()].map((one) => fieldSchema.parse(one)),
    makeField: into(fields, 'field'),
    changeField: merge(fields),
  };
  const remote = (more: object = {}) =>
    createRemote({ client, settings: settingsWith(more), clock: clockAt().clock, newSecret: () => 'made just now' });
  return { remote, integrations, widgets, fields };
};

const url = 'https://ledger.example/webhooks/abc';
const wish: RemoteWish = { webhookUrl: url };
const whole: RemoteWish = {
  ...wish,
  sidebarUrl: 'https://ledger.example/sidebar/v1/gorgias/abc',
  fields: { partners: [{ code: 'nord', name: 'Nord AB' }], regions: [{ code: 'se', name: 'SE' }] },
};
const noFields = { partnerFieldId: undefined, regionFieldId: undefined, reasonFieldId: undefined };

describe('what we make', () => {
  it('is an HTTP integration with our secret, a body of ids, and every trigger', async () => {
    const { remote, integrations } = account();
    expect(await remote().make(wish)).toEqual({
      objects: [{ what: 'webhook', externalId: '100', name: 'Deskledger' }],
      settings: {},
    });
    expect(integrations.get('100')).toMatchObject({
      type: 'http',
      http: {
        url,
        method: 'POST',
        request_content_type: 'application/json',
        headers: { [secretHeader]: secret },
        form: deliveryForm,
        triggers: {
          'ticket-created': true,
          'ticket-updated': true,
          'ticket-message-created': true,
          'ticket-status-updated': true,
        },
      },
    });
  });

  it('comes with a new secret where the connection has none', async () => {
    const { remote, integrations } = account();
    const made = await remote({ webhookSecret: '' }).make(wish);
    expect(made.settings).toEqual({ webhookSecret: 'made just now' });
    expect(integrations.get('100')?.http.headers).toEqual({ [secretHeader]: 'made just now' });
  });

  it('shows agents a sidebar, and lets them choose by fields, where that is wished', async () => {
    const { remote, integrations, widgets, fields } = account();
    const { objects, settings } = await remote(noFields).make(whole);
    expect(objects.map(({ what, name }) => `${what} ${name}`)).toEqual([
      'webhook Deskledger',
      'integration Deskledger sidebar',
      'widget Deskledger',
      'field Partner',
      'field Region',
      'field Contact reason',
    ]);
    // Encoded braces would be no template.
    expect(integrations.get('101')?.http).toMatchObject({
      method: 'GET',
      url: `${whole.sidebarUrl}?ticket_id={{ticket.id}}`,
    });
    expect(widgets.get('102')).toMatchObject({
      type: 'http',
      context: 'ticket',
      integration_id: 101,
      template: { type: 'wrapper', widgets: [{ type: 'card', path: '' }] },
    });
    expect(settings).toEqual({ partnerFieldId: '103', regionFieldId: '104', reasonFieldId: '105' });
    expect(fields.get('103')).toMatchObject({
      object_type: 'Ticket',
      definition: { input_settings: { choices: ['Nord AB (nord)'] } },
    });
  });

  it('is made once, however often it is asked for', async () => {
    const { remote, integrations, widgets, fields } = account();
    const first = await remote(noFields).make(whole);
    expect(await remote(first.settings).make(whole)).toEqual({ objects: [], settings: {} });
    expect(await remote(first.settings).plan(whole)).toEqual([]);
    // Settings lost on the way: what is there is found again and counts as nobody's new object.
    expect((await remote(noFields).make(whole)).objects).toEqual([]);
    expect([integrations.size, widgets.size, fields.size]).toEqual([2, 1, 3]);
  });

  it('bug: partners that came since never reached the field, although it is ours', async () => {
    const { remote, fields } = account();
    const first = await remote(noFields).make(whole);
    const grown = {
      ...whole,
      fields: {
        ...whole.fields,
        partners: [
          { code: 'nord', name: 'Nord AB' },
          { code: 'sud', name: 'Sud' },
        ],
      },
    } as RemoteWish;
    expect(await remote(first.settings).plan(grown)).toEqual(['add 1 choices to the ticket field "Partner"']);
    expect(await remote(first.settings).make(grown)).toEqual({ objects: [], settings: {} });
    expect(fields.get('103')?.definition.input_settings.choices).toEqual(['Nord AB (nord)', 'sud']);
    expect(await remote(first.settings).plan(grown)).toEqual([]);
    // A mapped field of somebody else is left as it is.
    fields.get('103')?.definition.input_settings.choices.push('Reseller');
    expect(await remote(first.settings).plan(whole)).toEqual([]);
  });

  it('bug: a field of somebody else was taken for ours by its label', async () => {
    const choices = ['Reseller', 'Agency'];
    const { remote, fields } = account({
      fields: [{ id: '7', label: 'Partner', definition: { input_settings: { choices } } }],
    });
    const { settings } = await remote(noFields).make(whole);
    expect(settings.partnerFieldId).not.toBe('7');
    expect(fields.get(String(settings.partnerFieldId))?.label).toBe('Sales partner');
    expect(fields.get('7')?.definition.input_settings.choices).toEqual(choices);
  });

  it('is told beforehand, line by line', async () => {
    const { remote, integrations } = account();
    const lines = await remote(noFields).plan(whole);
    expect(lines).toHaveLength(6);
    expect(lines[0]).toContain('create the HTTP integration');
    expect(integrations.size).toBe(0);
  });

  it('goes without fields where the key may not make them', async () => {
    const { remote } = account({}, { field: 403 });
    const { objects, settings } = await remote(noFields).make(whole);
    expect(objects.map(({ what }) => what)).toEqual(['webhook', 'integration', 'widget']);
    expect(settings).toEqual({});
  });

  it('leaves nothing half made behind', async () => {
    const { remote, integrations } = account({}, { widget: 500 });
    await expect(remote().make(whole)).rejects.toMatchObject({ status: 500 });
    expect(integrations.size).toBe(0);
    await expect(account({}, { integration: 403 }).remote().make(wish)).rejects.toBeInstanceOf(Refused);
  });
});

describe('our webhook', () => {
  const made = async () => {
    const held = account();
    await held.remote().make(wish);
    return { ...held, webhook: held.integrations.get('100') as Json };
  };

  it('is fine as it was made', async () => {
    const { remote } = await made();
    expect(await remote().check(wish)).toEqual({ state: 'fine' });
    expect(await remote({ webhookSecret: ['newer', secret] }).check(wish)).toEqual({ state: 'fine' });
  });

  it.each([
    ['absent', 'another address', (webhook: Json) => (webhook.http.url = 'https://elsewhere.example')],
    ['inactive', 'switched off by Gorgias', (webhook: Json) => (webhook.deactivated_datetime = '2026-03-01T00:00:00')],
    ['changed', 'another secret', (webhook: Json) => (webhook.http.headers = { 'X-Deskledger-Secret': 'other' })],
    ['changed', 'no secret', (webhook: Json) => (webhook.http.headers = { other: 'x' })],
    ['changed', 'a trigger off', (webhook: Json) => (webhook.http.triggers['ticket-updated'] = false)],
    ['changed', 'a trigger lost', (webhook: Json) => delete webhook.http.triggers['ticket-status-updated']],
  ])('is %s: %s; made again it serves', async (state, _what, spoil) => {
    const { remote, webhook } = await made();
    spoil(webhook);
    const found = await remote().check(wish);
    expect(found).toMatchObject({ state, reason: expect.stringMatching(/\.$/) });
    expect(JSON.stringify(found)).not.toContain(secret);
    expect(await remote().plan(wish)).toHaveLength(1);
    await remote().make(wish);
    expect(await remote().check(wish)).toEqual({ state: 'fine' });
  });

  it.each([
    ['absent', 'the integration gone', (desk: ReturnType<typeof account>) => desk.integrations.delete('101')],
    ['absent', 'the widget gone', (desk: ReturnType<typeof account>) => desk.widgets.clear()],
    [
      'inactive',
      'switched off',
      (desk: ReturnType<typeof account>) =>
        desk.integrations.set('101', { ...desk.integrations.get('101'), deactivated_datetime: '2026-03-01T00:00:00' }),
    ],
  ])('bug: a sidebar that is %s (%s) was seen by nobody', async (state, _, spoil) => {
    const desk = account();
    const sidebar = { webhookUrl: url, ...(whole.sidebarUrl && { sidebarUrl: whole.sidebarUrl }) };
    await desk.remote().make(sidebar);
    expect(await desk.remote().check(sidebar)).toEqual({ state: 'fine' });
    spoil(desk);
    expect(await desk.remote().check(sidebar)).toEqual({ state, reason: expect.stringMatching(/sidebar.*\.$/) });
    expect(await desk.remote().check(wish)).toEqual({ state: 'fine' });
    await desk.remote().make(sidebar);
    expect(await desk.remote().check(sidebar)).toEqual({ state: 'fine' });
  });

  it.each([
    ['hides headers', (webhook: Json) => delete webhook.http.headers],
    ['shows stars for them', (webhook: Json) => (webhook.http.headers = { [secretHeader]: '*****' })],
    [
      'writes triggers with underscores',
      (webhook: Json) => {
        webhook.http.triggers = Object.fromEntries(
          Object.keys(webhook.http.triggers).map((name) => [name.replaceAll('-', '_'), true]),
        );
      },
    ],
    ['hides triggers', (webhook: Json) => delete webhook.http.triggers],
  ])('is not mistaken for another where the list %s', async (_what, spoil) => {
    const { remote, webhook } = await made();
    spoil(webhook);
    expect(await remote().check(wish)).toEqual({ state: 'fine' });
  });

  it('bug: a secret that nobody held any more was kept, and every delivery refused', async () => {
    const { remote, integrations, webhook } = await made();
    delete webhook.http.headers;
    const lost = { webhookSecret: '' };
    expect(await remote(lost).check(wish)).toMatchObject({ state: 'changed' });
    expect((await remote(lost).make(wish)).settings).toEqual({ webhookSecret: 'made just now' });
    expect(integrations.get('100')?.http.headers).toEqual({ [secretHeader]: 'made just now' });
  });
});

describe('remove', () => {
  it('takes away exactly what was made, and may be asked twice', async () => {
    const others = {
      integrations: [{ id: 1, type: 'http', http: { url: 'https://other.example', method: 'POST' } }],
      fields: [{ id: 2, label: 'Partner of others' }],
    };
    const { remote, integrations, widgets, fields } = account(others);
    const { objects } = await remote(noFields).make(whole);
    await remote().remove(objects);
    await remote().remove(objects);
    expect([...integrations.keys()]).toEqual(['1']);
    expect(widgets.size).toBe(0);
    // Values on tickets stay: fields are archived.
    expect([...fields.values()].filter((field) => !field.deactivated_datetime).map((field) => field.id)).toEqual([2]);
  });
});
