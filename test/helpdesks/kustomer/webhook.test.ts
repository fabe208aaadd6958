import { describe, expect, it } from 'vitest';
import { Conflict, UpstreamError } from '../../../src/core/errors.ts';
import { subscribedEvents } from '../../../src/helpdesks/kustomer/urgency.ts';
import type { Remote } from '../../../src/helpdesks/port.ts';
import { withNock } from '../nocked.ts';
import { api, apiUser, connect, listOf, orgId, token, userJson } from './support.ts';

withNock();

const path = '/v1/outbound-webhooks';
const wish = { webhookUrl: 'https://ledger.example/webhooks/abc' };
const webhookJson = (id: string, attributes: object = {}) => ({
  type: 'outbound_webhook',
  id,
  attributes: {
    name: 'Deskledger',
    url: wish.webhookUrl,
    events: subscribedEvents,
    enabled: true,
    token,
    ...attributes,
  },
});
const foreign = (id: string) => webhookJson(id, { url: `https://other.example/${id}`, name: 'Other' });
const remoteOf = (more: object = {}): Remote => {
  const { remote } = connect(more);
  if (!remote) throw new TypeError('no remote');
  return remote;
};
const listed = (...webhooks: readonly object[]) => api().get(path).query(true).reply(200, listOf(webhooks));
const current = () =>
  api()
    .get('/v1/users/current')
    .reply(200, { data: userJson(apiUser, 'Deskledger', 'machine') });

describe('a webhook', () => {
  it('is planned, made with its token and the organisation, and planned no more', async () => {
    listed(foreign('w1'));
    expect(await remoteOf().plan(wish)).toEqual([expect.stringContaining(wish.webhookUrl)]);
    listed(foreign('w1'));
    api()
      .post(path, { name: 'Deskledger', url: wish.webhookUrl, events: [...subscribedEvents] })
      .reply(201, { data: webhookJson('w2', { token: 'made' }) });
    current();
    expect(await remoteOf({ webhookToken: '' }).make(wish)).toEqual({
      objects: [{ what: 'webhook', externalId: 'w2', name: 'Deskledger' }],
      settings: { webhookToken: ['made'], orgId },
    });
    listed(foreign('w1'), webhookJson('w2'));
    expect(await remoteOf().plan(wish)).toEqual([]);
  });

  it('that is there is taken, and its token read where the list hides it', async () => {
    listed(webhookJson('w2', { token: null }));
    api()
      .get(`${path}/w2`)
      .reply(200, { data: webhookJson('w2', { token: 'hidden' }) });
    current();
    expect(await remoteOf().make(wish)).toEqual({ objects: [], settings: { webhookToken: ['hidden', token], orgId } });
  });

  it('that was switched off or lacks events is mended, and keeps those of others', async () => {
    const off = webhookJson('w2', { enabled: false, events: ['kustomer.customer.create'] });
    listed(off);
    expect(await remoteOf().plan(wish)).toHaveLength(2);
    listed(off);
    api()
      .put(`${path}/w2`, {
        name: 'Deskledger',
        url: wish.webhookUrl,
        events: ['kustomer.customer.create', ...subscribedEvents],
        enabled: true,
      })
      .reply(200, {});
    current();
    expect(await remoteOf().make(wish)).toEqual({ objects: [], settings: { webhookToken: [token], orgId } });
  });

  it('that would be the sixth is refused with what to do', async () => {
    listed(...['1', '2', '3', '4', '5'].map(foreign));
    api().post(path).reply(400, {});
    const error = await remoteOf()
      .make(wish)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Conflict);
    expect(String(error)).toMatch(/5 outbound webhooks.*Delete one/);
  });

  it('that is refused for another reason says that', async () => {
    listed(foreign('1'));
    api().post(path).reply(400, {});
    await expect(remoteOf().make(wish)).rejects.toMatchObject({ status: 400 });
  });

  it('whose token nobody tells is taken away again', async () => {
    listed();
    api()
      .post(path)
      .reply(201, { data: webhookJson('w2', { token: null }) });
    api()
      .get(`${path}/w2`)
      .reply(200, { data: webhookJson('w2', { token: null }) });
    api().delete(`${path}/w2`).reply(204);
    await expect(remoteOf().make(wish)).rejects.toBeInstanceOf(UpstreamError);
  });

  it.each([
    ['fine', [webhookJson('w2')]],
    ['fine', [webhookJson('w1', { enabled: false }), webhookJson('w2')]],
    ['absent', [foreign('w1')]],
    ['inactive', [webhookJson('w2', { enabled: false })]],
    ['changed', [webhookJson('w2', { events: subscribedEvents.slice(1) })]],
    ['changed', [webhookJson('w2', { token: 'other' })]],
  ])('is %s', async (state, webhooks) => {
    listed(...webhooks);
    const found = await remoteOf().check(wish);
    expect(found.state).toBe(state);
    expect(JSON.stringify(found)).not.toMatch(new RegExp(`${token}|other`));
  });

  it('that we made is taken away, gone or not', async () => {
    api().delete(`${path}/w2`).reply(404, {});
    await remoteOf().remove([
      { what: 'webhook', externalId: 'w2', name: 'Deskledger' },
      { what: 'field', externalId: 'f', name: 'not ours to take' },
    ]);
  });
});
