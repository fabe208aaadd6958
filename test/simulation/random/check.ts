import { expect } from 'vitest';
import { createHistory } from '../../../src/sandbox/history.ts';
import { expectFigures, expectRowsToAddUp, expectShares, groupings, type Report, reportPath } from '../figures.ts';
import { type Dimension, dimensions } from '../oracle/counts.ts';
import { heldDays } from '../oracle/held-days.ts';
import { dayReader } from '../oracle/numbers.ts';
import type { Period } from '../oracle/periods.ts';
import { createOracle, type GroupBy, type Oracle } from '../oracle/report.ts';
import { type Account, dayOf, openAccount, reasonValues } from './account.ts';
import { expectDrillDown, expectSeries } from './drill-checks.ts';
import { expectFiguresBy, expectTopMarkets, expectWorthBy, type FigureReport, withPartner } from './figure-checks.ts';
import { expectKept } from './kept-checks.ts';
import { writtenIn } from './languages.ts';
import { createPlayer } from './play.ts';
import { growth, replayDeliveries } from './replays.ts';
import type { Story } from './story.ts';
import { expectWorth } from './worth-checks.ts';

const periods: readonly [Period, ...Period[]] = [
  { from: dayOf(-400), to: dayOf(60) },
  { from: dayOf(0), to: dayOf(0) },
  { from: dayOf(1), to: dayOf(6) },
  { from: dayOf(-31), to: dayOf(-1) },
];

const historyOf = ({ zendesk: { desk, apiUserId }, bigcommerce: { shop } }: Account) =>
  createHistory({ desk, shop, apiUserId, planned: new Map(), answers: () => [] });

const oracleOf = async (account: Account) => {
  const { zendesk, papers, basis } = account;
  const { settings } = zendesk;
  return createOracle({
    history: historyOf(account),
    inputs: {
      partners: papers.partners(),
      regions: papers.regions,
      agents: papers.agents(),
      rates: papers.rates(),
      fx: papers.fx(),
      mappingRules: papers.mappingRules,
      ticketRules: papers.ticketRules,
    },
    connection: settings.name,
    ...basis,
    fieldIds: {
      totalTime: settings.totalTimeFieldId,
      orderNumber: settings.orderNumberFieldId,
      partner: settings.partnerFieldId,
      region: settings.regionFieldId,
      reason: settings.reasonFieldId,
    },
    connectionId: String((await account.product.directory.connections.get(settings.name)).id),
    reasonValues,
    textLanguage: writtenIn,
    worth: {
      otherCosts: papers.items.otherCosts(),
      benefits: papers.items.benefits(),
      store: account.bigcommerce.settings.name,
      held: heldDays(account.storeWalks.walks(), dayReader(basis.timeZone)),
    },
    isSeen: () => true,
  });
};

/** What each ticket costs, with all that was worked on it: says more than a report that differs. */
const expectCosts = async ({ product: { db } }: Account, { lines }: Oracle): Promise<void> => {
  const posted = await db.query<{ id: string; micros: string; microseconds: string; entries: unknown }>(
    `select t.external_id as id, coalesce(sum(p.cost_micros), 0)::text as micros, coalesce(sum(p.microseconds), 0)::text as microseconds,
            (select jsonb_agg(to_jsonb(e) - 'id' - 'connection_id' order by e.id) from work_entry e where e.ticket_id = t.id) as entries
       from ticket t left join posting p on p.ticket_id = t.id group by t.id order by t.id`,
  );
  const wrong = posted.flatMap(({ entries, ...found }) => {
    const own = lines.filter(({ ticketId }) => String(ticketId) === found.id);
    const right = {
      id: found.id,
      micros: String(own.reduce((sum, { micros }) => sum + micros, 0n)),
      microseconds: String(own.reduce((sum, { microseconds }) => sum + microseconds, 0n)),
    };
    return right.micros === found.micros && right.microseconds === found.microseconds
      ? []
      : [{ found, right, own, entries }];
  });
  expect(wrong).toEqual([]);
};

const together: readonly (readonly Dimension[])[] = [
  ['partner', 'country'],
  ['channel', 'day'],
  ['partner', 'region', 'month'],
  ['partner', 'agent', 'week'],
  ['partner', 'reason', 'language'],
];
/** Some of a list, others for another number; the step and its length have no common divisor. */
const someOf = <Of>(list: readonly Of[], count: number, { step, seed }: { step: number; seed: number }): Of[] =>
  Array.from({ length: count }, (_, no) => list[(seed + no * step) % list.length] as Of);

/** The same dimensions, another first: rows are the same in any order of them. */
const turned = (by: readonly Dimension[], seed: number): Dimension[] => someOf(by, by.length, { step: 1, seed });

/** Over all the days every dimension together with others and some alone, over the others some: each story has its own. */
const askedOf = (period: Period, seed: number): readonly (readonly Dimension[])[] =>
  period === periods[0]
    ? [
        ...someOf(dimensions, 2, { step: 3, seed }).map((dimension) => [dimension]),
        ...together.map((by) => turned(by, seed)),
      ]
    : someOf(together, 1, { step: 1, seed: seed + periods.indexOf(period) }).map((by) => turned(by, seed));

const expectAllFigures = async ({ get }: Account, oracle: Oracle, seed: number): Promise<void> => {
  for (const period of periods)
    for (const by of askedOf(period, seed)) {
      const { from, to } = period;
      const report = await get<FigureReport>(
        `/api/v1/reports/figures?from=${from}&to=${to}&groupBy=${by.join(',')}&limit=500`,
      );
      const counted = oracle.figures(period, by);
      expectFiguresBy(report, by, counted);
      const ofPartners = by.includes('partner') ? counted : oracle.figures(period, withPartner(by));
      expectWorthBy(report, by, { counted, ofPartners, period, partnerships: oracle.partnerships });
      expectTopMarkets(report, by, counted);
    }
};

/** Over all the days by every grouping, over the others by one of them: each story has its own. */
const groupingsOf = (period: Period, seed: number): readonly GroupBy[] =>
  period === periods[0] ? groupings : someOf(groupings, 1, { step: 1, seed: seed + periods.indexOf(period) });

const expectReports = async (account: Account, oracle: Oracle, seed: number): Promise<void> => {
  for (const period of periods)
    for (const groupBy of groupingsOf(period, seed)) {
      const report = await account.get<Report>(reportPath(period, groupBy));
      expectFigures(report, oracle.facts(period, groupBy));
      expectRowsToAddUp(report);
    }
};

/**
 * Plays a story and holds every ticket and report against plain code; then all is told once more in another order, and
 * nothing has changed.
 */
export const checkStory = async (told: Story): Promise<void> => {
  const account = await openAccount(told);
  try {
    const player = createPlayer(account, told);
    await player.playAll();
    await account.storeWalked();
    const oracle = await oracleOf(account);
    await expectShares({ sandbox: { history: historyOf(account) }, product: account.product, oracle });
    await expectCosts(account, oracle);
    await expectReports(account, oracle, told.shuffle);
    await expectAllFigures(account, oracle, told.shuffle);
    for (const [no, period] of periods.entries()) {
      await expectSeries(account, oracle, { period, seed: told.shuffle + no });
      await expectDrillDown(account, period, no === 0 ? 7 : 500);
    }
    await expectWorth(account, oracle, periods);
    await expectKept(account, {
      periods,
      seed: told.shuffle,
      alsoRight: () => expectReports(account, oracle, told.shuffle + 2),
    });
    const before = await growth(account);
    await replayDeliveries(account, told.shuffle);
    await player.settle();
    await account.storeWalked();
    expect(await growth(account)).toEqual(before);
    await expectCosts(account, oracle);
    await expectReports(account, await oracleOf(account), told.shuffle + 1);
  } finally {
    await account.close();
  }
};
