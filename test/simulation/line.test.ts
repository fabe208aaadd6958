import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { start } from '../../src/main.ts';
import { catchingUpClock } from '../../src/platform/clock.ts';
import { fieldIds } from '../../src/sandbox/zendesk/index.ts';
import { atEndOfFile } from '../support/cleanup.ts';
import { freePort } from '../support/cli.ts';
import { testDatabaseUrl } from '../support/database.ts';
import { temporaryFolder } from './server.ts';
import { type Vendors, vendors } from './vendors.ts';

/** Ten times the wall's pace: a burst ends after 0.3 s. */
const startMs = Date.parse('2026-03-02T10:00:00Z');
const clock = catchingUpClock({ startMs, speed: 10 });

let at: Vendors;
let get: <Answer>(path: string) => Promise<Answer>;
let outbox: () => Promise<string[]>;
let tokenless: (path: string) => Promise<Response>;

beforeAll(async () => {
  at = await vendors(clock);
  const dataDir = await temporaryFolder();
  const config = loadConfig({
    DATABASE_URL: await testDatabaseUrl(),
    DATA_DIR: dataDir,
    SECRET_KEY: 'k'.repeat(32),
    PORT: String(await freePort()),
    FX_URL: 'off',
    ALLOW_PRIVATE_UPSTREAMS: 'true',
    LOG_LEVEL: 'silent',
  });
  const running = await start(config, { web: true, worker: true, clock });
  atEndOfFile(() => running.stop());
  at.order('eva@example.com');
  await at.setUp(running.product);
  const { token } = await running.product.access.createToken({ name: 'reader', scopes: 'read,rates' });
  get = async <Answer>(path: string) =>
    (await fetch(`${running.url}${path}`, { headers: { authorization: `Bearer ${token}` } })).json() as Promise<Answer>;
  tokenless = (path) => fetch(`${running.url}${path}`);
  outbox = async () => {
    const folder = running.product.outboxDir;
    const files = await readdir(folder).catch(() => []);
    return Promise.all(
      files.filter((name) => name.endsWith('.eml')).map((name) => readFile(join(folder, name), 'utf8')),
    );
  };
});

const quiet = async () => {
  await at.zendesk.idle();
  await vi.waitUntil(async () => (await get<{ pending: number }>('/api/v1/status')).pending === 0, { timeout: 15_000 });
};

interface Found {
  readonly items: readonly { readonly id: string; readonly externalId: string }[];
}
interface Detail {
  readonly attribution: { readonly method: string; readonly shares: readonly { partner: string; region: string }[] };
  readonly supportCost: { readonly amount: string };
  readonly work: readonly { readonly costedSeconds: number; readonly postings: readonly object[] }[];
}
const detailOf = async (externalId: number): Promise<Detail> => {
  const { items } = await get<Found>(`/api/v1/tickets?externalId=${externalId}`);
  expect(items).toHaveLength(1);
  return get(`/api/v1/tickets/${items[0]?.id}`);
};

test('from the webhook to tag, posting, mail and report; then a person corrects it', async () => {
  const ticket = at.open('eva@example.com');
  await quiet();
  expect(ticket.tags).toEqual(['partner_nord', 'region_nordics', 'vip']);
  expect(await outbox()).toEqual([]);

  at.solve(ticket.id, 120);
  await quiet();
  const solved = await detailOf(ticket.id);
  expect(solved.attribution).toMatchObject({
    method: 'recent orders',
    shares: [{ partner: 'nord', region: 'nordics' }],
  });
  expect(solved.supportCost.amount).toBe('1.200000');
  expect(solved.work.filter(({ costedSeconds }) => costedSeconds > 0)).toMatchObject([
    { costedSeconds: 120, postings: [{}] },
  ]);
  await vi.waitUntil(async () => (await outbox()).length > 0, { timeout: 10_000 });
  const [mail, ...others] = await outbox();
  expect(others).toEqual([]);
  expect(mail).toMatch(/^To: eva@example\.com/m);
  expect(mail).toContain('/s/');
  expect(at.writesOn(ticket.id)).toHaveLength(1);

  at.desk.update(ticket.id, {
    atMs: clock.now().getTime(),
    authorId: at.agent.id,
    values: { fields: new Map([[fieldIds.partner, 'sud']]) },
  });
  await quiet();
  expect((await detailOf(ticket.id)).attribution).toMatchObject({ method: 'person', shares: [{ partner: 'sud' }] });
  expect(ticket.tags).toEqual(['partner_sud', 'region_nordics', 'vip']);
  const report = await get<{ rows: { partner: string; supportCost: { amount: string } }[] }>(
    '/api/v1/reports/partners?from=2026-03-01&to=2026-03-03&groupBy=partner',
  );
  expect(report.rows.find(({ partner }) => partner === 'sud')?.supportCost.amount).toBe('1.200000');
  expect(await outbox()).toHaveLength(1);
});

test('the metrics tell of it', async () => {
  const text = await (await tokenless('/metrics')).text();
  expect(text).toMatch(/deskledger_deliveries_total\{connection="helpdesk",outcome="new"\} [1-9]/);
  expect(text).toMatch(/deskledger_step_seconds_count\{step="act",outcome="ok"\} [1-9]/);
  expect(text).toMatch(/deskledger_vendor_calls_total\{connection="helpdesk",status="200"\} [1-9]/);
});
