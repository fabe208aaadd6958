import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import {
  importCostBasis,
  importOwnFx,
  type PriceImportReport,
  type Share,
} from '../../../src/features/costing/index.ts';
import { importAgents } from '../../../src/features/directory/agents.ts';
import { importTeams } from '../../../src/features/directory/index.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { type Ledger, now, openLedger, reading } from './ledger.ts';

let db: Database;
const options = { dryRun: false, now };

beforeAll(async () => {
  db = await testDatabase();
});

/** The work days are 4 to 8 May; a change is dated before, within or after them. */
const days = fc.constantFrom('2026-01-01', '2026-05-05', '2026-05-07');
const agents = fc.constantFrom('ada', 'ben');
const roles = fc.constantFrom('', 'senior', 'junior');
const percent = fc.constantFrom('', '12.5', '30');

/** What somebody changes that says what work costs. Nothing of it is ever removed but what its own file takes away. */
const change = fc.oneof(
  fc.record({
    do: fc.constant('rate' as const),
    of: fc.constantFrom('agent ben', 'role senior', 'role junior', 'team night', 'team night', 'default '),
    hourly: fc.integer({ min: 1, max: 9_999 }),
    currency: fc.constantFrom('USD', 'EUR', 'AED'),
    burden: percent,
    from: days,
  }),
  fc.record({ do: fc.constant('role' as const), agent: agents, role: roles, from: fc.oneof(fc.constant(''), days) }),
  fc.record({
    do: fc.constant('role' as const),
    agent: fc.constant('ada'),
    role: fc.constant(''),
    from: fc.constant(''),
  }),
  fc.record({ do: fc.constant('team' as const), agent: agents, team: fc.constantFrom('', 'night'), from: days }),
  fc
    .record({
      do: fc.constant('own fx' as const),
      rate: fc.constantFrom('3.6725', '4'),
      from: fc.constantFrom('2026-01-01', '2026-05-06'),
      to: fc.constantFrom('', '2026-05-04', '2026-05-06'),
    })
    .filter(({ from, to }) => to === '' || from <= to),
  fc.record({ do: fc.constant('fx' as const), day: fc.constantFrom('2026-04-30', '2026-05-06'), rate: fc.nat(999) }),
  fc.record({ do: fc.constant('basis' as const), applied: fc.constantFrom('given', 'direct'), from: days }),
);
const work = fc.record({
  ticket: fc.nat(2),
  agent: agents,
  seconds: fc.integer({ min: -900, max: 1800 }).filter((seconds) => seconds !== 0),
  day: fc.integer({ min: 4, max: 8 }),
});

type Change = typeof change extends fc.Arbitrary<infer Of> ? Of : never;
type Work = (typeof work extends fc.Arbitrary<infer Of> ? Of : never) & { readonly do: 'work'; readonly no: number };
type Step = Change | Work;

/** Of two changes of one thing the later holds, so that these alone keep their order. */
const laneOf = (step: Step): string => {
  if (step.do === 'work') return `work ${step.no}`;
  if (step.do === 'rate') return `rate ${step.of} ${step.from}`;
  if (step.do === 'role') return `role ${step.agent}`;
  if (step.do === 'team') return `team ${step.agent} ${step.from}`;
  return step.do === 'fx' ? `fx ${step.day}` : `${step.do} ${step.from}`;
};

/** Work comes earlier than the changes on the average: there is more to be priced anew. */
const inOrderOf = (steps: readonly Step[], places: readonly number[]): Step[] => {
  const lanes = Map.groupBy(steps, laneOf);
  return steps
    .map((step, no) => ({ lane: laneOf(step), place: (places[no] ?? 0) / (step.do === 'work' ? 2 : 1) }))
    .toSorted((a, b) => a.place - b.place)
    .flatMap(({ lane }) => lanes.get(lane)?.shift() ?? []);
};

const shares: readonly Share[] = [
  { partner: 'nord', region: 'dach', country: 'DE', ppm: 700_000 },
  { partner: null, region: 'dach', country: 'AT', ppm: 300_000 },
];

const makeChange = async (ledger: Ledger, step: Change): Promise<PriceImportReport['priced']> => {
  const { name } = ledger.connection;
  if (step.do === 'rate') {
    const [scope = '', key = ''] = step.of.split(' ');
    const cells = [scope, scope === 'agent' ? `${name}:${key}` : key, `${step.hourly}.07`, step.currency, step.from];
    return (await ledger.rates(`${[...cells, step.burden].join(',')}\n`, 'burden')).priced;
  }
  if (step.do === 'fx') return (await ledger.fx(`${step.day},EUR,USD,1.${step.rate + 1000}\n`)).priced;
  if (step.do === 'role') {
    const text = `connection,external_id,role,role_from\n${name},${step.agent},${step.role},${step.from}\n`;
    const { from } = await db.transaction((tx) => importAgents(tx, text, options));
    return from === null ? null : { from, to: null };
  }
  return db.transaction(async (tx) => {
    if (step.do === 'team') {
      const text = `connection,external_id,team,valid_from\n${name},${step.agent},${step.team},${step.from}\n`;
      const { from } = await importTeams(tx, text, options);
      return from === null ? null : { from, to: null };
    }
    if (step.do === 'basis')
      return (await importCostBasis(tx, `applied,valid_from\n${step.applied},${step.from}\n`, options)).priced;
    const text = `base,quote,rate,valid_from,valid_to,source\nUSD,AED,${step.rate},${step.from},${step.to},bank\n`;
    return (await importOwnFx(tx, text, options)).priced;
  });
};

const borneBy = (ticketIds: readonly bigint[]) =>
  db.query(
    `select array_position($1::bigint[], p.ticket_id) as ticket, p.worked_day::text as day, p.partner, p.country,
            sum(p.microseconds)::text as microseconds, sum(p.cost_micros)::text as cost, sum(p.native_micros)::text as native
       from posting p where p.ticket_id = any($1::bigint[]) group by 1, 2, 3, 4
     having sum(p.microseconds) <> 0 or sum(p.cost_micros) <> 0 or sum(p.native_micros) <> 0 order by 1, 2, 3, 4`,
    [ticketIds],
  );
const entriesOf = (ticketIds: readonly bigint[]) =>
  db.query<{ unpriced: string | null }>(
    `select array_position($1::bigint[], ticket_id) as ticket, source_key, state, costed_seconds, unpriced
       from work_entry where ticket_id = any($1::bigint[]) order by 1, 2`,
    [ticketIds],
  );

/** A ledger in which these steps came in this order; what a change may have priced is settled again, as the job does. */
const livedThrough = async (steps: readonly Step[]) => {
  await db.query('truncate rate, fx_rate, own_fx_rate, cost_basis, agent, agent_role, agent_team');
  const ledger = await openLedger(db);
  const tickets = [await ledger.ticket(), await ledger.ticket(), await ledger.ticket()];
  const bearers = { shares };
  const countUnpriced = async (): Promise<number> =>
    (await entriesOf(tickets)).filter(({ unpriced }) => unpriced !== null).length;
  let gone = 0;
  for (const step of steps) {
    if (step.do === 'work') {
      const ticketId = tickets[step.ticket] ?? 0n;
      const workedAt = new Date(Date.UTC(2026, 4, step.day, 9, step.no));
      const one = { sourceKey: `audit:${step.no}`, agentId: step.agent, rawSeconds: step.seconds, workedAt };
      await ledger.settle([{ ticketId, readings: [reading(one)], ...bearers }]);
      continue;
    }
    const priced = await makeChange(ledger, step);
    if (!priced) continue;
    const stale = await ledger.toReprice(priced.from, priced.to);
    if (stale.length === 0) continue;
    const before = await countUnpriced();
    await ledger.settle(stale.map((ticketId) => ({ ticketId, reprice: true, ...bearers })));
    expect(await ledger.toReprice(priced.from, priced.to)).toEqual([]);
    if ((await countUnpriced()) > before) gone += 1;
  }
  return { borne: await borneBy(tickets), entries: await entriesOf(tickets), gone };
};

test('law: whatever order work and changes of rates, agents, teams and exchange rates come in, the ledger has the same sums', async () => {
  let gone = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { minLength: 4, maxLength: 10 }),
      fc.array(work, { minLength: 2, maxLength: 6 }),
      fc.array(fc.nat(1000), { minLength: 20, maxLength: 20 }),
      async (changes, worked, places) => {
        const steps: Step[] = [
          { do: 'rate', of: 'role senior', hourly: 40, currency: 'AED', burden: '', from: '2026-01-01' },
          { do: 'own fx', rate: '3.6725', from: '2026-01-01', to: '' },
          { do: 'role', agent: 'ada', role: 'senior', from: '' },
          ...changes,
        ];
        const done = worked.map((one, no): Work => ({ do: 'work', no: no + 1, ...one }));
        // All that is known is known before the work: nothing is ever posted but at its final price.
        const { gone: none, ...expected } = await livedThrough([...steps, ...done]);
        expect(none).toBe(0);
        const mixed = await livedThrough(inOrderOf([...steps, ...done], places));
        gone += mixed.gone;
        expect({ borne: mixed.borne, entries: mixed.entries }).toEqual(expected);
      },
    ),
    { numRuns: 16, seed: 20261122 },
  );
  expect(gone).toBeGreaterThan(2);
}, 240_000);
