import { describe, expect, test } from 'vitest';
import { dayMs, hourMs } from '../../src/core/time.ts';
import type { ZendeskArchive } from '../../src/sandbox/zendesk/archive.ts';
import { startZendesk } from './zendesk-stage.ts';

const idsOf = ({ json }: { json: { tickets: { id: number }[] } }) => json.tickets.map(({ id }) => id);

/** A ticket in the archive, and one closed too lately. */
const archived = async (archive: ZendeskArchive = {}) => {
  const stage = await startZendesk({ archive });
  const old = stage.ticket({ seconds: 90, status: 'closed' });
  await stage.clock.sleep((archive.afterMs ?? 120 * dayMs) - hourMs);
  const young = stage.ticket({ status: 'closed' });
  expect(idsOf(await stage.get('tickets.json'))).toEqual([old, young]);
  await stage.clock.sleep(2 * hourMs);
  return { ...stage, old, young };
};

describe('a ticket that is closed for 120 days', () => {
  test('is in no list, which pages by cursor', async () => {
    const { get, ticket, young } = await archived();
    const others = [ticket(), ticket(), ticket()];
    const first = await get('tickets?page%5Bsize%5D=3');
    expect(idsOf(first)).toEqual([young, ...others.slice(0, 2)]);
    const next = await get(first.json.links.next.split('/api/v2/')[1]);
    expect(idsOf(next)).toEqual(others.slice(2));
    expect(next.json).toMatchObject({ meta: { has_more: false, after_cursor: null }, links: { next: null } });
  });

  test('is found by address, by ids, by search and in the export, closed', async () => {
    const { get, old, young } = await archived();
    expect((await get(`tickets/${old}`)).json.ticket).toMatchObject({ id: old, status: 'closed' });
    expect(idsOf(await get(`tickets/show_many?ids=${old},${young}`))).toEqual([old, young]);
    expect((await get('search/count?query=type:ticket%20created>=2020-01-01T00:00:00Z')).json.count).toBe(2);
    expect(idsOf(await get('incremental/tickets/cursor?start_time=1'))).toEqual([old, young]);
  });

  test('has audits that do not page', async () => {
    const { get, old } = await archived();
    const { json } = await get(`tickets/${old}/audits.json?page%5Bsize%5D=1&include=users`);
    expect(json.audits).toHaveLength(3);
    expect(json.users.length).toBeGreaterThan(1);
    expect(json).toMatchObject({ next_page: null, count: 3 });
    expect(json).not.toHaveProperty('meta');
  });

  test('is there a day earlier where the account archives sooner, and may refuse what is not documented', async () => {
    const { get, old, young } = await archived({ afterMs: 3 * dayMs, pagedAudits: 'refused', inBulk: 'left out' });
    expect(idsOf(await get(`tickets/show_many?ids=${old},${young}`))).toEqual([young]);
    expect((await get(`tickets/${old}/audits.json?page%5Bsize%5D=100`)).status).toBe(400);
    expect((await get(`tickets/${old}/audits.json`)).json.audits).toHaveLength(3);
    expect((await get(`tickets/${young}/audits.json?page%5Bsize%5D=100`)).json.meta.has_more).toBe(false);
  });
});
