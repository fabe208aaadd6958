import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import { buildApp } from '../../../src/app.ts';
import { createAccess } from '../../../src/features/access/index.ts';
import {
  askForSeal,
  bookRoutes,
  parseMonth,
  parseWeek,
  reconcileBooks,
  restatedLine,
  restatedSince,
} from '../../../src/features/books/index.ts';
import { loadJob } from '../../../src/features/directory/index.ts';
import { holdToDescription } from '../../support/described-answers.ts';
import { createWorld, nord, sud, type World } from '../reports/world.ts';
import { basis, readToEnd, sealIn } from './sealing.ts';

let world: World;
let ask: (
  method: 'GET' | 'POST',
  url: string,
  options?: { payload?: object; scopes?: string },
) => Promise<{ status: number; text: string; link: unknown; json: () => never }>;

beforeEach(async () => {
  world = await createWorld();
  await world.rate('36.00');
  await readToEnd(world);
  const { db, clock } = world;
  let last = 0;
  const access = createAccess({ db, clock, random: (bytes) => Buffer.from(`${++last}`.padStart(bytes, 'r')) });
  const app = holdToDescription(
    await buildApp({
      log: pino({ level: 'silent' }),
      version: 'test',
      publicUrl: 'http://localhost',
      parts: [
        bookRoutes({
          db,
          access,
          basis,
          askForSeal: (period, options) => askForSeal(db, period, { ...options, now: clock.now(), timeZone: 'UTC' }),
        }),
      ],
    }),
  );
  ask = async (method, url, { payload, scopes = 'read,write,rates' } = {}) => {
    const { token } = await access.createToken({ name: `token ${++last}`, scopes });
    const reply = await app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${token}` },
      ...(payload && { payload }),
    });
    return { status: reply.statusCode, text: reply.body, link: reply.headers.link, json: () => reply.json() as never };
  };
});

const seal = (month: string, revise = false) => sealIn(world, parseMonth(month), { revise });

test('a seal is asked for as a job, by the scope write, of one period that is over', async () => {
  const answer = await ask('POST', '/api/v1/seals', { payload: { month: '2026-05' } });
  expect(answer.status).toBe(202);
  const { job } = answer.json() as { job: string };
  expect(await loadJob(world.db, BigInt(job))).toMatchObject({
    kind: 'seal',
    state: 'queued',
    wanted: { kind: 'month', from: '2026-05-01', revise: false },
  });
  expect((await ask('POST', '/api/v1/seals', { payload: { month: '2026-05' }, scopes: 'read,rates' })).status).toBe(
    403,
  );
  expect((await ask('POST', '/api/v1/seals', { payload: { month: '2026-06' } })).status).toBe(403);
  for (const payload of [
    {},
    { week: '2026-W20', month: '2026-05' },
    { month: '2026-5' },
    { week: '2026-W60' },
    { quarter: '2026-Q1' },
  ])
    expect((await ask('POST', '/api/v1/seals', { payload })).status).toBe(400);
});

test('seals are listed with what touched them since, and one tells its figures, its restatement and its revisions', async () => {
  await world.ticket({ created: '2026-04-04', work: [['ada', 600, '2026-04-04']] });
  const ticket = await world.ticket({ created: '2026-05-04', work: [['ada', 600, '2026-05-04']] });
  const april = (await seal('2026-04')).seal;
  const may = (await seal('2026-05')).seal;
  await world.reattribute(ticket, [sud]);
  await world.ticket({ created: '2026-05-20', work: [['ada', 300, '2026-05-20']] });
  expect((await ask('GET', '/api/v1/seals')).json()).toMatchObject({
    costBasis: 'true',
    items: [
      {
        id: may.id,
        period: '2026-05',
        from: '2026-05-01',
        to: '2026-05-31',
        revision: 1,
        sealedBy: 'mia',
        touched: true,
        supportCost: { amount: '6.000000' },
      },
      { id: april.id, period: '2026-04', touched: false },
    ],
    next: null,
  });
  const page = (await ask('GET', '/api/v1/seals?limit=1')).json() as { next: string };
  expect((await ask('GET', `/api/v1/seals?limit=1&after=${page.next}`)).json()).toMatchObject({
    items: [{ id: april.id }],
    next: null,
  });
  expect((await ask('GET', '/api/v1/seals?kind=week')).json()).toMatchObject({ items: [] });
  const one = `/api/v1/seals/${may.id}`;
  expect((await ask('GET', one)).json()).toMatchObject({
    figures: { supportCost: { amount: '6.000000' }, tickets: 1, ticketsWorked: 1, handledSeconds: 600 },
    restatement: {
      open: true,
      tickets: 2,
      amount: { amount: '3.000000' },
      reasons: [
        { reason: 'reattribution', tickets: 1, amount: { amount: '0.000000' }, moved: { amount: '6.000000' } },
        { reason: 'work', tickets: 1, amount: { amount: '3.000000' } },
      ],
    },
    revisions: [{ id: may.id, revision: 1 }],
    differs: expect.arrayContaining([
      {
        figure: 'supportCost',
        sealed: { amount: '6.000000', currency: 'USD' },
        now: { amount: '9.000000', currency: 'USD' },
        reasons: ['work'],
      },
      { figure: 'tickets', sealed: 1, now: 2, reasons: ['late ticket'] },
    ]),
    changes: expect.arrayContaining([
      { reason: 'late ticket', of: 'tickets', items: 1, facts: expect.anything() },
      expect.objectContaining({ reason: 'reattribution', of: 'postings', items: 1 }),
    ]),
  });
  const csv = await ask('GET', `${one}/restatement?format=csv`);
  expect(csv.text.split('\r\n')).toHaveLength(5);
  expect(csv.text).toContain('reattribution');
  const second = (await seal('2026-05', true)).seal;
  expect((await ask('GET', one)).json()).toMatchObject({
    restatement: { open: false },
    revisions: [{ revision: 1 }, { revision: 2, id: second.id }],
  });
  expect((await ask('GET', `/api/v1/seals/${second.id}`)).json()).toMatchObject({
    restates: { tickets: 2, amount: { amount: '3.000000' } },
    restatement: { open: false, tickets: 0 },
  });
  expect((await ask('GET', '/api/v1/seals/999')).status).toBe(404);
});

test('bug: of a sealed month late orders, refunds and answers were not told; each is, with its reason and where it is looked up', async () => {
  await world.order({ placed: '2026-05-02' });
  const { id } = (await seal('2026-05')).seal;
  const one = `/api/v1/seals/${id}`;
  expect((await ask('GET', '/api/v1/seals')).json()).toMatchObject({ items: [{ touched: false }] });
  expect((await ask('GET', one)).json()).toMatchObject({ differs: [], changes: [], restatement: { open: false } });
  await world.order({
    placed: '2026-05-03',
    shares: [sud],
    revenue: 80,
    refunds: [{ made: '2026-05-30', dollars: 5 }],
  });
  await world.invitation({ sent: '2026-05-06', answer: [5, '2026-05-07'] });
  expect((await ask('GET', '/api/v1/seals')).json()).toMatchObject({ items: [{ touched: true }] });
  expect((await ask('GET', one)).json()).toMatchObject({
    restatement: { open: true, tickets: 0, reasons: [] },
    differs: expect.arrayContaining([
      {
        figure: 'netRevenue',
        sealed: { amount: '100.000000', currency: 'USD' },
        now: { amount: '175.000000', currency: 'USD' },
        reasons: ['order newly counted', 'refund newly counted'],
      },
      {
        figure: 'csat',
        sealed: { n: 0, needed: 30 },
        now: { n: 1, needed: 30 },
        reasons: ['late answer', 'late delivery'],
      },
    ]),
    changes: expect.arrayContaining([
      {
        reason: 'order newly counted',
        of: 'orders',
        items: 1,
        facts: expect.arrayContaining([
          {
            name: 'revenue',
            added: { amount: '80.000000', currency: 'USD' },
            moved: { amount: '0.000000', currency: 'USD' },
          },
        ]),
      },
    ]),
  });
  const all = (await ask('GET', `${one}/differs`)).json() as { items: { partner: string }[]; next: null };
  expect(all.items).toContainEqual({
    partner: 'sud',
    region: null,
    figure: 'orders',
    sealed: 0,
    now: 1,
    reasons: ['order newly counted'],
  });
  expect(all.items.filter(({ partner }) => partner === 'nord')).toMatchObject([{ figure: 'csat' }]);
  const first = (await ask('GET', `${one}/differs?limit=1&groupBy=partner,region`)).json() as { next: string };
  const rest = (await ask('GET', `${one}/differs?limit=500&groupBy=partner,region&after=${first.next}`)).json() as {
    items: unknown[];
  };
  expect(rest.items).toHaveLength(all.items.length - 1);
  expect((await ask('GET', `${one}/differs?after=1`)).status).toBe(400);
  expect((await ask('GET', `${one}/differs?format=csv`)).text).toContain('sud,,orders,0,1,order newly counted,true');
  const [order] = await world.db.query<{ id: bigint; number: string }>(
    'select id, number from "order" where placed_day = \'2026-05-03\'',
  );
  expect((await ask('GET', `${one}/changes?of=orders`)).json()).toEqual({
    items: [
      {
        id: String(order?.id),
        connection: 'desk',
        number: order?.number,
        ticket: null,
        reason: 'order newly counted',
        cells: [
          {
            partner: 'sud',
            region: 'iberia',
            facts: [
              { name: 'orders', added: 1 },
              { name: 'revenue', added: { amount: '80.000000', currency: 'USD' } },
            ],
          },
        ],
      },
    ],
    next: null,
  });
  expect((await ask('GET', `${one}/changes?of=refunds&format=csv`)).text).toContain(
    'refund newly counted,sud,iberia,refunds,5.000000,USD',
  );
  expect((await ask('GET', `${one}/changes?of=answers`)).json()).toMatchObject({ items: [{ reason: 'late answer' }] });
  const restated = await restatedSince(world.db, id, { ...basis, groupBy: ['partner'], costBasis: 'true' });
  expect(restatedLine(id, restated)).toMatch(
    /^Others today than sealed: .*netRevenue.*order newly counted \(1, orders\), refund newly counted.*--revise/,
  );
  expect(restatedLine(id, { differs: [], changes: [] })).toBeNull();
  expect((await ask('GET', `${one}/changes?of=costs%20and%20benefits`)).status).toBe(400);
  expect((await ask('GET', '/api/v1/seals/999/differs')).status).toBe(404);
});

test('bug: what `changes` of a seal called postings, its own list of changes refused', async () => {
  await world.ticket({ created: '2026-05-04', work: [['ada', 600, '2026-05-04']] });
  const { id } = (await seal('2026-05')).seal;
  for (const day of ['2026-05-20', '2026-05-21'])
    await world.ticket({ created: day, shares: [sud], work: [['ada', 300, day]] });
  const { changes } = (await ask('GET', `/api/v1/seals/${id}`)).json() as {
    changes: { of: string; reason: string; items: number; facts: object[] }[];
  };
  expect(changes).toContainEqual(expect.objectContaining({ of: 'postings', reason: 'work', items: 2 }));
  const list = `/api/v1/seals/${id}/changes?of=postings`;
  type Page = { items: { ticket: string; reason: string; cells: { facts: object[] }[] }[]; next: string | null };
  const first = (await ask('GET', `${list}&limit=1`)).json() as Page;
  const rest = (await ask('GET', `${list}&limit=1&after=${first.next}`)).json() as Page;
  expect([first.items.length, rest.items.length, rest.next]).toEqual([1, 1, null]);
  expect([...first.items, ...rest.items]).toEqual(((await ask('GET', list)).json() as Page).items);
  expect(first.items).toMatchObject([
    {
      connection: 'desk',
      reason: 'work',
      cells: [
        {
          partner: 'sud',
          region: 'iberia',
          facts: [
            { name: 'handledSeconds', added: 300 },
            { name: 'supportCost', added: { amount: '3.000000', currency: 'USD' } },
            { name: 'measuredCost', added: { amount: '3.000000', currency: 'USD' } },
          ],
        },
      ],
    },
  ]);
  const withoutRates = (await ask('GET', list, { scopes: 'read' })).json() as Page;
  expect(withoutRates.items[0]?.cells).toMatchObject([{ facts: [{ name: 'handledSeconds', added: 300 }] }]);
  expect((await ask('GET', `${list}&format=csv`)).text).toContain(',work,sud,iberia,supportCost,3.000000,USD');
});

test('bug: a ticket whose reattribution came to nothing was counted among those that the list leaves out', async () => {
  const moved = await world.ticket({ created: '2026-05-04', work: [['ada', 600, '2026-05-04']] });
  const { id } = (await seal('2026-05')).seal;
  const back = await world.ticket({ created: '2026-05-20', work: [['ada', 300, '2026-05-20']] });
  await world.reattribute(back, [sud]);
  await world.reattribute(back, [nord]);
  await world.reattribute(moved, [sud]);
  const { changes } = (await ask('GET', `/api/v1/seals/${id}`)).json() as { changes: object[] };
  expect(changes).toContainEqual(expect.objectContaining({ of: 'postings', reason: 'reattribution', items: 1 }));
  const { items } = (await ask('GET', `/api/v1/seals/${id}/changes?of=postings`)).json() as {
    items: { reason: string }[];
  };
  expect(items.map(({ reason }) => reason).toSorted()).toEqual(['reattribution', 'work']);
});

test('bug: pages of what differs skipped figures when one before them came back to what was sealed', async () => {
  const { id } = (await seal('2026-05')).seal;
  const order = await world.order({ placed: '2026-05-02' });
  await world.order({ placed: '2026-05-03', shares: [sud], revenue: 80 });
  type Page = { items: { partner: string; figure: string }[]; next: string | null };
  const page = async (after?: string | null) =>
    (await ask('GET', `/api/v1/seals/${id}/differs?limit=3${after ? `&after=${after}` : ''}`)).json() as Page;
  const whole = (await ask('GET', `/api/v1/seals/${id}/differs`)).json() as Page;
  const first = await page();
  expect(first.items).toEqual(whole.items.slice(0, 3));
  await world.db.query('delete from "order" where id = $1', [order]);
  const rest: Page['items'] = [];
  for (let next = first.next; next !== null; ) {
    const { items, next: behind } = await page(next);
    rest.push(...items);
    next = behind;
  }
  const names = (items: Page['items']) => items.map(({ partner, figure }) => `${partner} ${figure}`);
  expect(names(rest)).toEqual(names(whole.items.filter(({ partner }) => partner === 'sud')));
  expect(rest.length).toBeGreaterThan(2);
});

test('bug: of a seal that kept no items, or of another currency, every order was told as changed; it is refused', async () => {
  await world.order({ placed: '2026-05-02' });
  const { id } = (await seal('2026-05')).seal;
  const changes = () => ask('GET', `/api/v1/seals/${id}/changes?of=orders`);
  expect((await changes()).json()).toEqual({ items: [], next: null });
  await world.db.query('alter table seal disable trigger user');
  await world.db.query("update seal set currency = 'EUR'");
  const rebased = await changes();
  expect([rebased.status, rebased.text]).toEqual([409, expect.stringMatching(/rebase.*EUR.*--revise/)]);
  await world.db.query("update seal set currency = 'USD', partnerships = null, last_item_id = null");
  const older = await changes();
  expect([older.status, older.text]).toEqual([409, expect.stringMatching(/kept no items.*--revise/)]);
});

test('without the scope rates no seal tells a true cost: one agent’s work is no pool', async () => {
  await world.ticket({ created: '2026-05-04', work: [['ada', 600, '2026-05-04']] });
  const { id } = (await seal('2026-05')).seal;
  await world.ticket({ created: '2026-05-20', work: [['ada', 300, '2026-05-20']] });
  const scopes = 'read';
  expect((await ask('GET', '/api/v1/seals', { scopes })).json()).toMatchObject({
    costBasis: 'pooled',
    items: [{ supportCost: null }],
  });
  const one = await ask('GET', `/api/v1/seals/${id}`, { scopes });
  expect(one.json()).toMatchObject({
    figures: { supportCost: null, handledSeconds: 600 },
    restatement: { open: true, amount: null },
  });
  const items = await ask('GET', `/api/v1/seals/${id}/restatement`, { scopes });
  expect(items.json()).toMatchObject({ items: [{ reason: 'work', amount: null }] });
  expect(one.json()).toMatchObject({
    changes: expect.arrayContaining([
      { reason: 'work', of: 'postings', items: 1, facts: [{ name: 'handledSeconds', added: 300, moved: 0 }] },
    ]),
  });
  const differs = await ask('GET', `/api/v1/seals/${id}/differs`, { scopes });
  for (const { text } of [one, items, differs]) expect(text).not.toMatch(/"(6|3|9)\.000000"/);
});

test('bug: a list of seals had a hundred on a page, each with a report; it has twenty, the latest sealed first', async () => {
  await sealIn(world, parseWeek('2026-W22'));
  const { db } = world;
  const given = `as_of, last_posting_id, currency, time_zone, totals, account, gaps, restates, sealed_at, sealed_by, partnerships, last_item_id`;
  await db.query(
    `insert into seal (kind, starts_on, ends_on, revision, ${given})
     select kind, starts_on - 7 * n, ends_on - 7 * n, 1, ${given} from seal cross join generate_series(1, 23) n order by n`,
  );
  type Page = { items: { id: number }[]; next: string | null };
  const first = await ask('GET', '/api/v1/seals');
  const { items, next } = first.json() as Page;
  expect(items).toHaveLength(20);
  expect(first.link).toContain(`after=${next}`);
  const rest = (await ask('GET', `/api/v1/seals?after=${next}`)).json() as Page;
  const ids = [...items, ...rest.items].map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => b - a));
  expect({ all: ids.length, next: rest.next }).toEqual({ all: 24, next: null });
});

test('a seal is open where a revision would be made: pooled rates, which others’ work in its month changes, are told and open none', async () => {
  for (const [name, hourly] of [
    ['ada', '20.00'],
    ['ben', '31.07'],
    ['cem', '66.60'],
  ] as const) {
    await world.rate(hourly, '2026-01-01', name);
    await world.agent(name, 'agent');
    await world.ticket({ created: '2026-05-12', work: [[name, 600, '2026-05-12']] });
  }
  const week = parseWeek('2026-W20');
  const { id } = (await sealIn(world, week)).seal;
  const told = async (scopes: string) => {
    const [one, list] = [
      (await ask('GET', `/api/v1/seals/${id}`, { scopes })).json() as {
        differs: { figure: string; reasons: string[] }[];
        restatement: { open: boolean };
        changes: unknown[];
      },
      (await ask('GET', '/api/v1/seals?kind=week', { scopes })).json() as {
        items: { id: number; touched: boolean }[];
      },
    ];
    return {
      open: one.restatement.open,
      touched: list.items.find((item) => item.id === id)?.touched,
      reasons: [...new Set(one.differs.flatMap(({ reasons }) => reasons))],
      changes: one.changes.length,
    };
  };
  const lineFor = async (costBasis: 'true' | 'pooled') =>
    restatedLine(id, await restatedSince(world.db, id, { ...basis, groupBy: ['partner'], costBasis }));
  await world.ticket({ created: '2026-05-26', work: [['cem', 2000, '2026-05-26']] });
  expect(await told('read,rates')).toEqual({ open: false, touched: false, reasons: [], changes: 0 });
  expect(await told('read')).toEqual({ open: false, touched: false, reasons: ['pooled rates'], changes: 0 });
  expect(await lineFor('true')).toBeNull();
  expect(await lineFor('pooled'), 'bug: a revision was advised that is not made').toMatch(
    /supportCost.*, by pooled rates\. .*no revision/,
  );
  expect((await sealIn(world, week, { revise: true })).made).toBe(false);
  await world.ticket({ created: '2026-05-13', work: [['ada', 60, '2026-05-13']] });
  for (const scopes of ['read', 'read,rates']) expect(await told(scopes)).toMatchObject({ open: true, touched: true });
  expect(await lineFor('pooled')).toMatch(/by work .*--revise/);
  expect((await sealIn(world, week, { revise: true })).made).toBe(true);
});

test('the nights are told, the last one first', async () => {
  expect((await ask('GET', '/api/v1/reconciliation')).json()).toEqual({ latest: null, nights: [] });
  await reconcileBooks({ ...world, basis });
  world.clock.advance(86_400_000);
  const id = await world.ticket({ created: '2026-06-01', work: [['ada', 600, '2026-06-01']] });
  await world.db.query('update work_entry set raw_seconds = 1');
  await reconcileBooks({ ...world, basis });
  const answer = (await ask('GET', '/api/v1/reconciliation')).json();
  expect(answer).toMatchObject({
    latest: { night: '2026-06-02', balanced: false, balance: [{ check: 'rules', examples: [String(id)] }] },
    nights: [{ night: '2026-06-02' }, { night: '2026-06-01', balanced: true }],
  });
  expect((await ask('GET', '/api/v1/reconciliation?nights=1')).json()).toMatchObject({
    nights: [{ night: '2026-06-02' }],
  });
});
