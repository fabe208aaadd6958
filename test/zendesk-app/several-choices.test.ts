import { expect, test, vi } from 'vitest';
import { savedDesk } from '../../zendesk-app/src/desk.ts';
import type { RequestOptions } from '../../zendesk-app/src/zaf.ts';
import { aside, open } from './opened.ts';
import { screenOf } from './rendered.ts';

const Icon = vi.hoisted(() => () => null);
vi.mock('@zendeskgarden/svg-icons/src/12/pencil-stroke.svg?icon', () => ({ Icon }));
vi.mock('@zendeskgarden/svg-icons/src/12/flag-stroke.svg?icon', () => ({ Icon }));
vi.mock('@zendeskgarden/svg-icons/src/12/chevron-down-stroke.svg?icon', () => ({ Icon }));

/** An account whose field of regions takes several choices at once. */
const answers = async ({ url }: RequestOptions): Promise<unknown> => {
  if (url === '/api/v2/ticket_fields/11.json') return { ticket_field: { type: 'text', title: 'Sales partner' } };
  if (url === '/api/v2/ticket_fields/12.json') return { ticket_field: { type: 'multiselect', title: 'Sales region' } };
  return { ticket: { custom_fields: [] } };
};

test('bug: "not about an order" was refused for one of its fields, and not which', async () => {
  const { session } = open({ desk: savedDesk({ request: answers }, '4711') });
  await session.read();
  await session.correct(aside);
  const { correction } = session.view();
  expect(correction).toMatchObject({ state: 'failed', fault: 'severalChoices' });
  expect(screenOf({ correction })).toContain('The field “Sales region” in Zendesk takes several choices at once');
});

test('a mapped field of several choices says so, and its name, to whoever would change it', async () => {
  const { session } = open({ desk: savedDesk({ request: answers }, '4711') });
  await session.read();
  await expect(session.field('region')).rejects.toMatchObject({ fault: 'severalChoices', field: 'Sales region' });
  expect(await session.field('partner')).toEqual({ value: null, options: null });
});
