import { expect, test } from 'vitest';
import { draftDesk, savedDesk } from '../../zendesk-app/src/desk.ts';
import type { RequestOptions } from '../../zendesk-app/src/zaf.ts';
import { aside, open, toSud } from './opened.ts';

const clientOf = (answer: (options: RequestOptions) => unknown) => {
  const asked: RequestOptions[] = [];
  const form = new Map<string, unknown>([['ticket.customField:custom_field_11', 'partner_nord']]);
  return {
    asked,
    form,
    request: async (options: RequestOptions) => {
      asked.push(options);
      const said = answer(options);
      if ((said as { status?: number }).status) throw said;
      return said;
    },
    get: async (paths: string | readonly string[]) =>
      Object.fromEntries([paths].flat().map((path) => [path, form.get(path) ?? null])),
    set: async (path: string, value: unknown) => void form.set(path, value),
  };
};

const field = {
  ticket_field: { type: 'tagger', custom_field_options: [{ value: 'partner_nord' }, { value: 'partner_sud' }] },
};
const answers = ({ url }: RequestOptions): unknown => {
  if (url === '/api/v2/ticket_fields/11.json') return field;
  if (url === '/api/v2/ticket_fields/14.json') return { ticket_field: { type: 'text' } };
  return {
    ticket: {
      custom_fields: [
        { id: 11, value: 'partner_nord' },
        { id: 14, value: '' },
      ],
    },
  };
};

test('fields are read as Zendesk holds them, with the options of drop-downs', async () => {
  const desk = savedDesk(clientOf(answers), '4711');
  expect(await desk.fields(['11', '14'])).toEqual(
    new Map([
      ['11', { value: 'partner_nord', options: ['partner_nord', 'partner_sud'] }],
      ['14', { value: null, options: null }],
    ]),
  );
});

test('a change is an update of its own, of these fields alone', async () => {
  const client = clientOf(answers);
  await savedDesk(client, '4711').write([{ id: '11', value: 'partner_sud' }]);
  expect(client.asked).toEqual([
    {
      url: '/api/v2/tickets/4711.json',
      type: 'PUT',
      contentType: 'application/json',
      data: '{"ticket":{"custom_fields":[{"id":11,"value":"partner_sud"}]}}',
    },
  ]);
  expect(client.form.get('ticket.customField:custom_field_11')).toBe('partner_nord');
});

test.each([
  ['an existing ticket', 'saved'],
  ['a ticket that is being written', 'draft'],
] as const)(
  'bug: a field of several choices was written like a drop-down, which took the others away: %s',
  async (_, keeps) => {
    const client = clientOf((options) => {
      if (options.url !== '/api/v2/ticket_fields/11.json') return answers(options);
      return { ticket_field: { ...field.ticket_field, type: 'multiselect' } };
    });
    const desk = keeps === 'saved' ? savedDesk(client, '4711') : draftDesk(client);
    const held = [...client.form];
    for (const wish of [toSud, aside]) {
      const { session } = open({ desk });
      await session.read();
      await session.correct(wish);
      expect(session.view().correction).toMatchObject({ state: 'failed', fault: 'severalChoices', undo: [] });
    }
    expect(client.asked.every(({ type }) => type === 'GET')).toBe(true);
    expect([...client.form]).toEqual(held);
  },
);

const refusing = (details: object) => ({
  error: 'RecordInvalid',
  description: 'Record validation errors',
  details,
});
const closed = refusing({ status: [{ description: 'Status: closed prevents ticket update' }] });
const lacking = refusing({ base: [{ description: 'Marke: wird benötigt', error: null, ticket_field_id: 12 }] });

test.each([
  [422, 'closed', { responseJSON: closed }],
  [422, 'closed', { responseText: JSON.stringify(closed) }],
  [422, 'notValid', { responseJSON: lacking }],
  [422, 'notValid', { responseText: '<html>' }],
  [422, 'notValid', {}],
  [403, 'forbidden', {}],
  [500, 'failed', {}],
])('Zendesk answering %i is told as %s', async (status, fault, body) => {
  const desk = savedDesk(
    clientOf(() => ({ status, ...body })),
    '4711',
  );
  await expect(desk.write([{ id: '11', value: null }])).rejects.toMatchObject({ fault });
  await expect(desk.fields(['11'])).rejects.toMatchObject({ fault });
});

test('of a ticket that is being written the form is filled, and nothing is saved', async () => {
  const client = clientOf(answers);
  const desk = draftDesk(client);
  expect((await desk.fields(['11'])).get('11')?.value).toBe('partner_nord');
  await desk.write([{ id: '11', value: 'partner_sud' }]);
  expect(client.form.get('ticket.customField:custom_field_11')).toBe('partner_sud');
  expect(client.asked.every(({ type }) => type === 'GET')).toBe(true);
});
