import { beforeAll, expect, test } from 'vitest';
import { type Asked, asking } from '../asking.ts';
import { randomWorld } from '../random-world.ts';
import type { World } from '../world.ts';

interface Counted {
  readonly key: string;
  /** Null: nothing of it has an exchange rate. */
  readonly above: string | null;
  /** Null: nothing is divided. */
  readonly below: string | null;
}
interface Money {
  readonly amount: string;
}
type Value = number | Money | null;
type Row = Readonly<Record<string, unknown>> & {
  readonly previous: Readonly<Record<string, { value: Value; change: Value; relative: number | null }>>;
};

/** Two months, and the two before them. */
const period = { from: '2026-04-01', to: '2026-05-31' };
const before = { from: '2026-02-01', to: '2026-03-31' };

let world: World;
let asked: Asked;

beforeAll(async () => {
  world = await randomWorld(20_261_122);
  // Of whom no order is held: what they cost is divided by nothing.
  const west = { partner: 'west', region: 'iberia' };
  for (const day of ['2026-03-03', '2026-05-05'])
    await world.ticket({ created: day, shares: [west], work: [['ada', 600, day]] });
  const country = (id: string) => `(array['SE', 'NO', null])[1 + ${id} % 3]`;
  await world.db.query(`update "order" set country = ${country('id')}`);
  await world.db.query(
    `update attribution_share s set country = ${country('a.ticket_id')} from attribution a where a.id = s.attribution_id`,
  );
  asked = await asking(world, 'read,rates');
});

const monthOf = (day: string) => `to_char(${day}, 'YYYY-MM-01')`;
const keyOf = (...parts: string[]) => `json_build_array(${parts.join(', ')})::text as key`;
const counted = (day: string) => `o.counted and ${day} between $1 and $2`;

/** By what, and how plain SQL counts it over $1 to $2. */
const questions: Readonly<Record<string, { readonly by: string; readonly sql: string }>> = {
  netRevenue: {
    by: 'country,month',
    sql: `select ${keyOf('country', 'month')}, sum(part)::text as above, null as below from (
            select o.country, ${monthOf('o.placed_day')} as month, s.reporting_micros as part
              from "order" o join order_share s on s.order_id = o.id where ${counted('o.placed_day')}
            union all
            select o.country, ${monthOf('r.made_day')}, -s.reporting_micros
              from refund r join "order" o on o.id = r.order_id join refund_share s on s.refund_id = r.id where ${counted('r.made_day')}) x
          group by country, month`,
  },
  returnsValue: {
    by: 'partner,country',
    sql: `select ${keyOf('s.partner', 'o.country')}, sum(s.reporting_micros)::text as above, null as below
            from refund r join "order" o on o.id = r.order_id join refund_share s on s.refund_id = r.id
           where ${counted('r.made_day')} group by s.partner, o.country`,
  },
  repeatPurchaseRate: {
    by: 'partner,region',
    sql: `select ${keyOf('s.partner', 'o.region')}, sum(case when exists (
                   select from "order" e where e.counted and e.customer_id = o.customer_id and (e.placed_at, e.id) < (o.placed_at, o.id))
                 then s.ppm else 0 end)::text as above, sum(s.ppm)::text as below
            from "order" o join order_share s on s.order_id = o.id
           where ${counted('o.placed_day')} and not exists (
                   select from "order" l where l.counted and l.placed_day <= $2 and l.customer_id = o.customer_id and (l.placed_at, l.id) > (o.placed_at, o.id))
           group by s.partner, o.region`,
  },
  contactRateCohort: {
    by: 'language,reason',
    sql: `select ${keyOf('t.language', 't.reason')}, (100 * sum(s.ppm))::text as above,
                 (select sum(os.ppm) from "order" o join order_share os on os.order_id = o.id where ${counted('o.placed_day')})::text as below
            from ticket t join attribution a on a.ticket_id = t.id and a.current join attribution_share s on s.attribution_id = a.id
            join "order" o on o.id = (a.evidence -> 'orderIds' ->> 0)::bigint
           where ${counted('o.placed_day')} and t.created_day between o.placed_day - 1 and o.placed_day + 365 group by t.language, t.reason`,
  },
  costPerTicket: {
    by: 'region,reason',
    sql: `select ${keyOf('region', 'reason')}, sum(cost)::text as above, sum(ppm)::text as below from (
            select p.region, t.reason, p.cost_micros as cost, 0 as ppm from posting p join ticket t on t.id = p.ticket_id where p.worked_day between $1 and $2
            union all
            select s.region, t.reason, 0, s.ppm from ticket t join attribution a on a.ticket_id = t.id and a.current join attribution_share s on s.attribution_id = a.id
             where (select sum(p.microseconds) from posting p where p.ticket_id = t.id and p.worked_day between $1 and $2) > 0) x
          group by region, reason`,
  },
  costPerOrder: {
    by: 'partner,agent',
    sql: `select ${keyOf('p.partner', "e.connection_id || ':' || e.agent_id")}, sum(p.cost_micros)::text as above,
                 coalesce((select sum(s.ppm) from "order" o join order_share s on s.order_id = o.id
                            where ${counted('o.placed_day')} and s.partner is not distinct from p.partner), 0)::text as below
            from posting p join work_entry e on e.id = p.work_entry_id where p.worked_day between $1 and $2 group by p.partner, e.connection_id, e.agent_id`,
  },
};

/** Money divided by millionths of a thing is in units of the currency, and so is what is told of it. */
const right = (one: Counted | undefined, isMoney: boolean): number | null => {
  if (one === undefined) return null;
  const { above, below } = one;
  if (above === null || (below !== null && Number(below) === 0)) return null;
  return below === null ? Number(above) / (isMoney ? 1e6 : 1) : Number(above) / Number(below);
};

const plain = (value: unknown): number | null =>
  value !== null && typeof value === 'object' ? Number((value as Money).amount) : (value as number | null);

/** What was is named as what it is held against: the month two later. */
const twoLater = (key: string) => key.replace('2026-02-01', '2026-04-01').replace('2026-03-01', '2026-05-01');

test.each(Object.entries(questions))('%s is what plain SQL says, and so is its change', async (figure, { by, sql }) => {
  await world.setting('agentFigures', true);
  const { from, to } = period;
  const { rows, previous }: { rows: Row[]; previous: object } = await asked.get(
    `/api/v1/reports/figures?from=${from}&to=${to}&groupBy=${by}&compare=previous&limit=500`,
  );
  expect(previous).toMatchObject(before);
  const ask = async ({ from, to }: typeof period, named = (key: string) => key) =>
    new Map((await world.db.query<Counted>(sql, [from, to])).map((one) => [named(one.key.replaceAll(', ', ',')), one]));
  const [now, then] = [await ask(period), await ask(before, twoLater)];
  // Enough to be wrong about, in both periods.
  expect(Math.min(now.size, then.size), `${[...now.keys()]}`).toBeGreaterThan(1);
  const found = new Map(rows.map((row) => [JSON.stringify(by.split(',').map((name) => row[name])), row]));
  expect(found.size).toBe(rows.length);
  expect([...found.keys()]).toEqual(expect.arrayContaining([...new Set([...now.keys(), ...then.keys()])]));
  const isSum = [...now.values()].every(({ below }) => below === null);
  let compared = 0;
  for (const [key, row] of found) {
    const [one, other] = [now, then].map(
      (all) => right(all.get(key) ?? undefined, isSum) ?? (isSum && !all.has(key) ? 0 : null),
    );
    const told = row.previous[figure];
    const close = (value: unknown, expected: number | null | undefined, what: string) => {
      const number = plain(value);
      if (number === null || expected == null) expect(number, `${what} of ${key}`).toBe(expected ?? null);
      else expect(Math.abs(number - expected), `${what} of ${key}: ${number} and ${expected}`).toBeLessThan(1.1e-6);
    };
    // A rate of nothing over something that there is: 0, where SQL has no row.
    const bare = (value: unknown, expected: number | null | undefined, all: typeof now) =>
      expected === null && !all.has(key) && plain(value) === 0 ? 0 : expected;
    close(row[figure], bare(row[figure], one, now), figure);
    close(told?.value, bare(told?.value, other, then), 'previous');
    if (one != null && other != null) {
      close(told?.change, one - other, 'change');
      compared += 1;
    }
  }
  expect(compared).toBeGreaterThan(1);
});
