import { describe, expect, it } from 'vitest';
import { collect, thrownBy, withNock } from '../nocked.ts';
import { api, path, ticketIs } from './connect-support.ts';
import { at, closedTicket, connect, customer, fields, list, minuteAt, ticketId } from './support.ts';

withNock();

describe('the list of tickets', () => {
  const row = (id: number, minute: number, more: object = {}) => ({
    id,
    status: 'open',
    created_datetime: at(minute),
    updated_datetime: at(minute),
    ...more,
  });

  it('is walked by cursor, trash included', async () => {
    const query = { order_by: 'updated_datetime:desc', trashed: 'true', limit: '100' };
    api()
      .get('/api/tickets')
      .query(query)
      .reply(200, list([row(3, 30), row(2, 20)], 'c1'));
    api()
      .get('/api/tickets')
      .query({ ...query, cursor: 'c1' })
      .reply(200, list([row(1, 10, { trashed_datetime: at(11) })]));
    api()
      .get('/api/tickets')
      .query(query)
      .reply(200, list([row(3, 30), row(2, 20)], 'c1'));
    const pages = await collect(connect().walkChanges({ cursor: null, since: minuteAt(0) }));
    expect(pages.flatMap(({ changed }) => changed).slice(0, 3)).toMatchObject([
      { externalId: '3', status: 'open', updatedAt: minuteAt(30) },
      { externalId: '2' },
      { externalId: '1', status: 'deleted' },
    ]);
  });

  it('is counted without trash and spam', async () => {
    const query = { order_by: 'created_datetime:desc', trashed: 'false', limit: '100' };
    api()
      .get('/api/tickets')
      .query(query)
      .reply(200, list([row(3, 30), row(2, 20, { spam: true })], 'c1'));
    api()
      .get('/api/tickets')
      .query({ ...query, cursor: 'c1' })
      .reply(200, list([row(1, 10), row(0, 5)], 'c2'));
    expect(await connect().count?.(minuteAt(8))).toBe(2);
  });
});

describe('writing back', () => {
  it('adds and takes away tags, and sets the field that mirrors one', async () => {
    api()
      .post(`${path}/tags`, { names: ['partner_nord'] })
      .reply(201, '', { 'content-type': 'application/json' });
    api()
      .delete(`${path}/tags`, { names: ['partner_sud'] })
      .reply(204);
    api()
      .get(`${path}/custom-fields`)
      .reply(200, { data: [{ field: { id: Number(fields.partner) }, prediction: null, value: 'sud' }] });
    api()
      .get('/api/custom-fields')
      .query({ object_type: 'Ticket', limit: '100' })
      .reply(
        200,
        list([
          {
            id: Number(fields.partner),
            label: 'Partner',
            deactivated_datetime: null,
            definition: {
              data_type: 'text',
              input_settings: { input_type: 'dropdown', choices: ['Nord AB (nord)', 'sud'] },
            },
          },
        ]),
      );
    api()
      .put(`${path}/custom-fields`, [{ id: Number(fields.partner), value: 'Nord AB (nord)' }] as never)
      .reply(200, { data: [] });
    await connect().changeTags(ticketId, { add: ['partner_nord'], remove: ['partner_sud'] });
  });

  it('tries a tag again that may have gone through, for adding twice is adding once', async () => {
    const settings = { partnerFieldId: undefined, regionFieldId: undefined };
    api().post(`${path}/tags`).reply(502, '<html>');
    api().post(`${path}/tags`).reply(200);
    await connect(settings).changeTags(ticketId, { add: ['partner_nord'], remove: [] });
    api()
      .post(`${path}/tags`)
      .reply(404, { error: { msg: 'Resource not found.' } });
    expect(await thrownBy(connect(settings).changeTags(ticketId, { add: ['partner_nord'], remove: [] }))).toMatchObject(
      { status: 404, retryable: false },
    );
  });

  it('records a score', async () => {
    ticketIs(closedTicket());
    let written: unknown;
    api()
      .post('/api/satisfaction-surveys', (body) => {
        written = body;
        return true;
      })
      .reply(201, { id: 5 });
    const score = {
      key: 'k',
      requesterId: customer,
      score: 5,
      sentAt: minuteAt(60),
      answeredAt: minuteAt(70),
      language: 'sv',
    };
    await connect().recordScore?.(ticketId, score);
    expect(written).toMatchObject({
      ticket_id: Number(ticketId),
      score: 5,
      should_send_datetime: null,
      meta: { lang: 'sv' },
    });
  });
});
