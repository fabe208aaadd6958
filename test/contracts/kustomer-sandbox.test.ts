import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startKustomer } from '../sandbox/kustomer-stage.ts';
import { closeStages, startMs, startReceiver } from '../sandbox/stage.ts';

const folder = resolve(import.meta.dirname, '../../../shared/contracts/kustomer');

// biome-ignore lint/suspicious/noExplicitAny: vendor samples of many shapes, looked at as data
const load = (file: string): any => JSON.parse(readFileSync(join(folder, file), 'utf8'));

afterEach(closeStages);

describe.runIf(existsSync(folder))('the sandbox of Kustomer beside the contract', () => {
  it('sends events with every part that the recorded one has', async () => {
    const recorded = load('webhook.conversation.update.body.json');
    const stage = await startKustomer();
    const { received, url } = await startReceiver(stage.clock);
    const conversation = stage.conversation();
    stage.sandbox.subscribe(url);
    const [brand, queue] = [stage.desk.brands[0], stage.desk.queues[0]];
    stage.desk.update(conversation.id, stage.by(startMs + 1000), { name: 'Other' });
    stage.desk.update(conversation.id, stage.by(), { brandId: brand?.id ?? null, queueId: queue?.id ?? null });
    await stage.sandbox.idle();
    const bodies = received.map(({ body }) => body);
    const sent = JSON.parse(bodies.find((body) => body.includes('"brand"')) ?? '{}');
    const missing = (from: object, of: object) => Object.keys(from).filter((name) => !(name in of));
    expect(missing(recorded, sent)).toEqual([]);
    // The first conversation has no one of ours who made it, and no id of another system.
    expect(missing(recorded.data.attributes, sent.data.attributes)).toEqual([]);
    expect(missing(recorded.data.relationships, sent.data.relationships)).toEqual(['createdBy']);
    expect(missing(recorded.data.attributes.modificationHistory, sent.data.attributes.modificationHistory)).toEqual([]);
    const told = JSON.parse(bodies.find((body) => body.includes('"after":"Other"')) ?? '{}').changes;
    expect(missing(recorded.changes.attributes, told.attributes)).toEqual(['externalId']);
    expect(told.attributes.name).toEqual({ op: 'replace', before: 'Return #40001', after: 'Other' });
  });

  it('takes the documented requests', async () => {
    const { call } = await startKustomer();
    const made = await call('POST', '/v1/outbound-webhooks', load('outbound-webhook.create.request.json'));
    expect([made.status, made.json.data.attributes.name]).toEqual([201, 'Conversation sync']);
    const body = load('search.conversations-updated-since.request.json');
    expect((await call('POST', '/v1/customers/search?pageSize=500', body)).status).toBe(200);
  });
});
