import nock from 'nock';
import { describe, expect, it } from 'vitest';
import { connectZendesk } from '../../../src/helpdesks/zendesk/client.ts';
import { wallClock } from '../../../src/platform/clock.ts';
import { withNock } from '../nocked.ts';
import {
  anna,
  apiUser,
  audit,
  change,
  comment,
  customer,
  fields,
  settingsWith,
  ticketJson,
  userJson,
} from './support.ts';

const id = '4400000001';
const api = () => nock('https://loom.zendesk.com');
const client = () =>
  connectZendesk(settingsWith({ limitShare: 1 }), { clock: wallClock, allowPrivate: false, apiUserId: apiUser });
const pull = () => client().pullTickets([{ externalId: id, withHistory: 'yes' }]);
const users = [userJson(customer, 'end-user', { locale: 'fr-CA', locale_id: 1 }), userJson(anna, 'agent')];
const archived = ticketJson({ status: 'closed' });
const audits = [
  audit(1, customer, 0, [comment()]),
  audit(2, anna, 1, [change(fields.total, '600', null), change('status', 'solved', 'open')]),
  audit(3, '-1', 9, [change('status', 'closed', 'solved')]),
];

withNock();

describe('an archived ticket', () => {
  const many = (tickets: readonly object[]) =>
    api()
      .get('/api/v2/tickets/show_many.json')
      .query({ ids: id, include: 'users' })
      .reply(200, { tickets, users: tickets.length > 0 ? users : [] });
  const audited = (query: object | true) =>
    api()
      .get(`/api/v2/tickets/${id}/audits.json`)
      .query(query as never);

  it('is pulled whole, in the bulk read: closed, frozen, with the work of its audits and the requester’s locale', async () => {
    many([archived]);
    audited(true).reply(200, { audits, users });
    const { tickets } = await pull();
    expect(tickets).toMatchObject([
      { status: 'closed', frozen: true, requester: { locale: 'fr-CA' }, history: { work: [{ rawSeconds: 600 }] } },
    ]);
  });

  it('is asked for alone where the bulk read leaves it out', async () => {
    many([]);
    api().get(`/api/v2/tickets/${id}.json`).query(true).reply(200, { ticket: archived, users });
    audited(true).reply(200, { audits, users });
    const { tickets, missing } = await pull();
    expect(tickets).toMatchObject([{ status: 'closed', frozen: true, requester: { locale: 'fr-CA' } }]);
    expect(missing).toEqual([]);
  });

  it('has its audits read without paging where Zendesk minds the asking', async () => {
    many([archived]);
    audited({ 'page[size]': 100, include: 'users' }).reply(400);
    audited({ include: 'users' }).reply(200, { audits, users });
    expect((await pull()).tickets[0]?.history?.work).toHaveLength(1);
  });

  it('fails as it should where the audits are refused for another reason', async () => {
    many([archived]);
    audited(true).twice().reply(400);
    await expect(pull()).rejects.toMatchObject({ status: 400 });
  });
});
