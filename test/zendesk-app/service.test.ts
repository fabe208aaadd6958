import { expect, test } from 'vitest';
import { type Problem, problemOf, serviceAddress } from '../../zendesk-app/src/problem.ts';
import { createService } from '../../zendesk-app/src/service.ts';
import type { RequestOptions } from '../../zendesk-app/src/zaf.ts';
import { choices, ticketOf } from './answers.ts';

const serviceOf = (answer: unknown, address: string | null = 'https://desk.example.com') => {
  const asked: RequestOptions[] = [];
  let id = 0;
  const service = createService(
    {
      request: (options) => {
        asked.push(options);
        return answer instanceof Error || (answer as { status?: number })?.status
          ? Promise.reject(answer)
          : Promise.resolve(answer);
      },
    },
    address,
    () => `id-${++id}`,
  );
  return { service, asked };
};

test('a ticket is asked for through the proxy, which alone knows the secret; no token is shown twice', async () => {
  const { service, asked } = serviceOf(ticketOf());
  await service.ticket('4711');
  await service.ticket('4711');
  expect(asked[0]).toMatchObject({
    url: 'https://desk.example.com/sidebar/v1/tickets/4711',
    type: 'GET',
    secure: true,
    cors: false,
    headers: { Authorization: 'Bearer {{jwt.token}}' },
    jwt: { algorithm: 'HS256', secret_key: '{{setting.shared_secret}}', expiry: 60, claims: { jti: 'id-1' } },
  });
  expect(asked[1]?.jwt?.claims.jti).toBe('id-2');
});

test('answers may come as text', async () => {
  await expect(serviceOf(JSON.stringify(choices)).service.choices()).resolves.toEqual(choices);
});

test.each<[name: string, answer: unknown, Problem]>([
  ['a page of another server', '<html>', 'notOurs'],
  ['JSON of another server', { hello: 1 }, 'notOurs'],
  ['our refusal', { status: 401, responseJSON: { type: 'urn:deskledger:problem:unauthorized' } }, 'refused'],
  ['our limit', { status: 429, responseText: '{"type":"urn:deskledger:problem:limit"}' }, 'busy'],
  ['our outage', { status: 503, responseText: '{"type":"urn:deskledger:problem:unavailable"}' }, 'unreachable'],
  ['our fault', { status: 500, responseJSON: { type: 'urn:deskledger:problem:unexpected' } }, 'unexpected'],
  ['a gateway', { status: 502, responseText: '<html>' }, 'unreachable'],
  ['another server', { status: 404, responseText: 'no such page' }, 'notOurs'],
  ['the proxy, of a host that the manifest lacks', { status: 400, responseText: 'domain' }, 'notOurs'],
  ['no network', new TypeError('Failed to fetch'), 'unreachable'],
])('%s is told apart', async (_, answer, problem) => {
  await expect(serviceOf(answer).service.ticket('4711')).rejects.toMatchObject({ problem });
});

test('without an address nothing is asked', async () => {
  const { service, asked } = serviceOf(ticketOf(), null);
  await expect(service.ticket('4711')).rejects.toMatchObject({ problem: 'noAddress' });
  expect(asked).toEqual([]);
  expect(problemOf(undefined)).toBe('unreachable');
});

test.each([
  ['https://desk.example.com', 'https://desk.example.com'],
  [' desk.example.com/ ', 'https://desk.example.com'],
  ['https://example.com/desk/', 'https://example.com/desk'],
  ['', null],
  ['https://', null],
  [undefined, null],
])('the address written as %j is %j', (written, address) => {
  expect(serviceAddress(written)).toBe(address);
});
