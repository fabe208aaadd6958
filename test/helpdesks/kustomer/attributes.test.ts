import { afterEach, describe, expect, it } from 'vitest';
import { createAttributes } from '../../../src/helpdesks/kustomer/attributes.ts';
import { kustomer } from '../../../src/helpdesks/kustomer/index.ts';
import { FieldsRefused, type RemoteWish } from '../../../src/helpdesks/port.ts';
import type { Http } from '../../../src/platform/http/client.ts';
import { attributeNames, createKustomerSandbox } from '../../../src/sandbox/kustomer/index.ts';
import { jumpingClock } from '../../sandbox/jumping-clock.ts';
import { clientOf, startsAt } from '../played.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const fields = {
  partners: [
    { code: 'direct', name: 'Direct' },
    { code: 'nord', name: 'Nord' },
  ],
  regions: [
    { code: 'SE', name: 'Sweden' },
    { code: 'dach-west', name: 'DACH' },
  ],
};
const wish: RemoteWish = { webhookUrl: 'http://127.0.0.1:9/webhooks/our-own-key-of-sixteen', fields };
const { partner, region, reason } = attributeNames;

/** An account that has none of our attributes. */
const start = async () => {
  const clock = jumpingClock(startsAt.getTime());
  const sandbox = await createKustomerSandbox({ clock, seed: 'attributes', limits: 'off' });
  closers.push(() => sandbox.close());
  const { desk, apiUserId, settings: given } = sandbox;
  for (const name of [partner, region, reason]) desk.attributes.delete(name);
  const { partnerFieldId: _, regionFieldId: __, reasonFieldId: ___, ...settings } = given;
  const client = (more: object = {}) => clientOf(kustomer, { ...settings, ...more }, { clock, apiUserId });
  const remote = (more: object = {}) => {
    const { remote: found } = client(more);
    if (!found) throw new TypeError('no remote');
    return found;
  };
  const listsOf = () =>
    Object.fromEntries([...desk.attributes].map(([name, { enumeration }]) => [name, enumeration ?? null]));
  const open = (): string => {
    const customer = desk.addCustomer(clock.now().getTime(), {
      name: 'Kim',
      email: 'kim@example.com',
      defaultLang: null,
    });
    const said = { name: 'Lamp', text: 'Where?', channel: 'email', defaultLang: null, locale: null };
    return desk.start({ atMs: clock.now().getTime(), customerId: customer.id, ...said }).id;
  };
  return { sandbox, desk, client, remote, listsOf, open };
};

describe('attributes of the conversation', () => {
  it('are told, made with the codes of our tags, mapped, and told no more', async () => {
    const { desk, remote, listsOf } = await start();
    const before = listsOf();
    const planned = (await remote().plan(wish)).join('\n');
    for (const label of ['Sales partner', 'Sales region', 'Contact reason']) expect(planned).toContain(`"${label}"`);
    expect(planned).toContain('Kustomer lets no program delete it again');
    expect(listsOf()).toEqual(before);

    const made = await remote().make(wish);
    expect(made.settings).toMatchObject({ partnerFieldId: partner, regionFieldId: region, reasonFieldId: reason });
    expect(made.objects.filter(({ what }) => what === 'field')).toEqual([
      { what: 'field', externalId: partner, name: 'Sales partner' },
      { what: 'field', externalId: region, name: 'Sales region' },
      { what: 'field', externalId: reason, name: 'Contact reason' },
    ]);
    expect(listsOf()).toMatchObject({
      ...before,
      [partner]: ['direct', 'nord'],
      [region]: ['se', 'dach_west'],
      [reason]: expect.arrayContaining(['shipping', 'other']),
    });
    expect(desk.attributes.get(partner)?.displayName).toBe('Sales partner');

    const after = remote(made.settings);
    expect(await after.plan(wish)).toEqual([]);
    expect((await after.make(wish)).objects).toEqual([]);
    expect(await remote(made.settings).plan({ webhookUrl: wish.webhookUrl })).toEqual([]);
  });

  it('are made of none, where nobody wishes them', async () => {
    const { remote, listsOf } = await start();
    const before = listsOf();
    const made = await remote().make({ webhookUrl: wish.webhookUrl });
    expect(made.objects.map(({ what }) => what)).toEqual(['webhook']);
    expect(listsOf()).toEqual(before);
  });

  it('get the partners that came since, and keep what people added', async () => {
    const { desk, remote, listsOf } = await start();
    const { settings } = await remote().make(wish);
    desk.attributes.set(partner, { displayName: 'Partner!', enumeration: ['direct', 'nord', 'by hand'] });
    const grown = { ...wish, fields: { ...fields, partners: [...fields.partners, { code: 'sud', name: 'Sud' }] } };
    expect(await remote(settings).plan(grown)).toEqual([expect.stringMatching(/add sud to .*salesPartnerStr/)]);
    expect((await remote(settings).make(grown)).objects).toEqual([]);
    expect(listsOf()[partner]).toEqual(['direct', 'nord', 'by hand', 'sud']);
    expect(desk.attributes.get(partner)?.displayName).toBe('Partner!');
  });

  it('that a person made are used as they are, and one that is mapped is left alone', async () => {
    const { desk, remote, listsOf } = await start();
    desk.attributes.set(partner, { displayName: 'Partner' });
    desk.attributes.set('landStr', { displayName: 'Land', enumeration: ['SE'] });
    const ours = remote({ regionFieldId: 'landStr' });
    const planned = await ours.plan(wish);
    expect(planned).toContainEqual(expect.stringMatching(/use .*"Sales partner".* which is there already/));
    expect(planned.join()).not.toContain('Sales region');
    const made = await ours.make(wish);
    expect(made.settings).toMatchObject({ partnerFieldId: partner, reasonFieldId: reason });
    expect(made.settings).not.toHaveProperty('regionFieldId');
    expect(made.objects.filter(({ what }) => what === 'field').map(({ externalId }) => externalId)).toEqual([reason]);
    expect(listsOf()).toMatchObject({ [partner]: null, landStr: ['SE'] });
  });

  it.each([
    ['read', /the key needs the roles .*metadata\.read.*or an administrator makes them .* partnerFieldId/],
    ['update', /create .*"Sales partner"/],
  ])('that the key may not %s are left out, and told still', async (verb, line) => {
    const { sandbox, remote, listsOf } = await start();
    sandbox.access.roles = sandbox.access.roles.filter((role) => role !== `org.permission.metadata.${verb}`);
    const before = listsOf();
    const made = await remote().make(wish);
    expect(made.objects.map(({ what }) => what)).toEqual(['webhook']);
    expect(made.settings).not.toHaveProperty('partnerFieldId');
    expect(listsOf()).toEqual(before);
    const planned = await remote(made.settings).plan(wish);
    expect(planned).toContainEqual(expect.stringMatching(line));
  });

  it('stay when the webhook is taken away, which a person is told', async () => {
    const { sandbox, remote, listsOf } = await start();
    const made = await remote().make(wish);
    const there = remote(made.settings);
    expect(there.byHand?.field).toMatch(/an administrator does, under Settings, Platform, Klasses, Conversation/);
    await there.remove(made.objects);
    expect(sandbox.registry.webhooks.size).toBe(0);
    expect(Object.keys(listsOf())).toContain(partner);
  });

  it('take what our tags say, and a code that a list lacks keeps nothing else from being written', async () => {
    const { desk, client, remote, open } = await start();
    const { settings } = await remote().make(wish);
    const id = open();
    const customOf = () => Object.fromEntries(desk.conversation(id).custom);
    await client(settings).changeTags(id, { add: ['partner_nord', 'region_dach_west'], remove: [] });
    expect(customOf()).toMatchObject({ [partner]: 'nord', [region]: 'dach_west' });

    const other = open();
    const change = { add: ['partner_new', 'region_se'], remove: [] };
    await expect(client(settings).changeTags(other, change)).rejects.toEqual(new FieldsRefused([partner]));
    const { tags, custom } = desk.conversation(other);
    expect(tags.map((tag) => desk.tags.get(tag)?.name)).toEqual(['partner_new', 'region_se']);
    expect(Object.fromEntries(custom)).toEqual({ [region]: 'se' });
  });

  it('that were renamed are one finding with the next step', async () => {
    const { client, remote, desk } = await start();
    const { settings } = await remote().make(wish);
    const found = async () => ((await client(settings).inspect?.()) ?? []).filter(({ topic }) => topic === 'fields');
    expect(await found()).toMatchObject([{ level: 'ok' }]);
    desk.attributes.delete(region);
    expect(await found()).toMatchObject([
      { level: 'fail', text: expect.stringContaining(region), next: expect.stringContaining('regionFieldId') },
    ]);
  });
});

describe('writing attributes', () => {
  it('puts those of others back, should a write replace them all', async () => {
    let properties: Record<string, object> = {
      orderNumberStr: { displayName: 'Order', modifiedBy: 'u1', modifiedAt: '2026-01-01T00:00:00Z' },
    };
    const written: unknown[] = [];
    const http = {
      read: async (_: unknown, schema: { parse(value: unknown): unknown }) =>
        schema.parse({ data: { attributes: { properties } } }),
      request: async ({ body }: { body: { properties: Record<string, object> } }) => {
        written.push(body.properties);
        properties = body.properties;
        return { status: 200, headers: new Headers(), body: null };
      },
    } as unknown as Http;
    const attributes = createAttributes(http, {});
    const { objects } = await attributes.make({ partners: [{ code: 'nord', name: 'Nord' }], regions: [] });
    expect(objects.map(({ externalId }) => externalId)).toEqual([partner, reason]);
    expect(written).toHaveLength(2);
    expect(properties).toEqual({
      orderNumberStr: { displayName: 'Order' },
      [partner]: { displayName: 'Sales partner', enumeration: ['nord'] },
      [reason]: { displayName: 'Contact reason', enumeration: expect.arrayContaining(['shipping']) },
    });
  });
});
