import { describe, expect, it } from 'vitest';
import { withNock } from '../nocked.ts';
import { annaJson, api, connect, customerJson, id, origin, other, showMany } from './client-support.ts';
import { anna, audit, ben, change, comment, fields, ticketJson, userJson } from './support.ts';

withNock();

describe('the audits of tickets that are pulled', () => {
  it('reads the audits of a solved ticket in one further call', async () => {
    showMany(id, { tickets: [ticketJson({ status: 'solved' })], users: [customerJson, annaJson] });
    api()
      .get(`/api/v2/tickets/${id}/audits.json`)
      .query({ 'page[size]': 100, include: 'users' })
      .reply(200, {
        audits: [audit(1, anna, 1, [comment(), change(fields.total, '600', null)])],
        meta: { has_more: false, after_cursor: 'x' },
      });
    const { tickets } = await connect().pullTickets([{ externalId: id, withHistory: 'if solved' }]);
    expect(tickets[0]?.history).toMatchObject({
      work: [{ agentId: anna, rawSeconds: 600 }],
      touches: [{ agentId: anna }],
    });
  });

  it('follows the audits’ cursor to the end', async () => {
    showMany(id, { tickets: [ticketJson()], users: [customerJson, annaJson] });
    const path = `/api/v2/tickets/${id}/audits.json`;
    const page = (number: number) => [
      audit(number, anna, number, [change(fields.total, String(number * 60), String((number - 1) * 60))]),
    ];
    api()
      .get(path)
      .query({ 'page[size]': 100, include: 'users' })
      .reply(200, { audits: page(1), meta: { has_more: true, after_cursor: 'c1' } });
    api()
      .get(path)
      .query({ 'page[size]': 100, 'page[after]': 'c1', include: 'users' })
      .reply(200, { audits: page(2), meta: { has_more: true, after_cursor: 'c2' } });
    api()
      .get(path)
      .query({ 'page[size]': 100, 'page[after]': 'c2', include: 'users' })
      .reply(200, { audits: page(3), meta: { has_more: false, after_cursor: 'c3' } });
    const { tickets } = await connect().pullTickets([{ externalId: id, withHistory: 'yes' }]);
    expect(tickets[0]?.history?.work.map(({ rawSeconds }) => rawSeconds)).toEqual([60, 60, 60]);
  });

  it('takes the audits of an archived ticket whole, and follows numbered pages', async () => {
    showMany(`${id},${other}`, {
      tickets: [ticketJson({ status: 'closed' }), ticketJson({ id: other, status: 'closed' })],
      users: [annaJson],
    });
    const reading = (number: number) =>
      audit(number, anna, number, [change(fields.total, String(number), String(number - 1))]);
    api()
      .get(`/api/v2/tickets/${id}/audits.json`)
      .query(true)
      .reply(200, { audits: [1, 2].map(reading), next_page: null, count: 2 });
    api()
      .get(`/api/v2/tickets/${other}/audits.json`)
      .query({ 'page[size]': 100, include: 'users' })
      .reply(200, {
        audits: [reading(3)],
        next_page: `${origin}/api/v2/tickets/${other}/audits.json?page=2`,
        count: 2,
      });
    api()
      .get(`/api/v2/tickets/${other}/audits.json`)
      .query({ page: 2 })
      .reply(200, { audits: [reading(4)], next_page: null, count: 2 });
    const { tickets } = await connect().pullTickets(
      [id, other].map((externalId) => ({ externalId, withHistory: 'yes' as const })),
    );
    expect(tickets.map(({ history }) => history?.work.length)).toEqual([2, 2]);
  });

  it('learns the authors from the audits themselves where Zendesk sends them along', async () => {
    showMany(id, { tickets: [ticketJson()], users: [customerJson] });
    api()
      .get(`/api/v2/tickets/${id}/audits.json`)
      .query(true)
      .reply(200, { audits: [audit(1, ben, 1, [comment()])], users: [userJson(ben, 'agent', { name: 'Ben' })] });
    const { tickets, agents } = await connect().pullTickets([{ externalId: id, withHistory: 'yes' }]);
    expect(tickets[0]?.history?.touches).toMatchObject([{ agentId: ben }]);
    expect(agents).toEqual([{ externalId: ben, name: 'Ben' }]);
  });

  it('asks for authors it does not know once, with one call, and remembers them', async () => {
    const client = connect();
    const again = async () => {
      showMany(`${id},${other}`, { tickets: [ticketJson(), ticketJson({ id: other })], users: [customerJson] });
      for (const one of [id, other])
        api()
          .get(`/api/v2/tickets/${one}/audits.json`)
          .query(true)
          .reply(200, {
            audits: [
              audit(1, ben, 1, [change(fields.partner, 'nord', null)]),
              audit(2, '-1', 2, []),
              audit(3, '888', 3, [comment()]),
            ],
          });
      return client.pullTickets([id, other].map((externalId) => ({ externalId, withHistory: 'yes' as const })));
    };
    api()
      .get('/api/v2/users/show_many.json')
      .query({ ids: `${ben},888` })
      .reply(200, { users: [userJson(ben, 'admin', { name: 'Ben' })] });
    for (const pulled of [await again(), await again()]) {
      expect(pulled.tickets.map(({ history }) => history?.choices?.partner.map(({ by }) => by))).toEqual([
        [ben],
        [ben],
      ]);
      expect(pulled.agents).toEqual([{ externalId: ben, name: 'Ben' }]);
    }
  });

  it('goes on without the audits of a ticket that went away meanwhile', async () => {
    showMany(id, { tickets: [ticketJson()] });
    api().get(`/api/v2/tickets/${id}/audits.json`).query(true).reply(404, { error: 'RecordNotFound' });
    const { tickets } = await connect().pullTickets([{ externalId: id, withHistory: 'yes' }]);
    expect(tickets).toMatchObject([{ externalId: id }]);
    expect(tickets[0]).not.toHaveProperty('history');
  });
});
