import nock from 'nock';
import { type connect, list, origin, ticketId, users } from './support.ts';

export const api = () =>
  nock(origin, {
    reqheaders: { authorization: `Basic ${Buffer.from('deskledger@example.com:the-api-key').toString('base64')}` },
  });

export const path = `/api/tickets/${ticketId}`;

export const ticketIs = (json: object) => api().get(path).reply(200, json);

export const eventsAre = (events: readonly object[], next: string | null = null, cursor?: string) =>
  api()
    .get('/api/events')
    .query({
      object_type: 'Ticket',
      object_id: ticketId,
      order_by: 'created_datetime:asc',
      limit: '100',
      ...(cursor ? { cursor } : {}),
    })
    .reply(200, list(events, next));

export const usersAre = () => api().get('/api/users').query({ limit: '100' }).reply(200, users);

export const statsAre = (rows: readonly object[], onQuery: (query: unknown) => void = () => {}) =>
  api()
    .post('/api/reporting/stats', (body) => {
      onQuery(body.query);
      return true;
    })
    .query({ limit: '10000' })
    .reply(200, { object: 'list', data: rows, meta: { next_cursor: null } });

export const pull = (
  client: ReturnType<typeof connect>,
  withHistory: 'yes' | 'no' | 'if solved' = 'yes',
  id = ticketId,
) => client.pullTickets([{ externalId: id, withHistory }]);
