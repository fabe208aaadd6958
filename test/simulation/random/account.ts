import { vi } from 'vitest';
import { changeAccountSettings } from '../../../src/features/directory/index.ts';
import { createBigcommerceSandbox } from '../../../src/sandbox/bigcommerce/index.ts';
import { createZendeskSandbox } from '../../../src/sandbox/zendesk/index.ts';
import { handClock } from '../hand-clock.ts';
import { startProduct } from '../product.ts';
import { createItemPapers } from './item-papers.ts';
import { watchStoreWalks } from './store-walks.ts';
import { agentNames, type Story } from './story.ts';

/** The first moment of every story: the clocks go forward four days later in Sweden. */
export const startsAt = '2026-03-25T08:00:00Z';

/** The day so many days after the first. */
export const dayOf = (offset: number): string =>
  new Date(Date.parse(startsAt) + offset * 86_400_000).toISOString().slice(0, 10);

/** What the form and the tag of some tickets stand for. */
export const reasonValues = { damage: 'damage', 360000800001: 'product' } as const;

const csv = (head: string, rows: Iterable<readonly (string | number)[]>): string =>
  `${[head, ...[...rows].map((row) => row.join(','))].join('\n')}\n`;

const perEuro = { USD: 1.0831, SEK: 10.9571, CHF: 0.9413 } as const;
/** Orders are as old as a year. */
const fxDays = { first: -380, last: 15 };

/** What a person has imported so far: each file as the product gets it, and all of it as plain code reads it. */
export const createPapers = (story: Story, agentIds: readonly number[], store: string) => {
  const fx = new Map<string, readonly (string | number)[]>();
  const rates = new Map<string, readonly (string | number)[]>();
  const roles = new Map<string, string>([[String(agentIds[2]), 'junior']]);
  const aliases = new Map<string, number>();
  const heads = {
    fx: 'date,base,quote,rate',
    rates: 'scope,key,hourly,currency,valid_from',
    agents: 'connection,external_id,role',
    partners: 'code,name,aliases',
  };
  const fxRows = (days: { quote: string; fromDay: number; days: number }, rate: (day: number) => string) =>
    Array.from({ length: days.days }, (_, no): readonly string[] => [
      dayOf(days.fromDay + no),
      'EUR',
      days.quote,
      rate(days.fromDay + no),
    ]);
  const keep = (held: typeof fx, rows: readonly (readonly (string | number)[])[], keys: readonly number[]) => {
    for (const row of rows) held.set(keys.map((key) => row[key]).join(' '), row);
    return rows;
  };
  const missing = new Set(
    story.gaps.flatMap((gap) => Array.from({ length: gap.days }, (_, no) => `${gap.quote} ${gap.fromDay + no}`)),
  );
  const usual = Object.entries(perEuro).flatMap(([quote, middle]) => {
    const all = { quote, fromDay: fxDays.first, days: fxDays.last - fxDays.first };
    const wave = (day: number): string => (middle * (1 + 0.03 * Math.sin(day / 9))).toFixed(4);
    return fxRows(all, wave).map((row, no) => ({ row, isMissing: missing.has(`${quote} ${fxDays.first + no}`) }));
  });
  const told = usual.flatMap(({ row, isMissing }) => (isMissing ? [] : [row]));
  keep(fx, told, [0, 1, 2]);
  const partnerRows = (): (readonly string[])[] =>
    ['nord', 'sud', 'west'].map((code, no) => [
      code,
      code,
      [...(code === 'west' ? ['W1'] : []), ...[...aliases].flatMap(([name, of]) => (of === no ? [name] : []))].join(
        '|',
      ),
    ]);
  const roleRows = () => [...roles].map(([id, role]) => ['helpdesk', id, role]);
  const rateOf = ({ scope, who, micros, currency, fromDay }: Story['rates'][number]) => [
    scope,
    { agent: `helpdesk:${agentIds[who]}`, role: who === 0 ? 'senior' : 'junior', default: '' }[scope] ?? '',
    `${Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, '0')}`,
    currency,
    dayOf(fromDay),
  ];
  return {
    items: createItemPapers(store, dayOf),
    partners: () => csv(heads.partners, partnerRows()),
    regions: 'region,name,countries\nnordics,Nordics,SE|NO\ndach,DACH,DE|AT|CH\n',
    agents: () => csv(heads.agents, roleRows()),
    rates: () => csv(heads.rates, rates.values()),
    fx: () => csv(heads.fx, fx.values()),
    mappingRules: JSON.stringify(
      [
        { gives: 'partner', from: { place: 'metafield', namespace: 'trade', key: 'partner' }, values: {} },
        {
          gives: 'partner',
          from: { place: 'line_brand' },
          values: { Nordic: 'nord', Sol: 'sud' },
        },
        { gives: 'partner', from: { place: 'channel' }, values: { 1: 'direct', 3: 'nord', 4: 'sud' } },
      ].filter(({ from }) => story.brandsFirst || from.place !== 'line_brand'),
    ),
    ticketRules: JSON.stringify([
      { when: { tag: 'b2b' }, partner: 'sud' },
      { when: { formId: '360000800001' }, region: 'dach' },
    ]),
    /** The file of one change, noted. */
    addRate: (rate: Story['rates'][number]) => csv(heads.rates, keep(rates, [rateOf(rate)], [0, 1, 4])),
    addFx: (days: { quote: string; fromDay: number; days: number }, millionths: number) =>
      csv(
        heads.fx,
        keep(
          fx,
          fxRows(days, () => (millionths / 1e6).toFixed(6)),
          [0, 1, 2],
        ),
      ),
    /** What was missing at first and nobody told since; null where that is nothing. */
    fillGaps() {
      const late = usual.flatMap(({ row }) => (fx.has(row.slice(0, 3).join(' ')) ? [] : [row]));
      return late.length === 0 ? null : csv(heads.fx, keep(fx, late, [0, 1, 2]));
    },
    setRole(agent: number, role: string) {
      roles.set(String(agentIds[agent]), role);
      return csv(heads.agents, roleRows());
    },
    addAlias(name: string, partner: number) {
      if (!aliases.has(name)) aliases.set(name, partner);
      return csv(heads.partners, partnerRows());
    },
  };
};

/** A product of its own with empty vendors whose webhooks come doubled, late or not at all. */
export const openAccount = async (story: Story) => {
  const clock = handClock(startsAt);
  const faults = { duplicateRate: 0.2, reorderRate: 0.3, lossRate: 0.1 };
  const zendesk = await createZendeskSandbox({ clock, seed: 'random', limits: 'off', faults });
  const bigcommerce = await createBigcommerceSandbox({ clock, seed: 'random', limits: 'off', firstOrderId: 1001 });
  const storeWalks = watchStoreWalks(bigcommerce, clock);
  const basis = { currency: story.currency, timeZone: story.timeZone };
  const running = await startProduct({ clock, ...basis });
  const agentIds = agentNames.map(
    (name) =>
      zendesk.desk.addUser({ name, email: `${name}@example.com`, role: 'agent', locale: null, organizationId: null })
        .id,
  );
  const papers = createPapers(story, agentIds, bigcommerce.settings.name);
  const { bring } = running;
  await bring('partners', papers.partners());
  await bring('regions', papers.regions);
  await bring('mapping-rules', papers.mappingRules);
  await bring('ticket-rules', papers.ticketRules);
  await bring('fx', papers.fx());
  await running.join('zendesk', { ...zendesk.settings, reasonValues });
  await running.join('bigcommerce', bigcommerce.settings);
  /** Resolves when the store was walked at the moment at which the clock stands. */
  const storeWalked = () =>
    vi.waitUntil(
      async () => {
        const [row] = await running.product.db.query<{ walks: bigint }>(
          `select count(*) as walks from sync_cursor where stream in ('orders', 'refunds') and seen_until = $1`,
          [clock.now()],
        );
        return row?.walks === 2n;
      },
      { timeout: 60_000, interval: 15 },
    );
  // However busy the machine: what is imported goes back from the first moment of the story.
  await storeWalked();
  await bring('agents', papers.agents());
  await running.product.db.transaction((tx) =>
    changeAccountSettings(tx, { agentFigures: true }, { actor: 'test', now: clock.now() }),
  );
  const everybodys = {
    do: 'rate',
    scope: 'default',
    who: 0,
    micros: 24_500_000,
    currency: story.currency,
    fromDay: -20,
  } as const;
  for (const rate of [...(story.everyoneRated ? [everybodys] : []), ...story.rates])
    await bring('rates', papers.addRate(rate));
  return {
    ...running,
    clock,
    zendesk,
    bigcommerce,
    agentIds,
    papers,
    basis,
    storeWalks,
    storeWalked,
    async close() {
      storeWalks.stop();
      await running.stop();
      await Promise.all([zendesk.close(), bigcommerce.close()]);
    },
  };
};

export type Account = Awaited<ReturnType<typeof openAccount>>;
