import { expect, it } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import { createGorgiasClient } from '../../../src/helpdesks/gorgias/client.ts';
import type { Http, HttpCall } from '../../../src/platform/http/client.ts';

/** Answers by path and cursor. */
const clientWith = (answers: Readonly<Record<string, unknown>>) => {
  const calls: HttpCall[] = [];
  const http: Http = {
    request: async () => {
      throw new Error('not asked for here');
    },
    async read(call, schema) {
      calls.push(call);
      const answer = answers[`${call.path} ${call.query?.cursor ?? call.params?.id ?? ''}`.trim()];
      if (answer === undefined) throw new UpstreamError('gone', { status: 404, retryable: false });
      return schema.parse(answer);
    },
  };
  return { client: createGorgiasClient(http), calls };
};

const customer = (id: number, more: object = {}) => ({
  id,
  email: `kim${id}@example.com`,
  language: 'sv',
  channels: [{ type: 'email', address: `kim${id}@example.com`, preferred: true }],
  integrations: {},
  ...more,
});

it('reads a customer, and says 404 of one that is gone', async () => {
  const { client } = clientWith({ '/api/customers/{id} 5': customer(5, { email: null, channels: null }) });
  expect(await client.customer('5')).toEqual({ id: '5', email: null, language: 'sv', channels: [] });
  await expect(client.customer('6')).rejects.toMatchObject({ status: 404 });
});

it('finds all customers of an address, page by page', async () => {
  const { client, calls } = clientWith({
    '/api/customers': { data: [customer(5)], meta: { next_cursor: 'more' } },
    '/api/customers more': { data: [customer(6)], meta: { next_cursor: null } },
  });
  const found = await client.customersOf('kim@example.com');
  expect(found.map(({ id, channels }) => [id, channels[0]?.address])).toEqual([
    ['5', 'kim5@example.com'],
    ['6', 'kim6@example.com'],
  ]);
  expect(calls.map(({ query }) => query?.email)).toEqual(['kim@example.com', 'kim@example.com']);
});
