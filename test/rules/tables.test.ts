import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readSources } from './source.ts';
import { hiddenTables, readsOf, tablesOf, writesOf } from './tables.ts';

const tables = tablesOf(readFileSync('prisma/schema.prisma', 'utf8'));
const sources = readSources('src');
const owners = Map.groupBy(writesOf(sources, tables), ({ table }) => table);
const ownerOf = (table: string): string | undefined => owners.get(table)?.[0]?.room;

/**
 * Tables that a feature reads of another one by SQL, and why it does not ask at the owner's door. Reports may read all.
 * A new line here is a decision: say what the detour would cost.
 */
const foreignReads: Readonly<Record<string, string>> = {
  'attribution reads ticket': 'what corrected tickets have in common is counted beside their decisions',
  'costing reads connection': 'a file of rates names agents by the name of their connection, of past ones too',
  'costing reads order': 'whether any money waits for a rate of long ago is one question',
  'costing reads agent_team': 'the warnings of an import in one question',
  'costing reads agent_role': 'the warnings of an import in one question',
  'costing reads agent': 'the warnings of an import in one question',
  'csat reads connection': 'an invitation is claimed and its obstacles are found in one statement, under one lock',
  'csat reads ticket': 'an invitation is claimed and its obstacles are found in one statement, under one lock',
  'directory reads ticket':
    'whether this is the ledger’s key is tried at one sealed address, before anything else starts',
  'ingest reads connection': 'the mode, and whether it is switched off, hold at the very moment of a claim or a write',
  'ingest reads invitation': 'the status of all connections is one statement, hence of one moment',
  'ingest reads order': 'the status of all connections is one statement, hence of one moment',
  'ingest reads sync_cursor': 'read along with the tickets and the status they belong to, without another round trip',
  'sidebar reads ticket': 'one row by its key, each time an agent opens a ticket',
  'orders reads connection': 'rules and unmapped values name stores, by what they are called at that moment',
  'orders reads ticket': 'orders and the tickets they touch meet on indexes of both, in one statement',
  'books reads posting':
    'a seal freezes the ledger and names its last posting in one transaction; one step down an index tells what came later',
  'partnerships reads order': 'parts of revenue are rounded order by order, of however many, in one statement',
  'partnerships reads order_share': 'parts of revenue are rounded order by order, of however many, in one statement',
  'partnerships reads order_line': 'parts of revenue are rounded order by order, of however many, in one statement',
  'partnerships reads refund': 'parts of revenue are rounded order by order, of however many, in one statement',
  'partnerships reads refund_share': 'parts of revenue are rounded order by order, of however many, in one statement',
  'partnerships reads connection': 'the name of the store that an item is of, with the item',
  'operation reads partner': 'the doctor looks at everything',
  'operation reads rate': 'the doctor looks at everything',
  'operation reads fx_rate': 'the doctor looks at everything',
  'operation reads work_entry': 'the doctor looks at everything',
  'operation reads posting': 'the doctor looks at everything',
  'operation reads order': 'the doctor looks at everything',
};

/** SQL that is put together from constants of the same file, each of which this test reads as well. */
const assembled = [
  'src/features/costing/import-fx.ts: given',
  'src/features/costing/import-rates.ts: given',
  'src/features/costing/reprice.ts: costedEntries',
  'src/features/directory/roles.ts: unnested',
  'src/features/reports/facts/constant-currency.ts: costAt',
  'src/features/reports/facts/constant-currency.ts: from',
  'src/features/reports/facts/constant-currency.ts: orderAt',
  'src/features/reports/facts/constant-currency.ts: others',
  'src/features/reports/facts/constant-currency.ts: refundAt',
  'src/features/reports/seals/posted.ts: later',
  'src/features/reports/seals/restatement.ts: later',
  'src/features/reports/tickets/list.ts: postings',
  'src/features/reports/totals/costs.ts: book',
  'src/features/reports/totals/fold.ts: book',
  'src/features/reports/totals/proof.ts: book',
  'src/features/reports/totals/read.ts: book',
];

test('the rules look at every table of the schema', () => {
  expect(tables.length).toBeGreaterThanOrEqual(37);
  expect(tables).toEqual(expect.arrayContaining([{ name: 'fx_rate', model: 'fxRate' }]));
  expect(tables.filter(({ name }) => !owners.has(name))).toEqual([]);
  const read = new Set(readsOf(sources, tables).map(({ table }) => table));
  expect(read.size).toBeGreaterThan(tables.length - 5);
  expect([...new Set(hiddenTables(sources))].toSorted()).toEqual(assembled);
});

test('each table has one writing feature', () => {
  const features = new Set(
    sources.flatMap(({ path }) => (path.startsWith('src/features/') ? (path.split('/')[2] ?? []) : [])),
  );
  const rooms = [...owners].map(([table, uses]) => [table, [...new Set(uses.map(({ room }) => room))]] as const);
  expect(rooms.filter(([, [first = '', ...more]]) => more.length > 0 || !features.has(first))).toEqual([]);
});

test('a feature reads the tables of another one only where that is written down', () => {
  const foreign = readsOf(sources, tables)
    .filter(({ table, room }) => room !== ownerOf(table) && room !== 'reports')
    .map(({ table, room }) => `${room} reads ${table}`);
  expect([...new Set(foreign)].toSorted()).toEqual(Object.keys(foreignReads).toSorted());
});

test.each([
  ['`insert into ticket (id) values ($1)`', 'ticket', []],
  ['\'update "order" set counted = true\'', 'order', []],
  ["'DELETE FROM posting'", 'posting', []],
  ['\'delete from refund r using "order" o\'', 'refund', ['order']],
  ['db.prisma.apiToken.create({})', 'api_token', []],
  ['`select 1 from ticket t join work_entry e on e.ticket_id = t.id`', null, ['ticket', 'work_entry']],
  ['`select 1 from unnest($1::int[]) u, rate r`', null, ['rate']],
  ['`select 1 from ticket t, connection as c`', null, ['ticket', 'connection']],
  ['await db.prisma.session.findMany()', null, ['session']],
  ["import { x } from './ticket.ts'; // update ticket", null, []],
  ["'select ticket_id from wanted_tags'", null, []],
])('%s is understood', (text, written, read) => {
  const files = [{ path: 'src/features/csat/store.ts', text }];
  expect(writesOf(files, tables).map(({ table }) => table)).toEqual(written === null ? [] : [written]);
  expect(readsOf(files, tables).map(({ table }) => table)).toEqual(read);
});
