import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import nock from 'nock';
import { afterAll, describe, expect, it } from 'vitest';
import { readDelivery, verifyDelivery } from '../../src/helpdesks/kustomer/deliveries.ts';
import { conversationSchema } from '../../src/helpdesks/kustomer/schema.ts';
import { snapshotOf } from '../../src/helpdesks/kustomer/ticket.ts';
import { subscribedEvents } from '../../src/helpdesks/kustomer/urgency.ts';
import { api, connect, listOf, settingsWith } from '../helpdesks/kustomer/support.ts';
import { collect } from '../helpdesks/nocked.ts';

const folder = resolve(import.meta.dirname, '../../../shared/contracts/kustomer');
const text = (file: string): string => readFileSync(join(folder, file), 'utf8');
// biome-ignore lint/suspicious/noExplicitAny: vendor samples, looked at as data
const load = (file: string): any => JSON.parse(text(file));

describe.runIf(existsSync(folder))('the contract of Kustomer', () => {
  afterAll(() => {
    nock.cleanAll();
    nock.restore();
  });
  const sample = 'webhook.conversation.update.body.json';
  const settings = settingsWith({ webhookToken: 'test-token' });

  it('a delivery’s signature', () => {
    const body = readFileSync(join(folder, sample));
    const signature = '55458f583666082bdbcf7e218f9edecc6f5eed3186d5ae3178c430e275631beb';
    expect(body).toHaveLength(6618);
    expect(createHmac('sha256', 'test-token').update(body).digest('hex')).toBe(signature);
    const headers = { ...load('webhook.request-headers.sample.json'), 'X-Kustomer-Webhook-Signature': signature };
    const verify = (bytes: Buffer, now = '2025-03-21T20:20:12Z') =>
      verifyDelivery({ settings, apiUserId: null, headers, body: bytes, now: new Date(now) });
    const id = '67dd47dfbc632c1804db1bf1';
    expect(verify(body)).toEqual({
      outcome: 'verified',
      delivery: { deliveryKey: id, eventType: 'kustomer.conversation.update', ticketExternalId: id, urgency: 'now' },
    });
    expect(verify(Buffer.concat([body, Buffer.from(' ')]))).toMatchObject({ outcome: 'refused', status: 401 });
    expect(verify(body, '2025-03-23T20:20:12Z')).toMatchObject({ outcome: 'refused', status: 401 });
  });

  it('a recorded change by another user is no echo, by ours of a name neither', () => {
    for (const apiUserId of [null, '67dd47dfbc632c1804db1bf1'])
      expect(
        readDelivery({ settings, apiUserId, headers: {}, body: readFileSync(join(folder, sample)) }),
      ).toMatchObject({ delivery: { urgency: 'now' } });
  });

  it('a recorded conversation', () => {
    const conversation = conversationSchema.parse(load(sample).data);
    const read = { customer: undefined, messages: [], tags: [], history: null };
    expect(snapshotOf(conversation, read, settings)).toMatchObject({
      status: 'open',
      channel: 'api',
      language: 'en-US',
      subject: 'Updated Name',
      brandId: conversation.id,
      inboxId: conversation.id,
      requester: { id: conversation.id },
      createdAt: new Date('2025-03-20T18:50:55.976Z'),
      updatedAt: new Date('2025-03-21T20:20:11.424Z'),
    });
    expect(conversation.attributes.tags).toHaveLength(3);
  });

  it('the body of a new webhook', async () => {
    const documented = load('outbound-webhook.create.request.json');
    const sent: Record<string, unknown>[] = [];
    api().get('/v1/outbound-webhooks').query(true).reply(200, listOf([]));
    api()
      .post('/v1/outbound-webhooks', (body) => sent.push(body) > 0)
      .reply(201, { data: { id: 'w', attributes: { token: 't' } } });
    api()
      .get('/v1/users/current')
      .reply(200, { data: { id: 'u', attributes: {} } });
    await connect().remote?.make({ webhookUrl: 'https://hooks.example.com/kustomer' });
    expect(Object.keys(documented)).toEqual(expect.arrayContaining(Object.keys(sent[0] ?? {})));
    expect(sent[0]).toMatchObject({ url: documented.url, events: documented.events });
    expect(text('webhooks.asyncapi.yml')).toContain('kustomer.message.create');
    expect(subscribedEvents.length).toBeLessThanOrEqual(12);
  });

  it('the body of a search', async () => {
    const { and, sort, queryContext } = load('search.conversations-updated-since.request.json');
    const sent: Record<string, unknown>[] = [];
    api()
      .post('/v1/customers/search', (body) => sent.push(body) > 0)
      .query(true)
      .reply(200, listOf([], { total: 0 }));
    const since = new Date(and[0].conversation_updated_at.gte);
    await collect(connect().walkChanges({ cursor: null, since }));
    expect(sent).toMatchObject([{ and, sort, queryContext }]);
  });
});
