import nock from 'nock';
import { connectZendesk } from '../../../src/helpdesks/zendesk/client.ts';
import { clockFrom } from '../nocked.ts';
import { anna, apiUser, customer, settingsWith, userJson } from './support.ts';

export const origin = 'https://loom.zendesk.com';

export const now = new Date('2026-03-01T10:00:30Z');

export const clockAt = () => clockFrom(now);

export const connect = (
  more: object = {},
  clock = clockAt().clock,
  deps: Partial<Parameters<typeof connectZendesk>[1]> = {},
) =>
  connectZendesk(settingsWith({ limitShare: 1, ...more }), { clock, allowPrivate: false, apiUserId: apiUser, ...deps });

export const api = () =>
  nock(origin, {
    reqheaders: { authorization: `Basic ${Buffer.from('deskledger@example.com/token:token').toString('base64')}` },
  });

export const customerJson = userJson(customer, 'end-user');

export const annaJson = userJson(anna, 'agent', { name: 'Anna' });

export const id = '4400000001';

export const other = '4400000002';

/** The bulk read of these ids. */
export const showMany = (ids: string, body: object) =>
  api().get('/api/v2/tickets/show_many.json').query({ ids, include: 'users' }).reply(200, body);
