import { beforeAll, describe, expect, test } from 'vitest';
import { createWorld, nobody, nord, sud, type World } from '../world.ts';

let world: World;
let api: Awaited<ReturnType<World['api']>>;
const looked: bigint[] = [];
const ids: Record<string, bigint> = {};

interface Item {
  id: string;
  externalId: string;
  supportCost: { amount: string } | null;
  handledSeconds: number;
  cellPpm: number;
}

const list = async (query: string, scopes?: string): Promise<{ items: Item[]; next: string | null }> =>
  (await api(`/api/v1/tickets?${query}`, scopes)).json();
const names = ({ items }: { items: Item[] }): string[] =>
  items.map(({ id }) => Object.entries(ids).find(([, own]) => String(own) === id)?.[0] ?? id);

beforeAll(async () => {
  world = await createWorld();
  api = await world.api((id) => looked.push(id));
  await world.rate('36.00');
  await world.rate('72.00', '2026-01-01', 'eve');
  for (const agent of ['ada', 'ben', 'cem']) await world.agent(agent, 'agent');
  await world.agent('eve', 'lead');
  const ticket = async (name: string, options: Parameters<World['ticket']>[0]) => {
    ids[name] = await world.ticket(options);
  };
  await ticket('nord in May', { created: '2026-05-04', work: [['ada', 600, '2026-05-05']] });
  await ticket('shared', {
    created: '2026-05-06',
    shares: [
      { ...nord, ppm: 250_000 },
      { ...sud, ppm: 750_000 },
    ],
    work: [['ben', 100, '2026-05-07']],
  });
  await ticket('nobody', { created: '2026-05-06', shares: [nobody], work: [['cem', 60, '2026-05-10']] });
  await ticket('region alone', { created: '2026-05-07', shares: [{ partner: null, region: 'nordics' }] });
  await ticket('old, worked on in May', {
    created: '2026-03-01',
    work: [
      ['ada', 60, '2026-05-20'],
      ['ada', 60, '2026-03-02'],
    ],
  });
  await ticket('moved', { created: '2026-05-08', work: [['ada', 60, '2026-05-08']] });
  await world.reattribute(ids.moved ?? 0n, [sud]);
  await ticket('by the lead', { created: '2026-06-02', shares: [sud], work: [['eve', 600, '2026-06-03']] });
});

describe('GET /api/v1/tickets', () => {
  test('bug: a partner, region or connection that there is not had no tickets, without a word', async () => {
    const faultsOf = async (path: string) => {
      const answer = await api(path);
      return [answer.status, (await answer.json()).errors];
    };
    const period = 'from=2026-05-01&to=2026-05-31';
    const nowhere = (field: string) => ({ field, reason: expect.stringMatching(/^is n(o|either) /) });
    for (const path of ['tickets?', `reports/series?${period}&`])
      expect(await faultsOf(`/api/v1/${path}partner=weist&region=atlantis`)).toEqual([
        400,
        [nowhere('partner'), nowhere('region')],
      ]);
    expect(await faultsOf('/api/v1/tickets?connection=nowhere')).toEqual([400, [nowhere('connection')]]);
    for (const query of ['partner=none&region=none', 'partner=direct', 'region=SE', 'partner=sud'])
      expect((await api(`/api/v1/tickets?${query}`)).status).toBe(200);
  });

  test('is a list, the newest first, of tickets created or worked on in the period', async () => {
    expect(names(await list('from=2026-05-01&to=2026-05-31'))).toEqual([
      'moved',
      'region alone',
      'nobody',
      'shared',
      'nord in May',
      'old, worked on in May',
    ]);
    expect(names(await list(''))).toHaveLength(7);
  });

  test('comes in pages that leave nothing out and show nothing twice', async () => {
    const seen: string[] = [];
    let after = '';
    for (let pages = 1; ; pages += 1) {
      const page = await list(`limit=2${after}`);
      seen.push(...names(page));
      if (page.next === null) {
        expect(pages).toBe(4);
        break;
      }
      expect(page.items).toHaveLength(2);
      after = `&after=${page.next}`;
    }
    expect(seen).toEqual(names(await list('')));
  });

  test('shows the part that lies in the asked cell and period', async () => {
    const parts = async (query: string) =>
      (await list(`from=2026-05-01&to=2026-05-31&${query}`)).items.map(
        ({ id, supportCost, handledSeconds, cellPpm }) => [
          Object.entries(ids).find(([, own]) => String(own) === id)?.[0],
          supportCost?.amount,
          handledSeconds,
          cellPpm,
        ],
      );
    expect(await parts('partner=nord')).toEqual([
      ['shared', '0.250000', 25, 250_000],
      ['nord in May', '6.000000', 600, 1_000_000],
      ['old, worked on in May', '0.600000', 60, 1_000_000],
    ]);
    expect(await parts('partner=sud&region=iberia')).toEqual([
      ['moved', '0.600000', 60, 1_000_000],
      ['shared', '0.750000', 75, 750_000],
    ]);
    expect(await parts('partner=none')).toEqual([
      ['region alone', '0.000000', 0, 1_000_000],
      ['nobody', '0.600000', 60, 1_000_000],
    ]);
    expect(await parts('partner=none&region=none')).toEqual([['nobody', '0.600000', 60, 1_000_000]]);
    expect(await parts('region=nordics')).toHaveLength(4);
    expect(await parts('partner=direct')).toEqual([]);
  });

  test('finds a ticket by its number at the helpdesk, and by connection', async () => {
    const [first] = (await list('limit=1')).items;
    expect((await list(`externalId=${first?.externalId}`)).items.map(({ id }) => id)).toEqual([first?.id]);
    expect((await list(`externalId=${first?.externalId}&connection=desk`)).items).toHaveLength(1);
    expect((await list('externalId=never&connection=desk')).items).toEqual([]);
  });

  test.each([
    ['from=2026-05-01', 'to'],
    ['after=x', 'after'],
    ['limit=501', 'limit'],
    ['limit=10001&format=csv', 'limit'],
    ['limit=0', 'limit'],
  ])('says which field of %s is wrong', async (query, field) => {
    const { status, json } = await api(`/api/v1/tickets?${query}`);
    expect(status).toBe(400);
    expect(json().errors).toMatchObject([{ field }]);
  });

  test.each(['json', 'csv'])('as %s that is cut off says where it goes on', async (format) => {
    const rows = ({ text, json }: Awaited<ReturnType<typeof api>>): number =>
      format === 'csv' ? text.trimEnd().split('\r\n').length - 1 : json().items.length;
    const first = await api(`/api/v1/tickets?format=${format}&limit=5&from=2026-05-01&to=2026-05-31`);
    const next = /^<(\S+)>; rel="next"$/.exec(String(first.headers.link))?.[1] ?? '';
    expect(rows(first)).toBe(5);
    const second = await api(next);
    expect(second.status).toBe(200);
    expect(rows(second)).toBe((await list('from=2026-05-01&to=2026-05-31')).items.length - 5);
    expect(second.headers.link).toBeUndefined();
  });

  test('in CSV is whole without a limit, where a page of the list is not', async () => {
    const [nobody] = await world.db.query<{ id: bigint }>(
      "insert into ticket (connection_id, external_id, first_seen_at, created_at) select connection_id, 'many ' || n, now(), now() from ticket, generate_series(1, 101) n where id = $1 returning id",
      [ids.nobody],
    );
    expect((await list('')).next).not.toBeNull();
    const { text, headers } = await api('/api/v1/tickets?format=csv');
    expect(text).toContain(',many 1,');
    expect(headers.link).toBeUndefined();
    await world.db.query('delete from ticket where id >= $1', [nobody?.id]);
  });

  test('is a table in CSV that no spreadsheet evaluates', async () => {
    await world.db.query("update ticket set external_id = '=1+1' where id = $1", [ids.nobody]);
    const { text } = await api('/api/v1/tickets?partner=none&region=none&format=csv');
    const [head, ...lines] = text.trimEnd().split('\r\n');
    expect(head).toBe(
      'id,connection,externalId,createdAt,status,channel,language,reason,method,confidence,partners,regions,handledSeconds,supportCost,currency,fxDay,costBasis',
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(",'=1+1,");
    expect(lines[0]).toMatch(/none:1000000,none:1000000,60,0\.600000,USD,,true$/);
  });
});

describe('GET /api/v1/tickets/{id}', () => {
  const detail = async (name: string, scopes?: string) => (await api(`/api/v1/tickets/${ids[name]}`, scopes)).json();

  test('says why: attribution, entries, postings with rate and FX, versions', async () => {
    const ticket = await detail('moved');
    expect(ticket).toMatchObject({
      attribution: { method: 'field', version: 2, shares: [{ ...sud, ppm: 1_000_000 }] },
      supportCost: { amount: '0.600000', currency: 'USD' },
      handledSeconds: 60,
      history: [{ version: 1 }, { version: 2 }],
    });
    expect(ticket.work).toHaveLength(1);
    expect(ticket.work[0]).toMatchObject({ agent: 'ada', measured: true, rawSeconds: 60, costedSeconds: 60 });
    const postings = ticket.work[0].postings as {
      partner: string;
      cost: { amount: string };
      reverses: string | null;
    }[];
    expect(postings.map(({ partner, cost, reverses }) => [partner, cost.amount, reverses !== null])).toEqual([
      ['nord', '0.600000', false],
      ['nord', '-0.600000', true],
      ['sud', '0.600000', false],
    ]);
    expect(postings[0]).toMatchObject({
      rate: { hourly: { amount: '36.000000', currency: 'USD' }, scope: 'default', validFrom: '2026-01-01' },
      fx: { numerator: '1', denominator: '1', date: null },
    });
  });

  test('bug: the wage behind a rate, and its factors, were in the export alone', async () => {
    const waged = await createWorld();
    const ask = await waged.api();
    await waged.db.query(
      `insert into rate (scope, key, hourly_micros, currency, valid_from, burden_ppm, shrinkage_ppm, occupancy_ppm, recorded_at)
       values ('default', '', 24000000, 'USD', '2026-01-01', 250000, 200000, null, now())`,
    );
    await waged.db.query(
      "insert into cost_basis (valid_from, applied, recorded_at) values ('2026-05-06', 'absorbed', now())",
    );
    const id = await waged.ticket({
      created: '2026-05-05',
      work: [
        ['ada', 3600, '2026-05-05'],
        ['ada', 3600, '2026-05-06'],
      ],
    });
    const ratesOf = async () =>
      (await ask(`/api/v1/tickets/${id}`))
        .json()
        .work.map(({ postings }: { postings: { rate: object }[] }) => postings[0]?.rate);
    const wage = { hourly: { amount: '24.000000', currency: 'USD' }, burden: 0.25, shrinkage: 0.2, occupancy: null };
    expect(await ratesOf()).toMatchObject([
      { hourly: { amount: '24.000000' }, wage: { ...wage, applied: 'given' } },
      { hourly: { amount: '37.500000' }, wage: { ...wage, applied: 'absorbed' } },
    ]);
    const csv = async (scopes?: string) => (await ask(`/api/v1/tickets/${id}?format=csv`, scopes)).text.split('\r\n');
    expect((await csv())[0]).toMatch(/,wage,burden,shrinkage,occupancy,applied$/);
    expect((await csv())[2]).toMatch(/,37\.500000,.*,24\.000000,0\.25,0\.2,,absorbed$/);
    expect((await ask(`/api/v1/tickets/${id}`, 'read')).text).not.toMatch(/wage|hourly|burden/);
    expect((await csv('read'))[2]).toMatch(/,,,,,$/);
    // What the tables say today is no proof of what was paid then.
    await waged.db.query('update rate set hourly_micros = 25000000');
    for (const rate of await ratesOf()) expect(rate).not.toHaveProperty('wage');
  });

  test('names an agent’s own rate by the connection’s name', async () => {
    const { work } = await detail('by the lead');
    expect(work[0].postings[0].rate).toMatchObject({ scope: 'agent', key: 'desk:eve' });
  });

  test('bug: evidence named orders by our ids, which nobody at the shop knows', async () => {
    const [first, second] = [await world.order({ placed: '2026-05-01' }), await world.order({ placed: '2026-05-02' })];
    await world.db.query('update "order" set number = $2, external_number = $3 where id = $1', [first, '1001', 'LX-9']);
    const evidence = (value: object) =>
      world.db.query('update attribution set evidence = $2 where ticket_id = $1 and current', [
        ids.moved,
        JSON.stringify(value),
      ]);
    await evidence({
      namedOrdersOfOthers: [`${second}`, '987654'],
      below: { method: 'field', orderIds: [`${first}`] },
    });
    const { attribution, history } = await detail('moved');
    const order = {
      id: `${first}`,
      number: '1001',
      externalNumber: 'LX-9',
      store: 'desk',
      placedAt: '2026-05-01T10:00:00.000Z',
      // No rule says so: it would be decided again.
      rules: null,
    };
    expect(attribution.orders).toEqual([order, expect.objectContaining({ id: `${second}` })]);
    expect(history.map(({ orders }: { orders: unknown[] }) => orders.length)).toEqual([0, 2]);
    await evidence({});
    expect((await detail('moved')).attribution.orders).toEqual([]);
  });

  test('is a look: work that waits for its hour is pulled', async () => {
    looked.length = 0;
    await detail('shared');
    expect(looked).toEqual([ids.shared]);
  });

  test('is not found where there is none, and takes ids alone', async () => {
    expect((await api('/api/v1/tickets/999999')).status).toBe(404);
    expect((await api('/api/v1/tickets/abc')).json().errors).toMatchObject([{ field: 'id' }]);
  });

  test('as CSV has a line for each posting', async () => {
    const { text } = await api(`/api/v1/tickets/${ids.moved}?format=csv`);
    const lines = text.trimEnd().split('\r\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(
      /^ticket,sourceKey,agent,clock,measured,rawSeconds,costedSeconds,workedAt,revision,share,/,
    );
    // A number is a number to a spreadsheet, its sign included.
    expect(lines[2]).toContain(',-0.600000,');
  });
});

describe('without the scope `rates`', () => {
  const cost = async (name: string) => {
    const { items } = await list('', 'read');
    return items.find(({ id }) => id === String(ids[name]))?.supportCost?.amount ?? null;
  };
  const detail = async (name: string) => (await api(`/api/v1/tickets/${ids[name]}`, 'read')).json();

  test('a ticket costs what its role costs on the average of the month', async () => {
    // May: ada 600 + 60 + 60 s, ben 100 + 400 s, cem 60 s, all at 36.00.
    await world.ticket({ created: '2026-05-20', work: [['ben', 400, '2026-05-20']] });
    expect(await cost('nord in May')).toBe('6.000000');
    await world.rate('360.00', '2026-07-01', 'cem');
    ids.july = await world.ticket({
      created: '2026-07-01',
      work: [
        ['ada', 100, '2026-07-02'],
        ['ben', 100, '2026-07-02'],
        ['cem', 100, '2026-07-02'],
      ],
    });
    ids['july, cem'] = await world.ticket({ created: '2026-07-01', work: [['cem', 100, '2026-07-03']] });
    // (1 + 1 + 10 + 10) dollars over 400 s are 198 an hour, shown as 200.
    expect(await cost('july, cem')).toBe('5.555556');
    expect((await list('')).items.find(({ id }) => id === String(ids['july, cem']))?.supportCost?.amount).toBe(
      '10.000000',
    );
    expect((await detail('july, cem')).supportCost.amount).toBe('5.555556');
  });

  test('roles of fewer than three are one pool, and where they are too few together nothing is shown', async () => {
    expect(await cost('by the lead')).toBeNull();
    expect((await detail('by the lead')).supportCost).toBeNull();
    ids.august = await world.ticket({ created: '2026-08-01', work: [['eve', 300, '2026-08-02']] });
    await world.ticket({
      created: '2026-08-01',
      work: [
        ['ada', 300, '2026-08-02'],
        ['ben', 300, '2026-08-02'],
      ],
    });
    // 6 + 3 + 3 dollars over 900 s: three people, of whom one leads.
    expect(await cost('august')).toBe('4.000000');
  });

  test('people whose work was all taken back make no pool larger', async () => {
    ids.september = await world.ticket({
      created: '2026-09-01',
      work: [
        ['ada', 60, '2026-09-02'],
        ['ben', 60, '2026-09-02'],
      ],
    });
    await world.ticket({
      created: '2026-09-01',
      work: [
        ['cem', 60, '2026-09-02'],
        ['cem', -60, '2026-09-03'],
      ],
    });
    expect(await cost('september')).toBeNull();
  });

  test('no amount of an entry, no rate and no exchange rate is told, in JSON or CSV', async () => {
    const ticket = await detail('shared');
    expect(ticket).toMatchObject({ costBasis: 'pooled', costIs: "at the role's pooled rate" });
    const [entry] = ticket.work;
    expect(entry.postings).toHaveLength(2);
    for (const posting of entry.postings)
      expect(Object.keys(posting)).toEqual([
        'id',
        'revision',
        'share',
        'reverses',
        'partner',
        'region',
        'seconds',
        'workedAt',
        'postedAt',
        'cause',
      ]);
    const { text } = await api(`/api/v1/tickets/${ids.shared}?format=csv`, 'read');
    const [head = '', line = ''] = text.split('\r\n');
    const cells = line.split(',');
    for (const name of ['cost', 'currency', 'hourly', 'hourlyCurrency', 'rateFrom', 'fx', 'fxDate'])
      expect(cells[head.split(',').indexOf(name)], name).toBe('');
  });
});
