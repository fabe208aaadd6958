import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { wallClock } from '../src/platform/clock.ts';
import { createZendeskSandbox, fieldIds, type ZendeskSandbox } from '../src/sandbox/zendesk/index.ts';
import { viaOf } from '../src/sandbox/zendesk/model.ts';
import { atEndOfFile } from './support/cleanup.ts';
import { freePort, runCli, type Serving, startCli } from './support/cli.ts';

// Every process loads the whole product, and the private server is made first.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let folder: string;
let env: Record<string, string>;
let sandbox: ZendeskSandbox;
let web: Serving;
let worker: Serving;
let token: string;

const run = async (...args: string[]): Promise<Record<string, unknown>> => {
  const { code, stdout, stderr } = await runCli([...args, '--json'], env);
  if (code !== 0) throw new Error(`deskledger ${args.join(' ')}: ${stderr}`);
  return JSON.parse(stdout) as Record<string, unknown>;
};

const file = async (name: string, content: string | object): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

interface Items {
  items: {
    id: string;
    externalId: string;
    method: string;
    supportCost: { amount: string } | null;
    shares: { partner: string | null }[];
  }[];
}

const ask = async <Answer>(path: string): Promise<Answer> => {
  const answer = await fetch(`${env.PUBLIC_URL}/api/v1/${path}`, { headers: { authorization: `Bearer ${token}` } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return (await answer.json()) as Answer;
};

/** What the ticket list tells of a ticket, once it says what is waited for. */
const ticketOnce = (externalId: string, cost: string) =>
  expect
    .poll(async () => (await ask<Items>(`tickets?externalId=${externalId}`)).items[0]?.supportCost?.amount, {
      timeout: 60_000,
      interval: 200,
    })
    .toBe(cost);

/** A solved ticket with ten minutes of work, tagged as somebody else's rule would. */
const solvedTicket = (): string => {
  const { desk } = sandbox;
  const person = (name: string, role: 'agent' | 'end-user') =>
    desk.addUser({ name, email: `${name.toLowerCase()}@example.com`, role, locale: 'en-US', organizationId: null });
  const agent = person('Elm', 'agent');
  const ticket = desk.create({
    atMs: Date.now(),
    subject: 'Lamp',
    body: 'It came broken.',
    requesterId: person('Buyer', 'end-user').id,
    via: viaOf('email'),
    brandId: 5,
    tags: ['vip'],
  });
  desk.update(ticket.id, {
    atMs: Date.now(),
    authorId: agent.id,
    values: { status: 'solved', fields: new Map([[fieldIds.totalTime, '600']]) },
    comment: { body: 'A new one is on its way.', public: true },
  });
  return String(ticket.id);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deskledger-processes-'));
  atEndOfFile(() => rm(folder, { recursive: true, force: true }));
  sandbox = await createZendeskSandbox({ clock: wallClock, seed: 'processes', limits: 'off' });
  atEndOfFile(() => sandbox.close());
  const port = await freePort();
  env = {
    DATA_DIR: join(folder, 'data'),
    PORT: String(port),
    WORKER_PORT: String(await freePort()),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    ALLOW_PRIVATE_UPSTREAMS: 'true',
  };
});

describe('one data folder and several processes', () => {
  it('a command starts the private server for its own run, and takes it down again', async () => {
    ({ token } = (await run('token', 'create', '--name', 'test', '--scopes', 'read,write,rates')) as { token: string });
    await expect(access(join(folder, 'data', 'postgres', 'postmaster.pid'))).rejects.toThrow('ENOENT');
  });

  it('web and worker start on their own, and the first start prints a sign-in link', async () => {
    web = await startCli(['serve', '--no-worker'], env, 'Sign in once at');
    worker = await startCli(['worker'], env, '"ready"');
    expect(web.output()).toContain(`${env.PUBLIC_URL}/sign-in/`);
    expect(worker.output()).not.toContain('sign-in');
    for (const url of [env.PUBLIC_URL, `http://127.0.0.1:${env.WORKER_PORT}`])
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it('a connection made by a command is known to the running server at once', async () => {
    const settings = await file('zendesk.json', { ...sandbox.settings, name: 'main' });
    const made = await run('connect', 'zendesk', '--settings', settings, '--mode', 'act');
    expect(made).toMatchObject({ mode: 'act', webhookUrl: expect.stringContaining(`${env.PUBLIC_URL}/webhooks/`) });
    const unsigned = await fetch(String(made.webhookUrl), { method: 'POST', body: '{}' });
    expect(unsigned.status).not.toBe(404);
    expect(unsigned.ok).toBe(false);
  });

  it('rules and rates imported by commands reach the worker; a delivery is attributed, tagged and priced', async () => {
    await run('import', 'partners', await file('partners.csv', 'code,name,aliases\nnord,Nord,\n'));
    await run('import', 'ticket-rules', await file('rules.json', [{ when: { tag: 'vip' }, partner: 'nord' }]));
    await run(
      'import',
      'rates',
      await file('rates.csv', 'scope,key,hourly,currency,valid_from\ndefault,,30.00,USD,2026-01-01\n'),
    );
    const id = solvedTicket();
    await ticketOnce(id, '5.000000');
    expect((await ask<Items>(`tickets?externalId=${id}`)).items[0]).toMatchObject({
      method: 'rule',
      shares: [{ partner: 'nord' }],
    });
    await expect.poll(() => [...sandbox.desk.ticket(Number(id)).tags], { timeout: 30_000 }).toContain('partner_nord');
  });

  it('a rate corrected while they run prices the work anew within seconds', async () => {
    const corrected = await file(
      'new-rates.csv',
      'scope,key,hourly,currency,valid_from\ndefault,,60.00,USD,2026-01-01\n',
    );
    await run('import', 'rates', corrected);
    const [ticket] = [...sandbox.desk.tickets.keys()];
    await ticketOnce(String(ticket), '10.000000');
    expect(await run('report')).toMatchObject({ total: { supportCost: { amount: '10.000000', currency: 'USD' } } });
  });

  it('a re-base is refused while they run', async () => {
    const refused = await runCli(['migrate', '--rebase', '--json'], { ...env, REPORTING_CURRENCY: 'EUR' });
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('stop the server') });
  });

  it('a second server on the same port says so', async () => {
    const second = await runCli(['serve'], env);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`Port ${env.PORT}`);
  });

  it('both stop gracefully, and the last one takes the private server down', async () => {
    expect(await web.stop()).toBe(0);
    expect((await run('connection')).connections).toMatchObject([{ name: 'main', pending: 0, quarantined: 0 }]);
    expect(await worker.stop()).toBe(0);
    await expect(access(join(folder, 'data', 'postgres', 'postmaster.pid'))).rejects.toThrow('ENOENT');
  });
});
