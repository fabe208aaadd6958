import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { moneyJson, wholePpm } from '../../core/money.ts';
import { dayIn } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database/open.ts';
import { answers, moneyAnswer } from '../../platform/http/answers.ts';
import { type Access, maySeeRates, requireScope } from '../access/index.ts';
import { loadPayroll } from '../books/index.ts';
import {
  appliedOn,
  constantNames,
  constantsFrom,
  effectiveHourly,
  isWage,
  listRates,
  loadConstantRows,
  loadCostBasis,
  loadOwnFx,
  namableChannels,
} from '../costing/index.ts';
import { fxGaps } from './fx-gaps.ts';

const part = z.number().nullable().describe('Part of one; null: not given');
const applied = z.enum(['given', 'direct', 'absorbed']);
const day = z.string().describe('YYYY-MM-DD');

const ratesAnswer = z.object({
  rates: z.array(
    z.object({
      scope: z.enum(['agent', 'role', 'team', 'default']),
      key: z.string().describe("The connection's name and the agent's id, the role's or the team's name, or empty"),
      hourly: moneyAnswer.describe('As given'),
      validFrom: day,
      burden: part,
      shrinkage: part,
      occupancy: part,
      applied: applied.nullable().describe('What of the factors is applied today; null: it is all that an hour costs'),
      effectiveHourly: moneyAnswer.describe('What an hour of work costs by that'),
    }),
  ),
});

const constant = {
  name: z
    .string()
    .describe(`One of ${constantNames.join(', ')}: the cap of one update, or what unmeasured work is estimated at`),
  channel: z.string().describe('`*`: any that has none of its own'),
  seconds: z.int(),
};
const constantsAnswer = z.object({
  given: z.array(z.object({ ...constant, validFrom: day })).describe('What people have set, by day'),
  today: z.array(z.object(constant)).describe('What holds today by that, or where nobody has set anything'),
});

const payrollAnswer = z.object({
  months: z
    .array(z.object({ month: z.string().describe('YYYY-MM'), paid: moneyAnswer }))
    .describe('The first month first; one in several currencies stands once in each'),
});

const gapsAnswer = z.object({
  currency: z.string().describe('The reporting currency'),
  gaps: z.array(
    z.object({
      currency: z.string(),
      of: z.enum(['work', 'orders', 'other cost', 'benefit']),
      days: z.int().describe('Days on which a rate is missing'),
      from: day,
      to: day,
      count: z.int().describe('Work entries, orders or amounts'),
      amount: moneyAnswer.optional().describe('In that currency; of work by the scope `rates` alone'),
    }),
  ),
});

/** What prices work: /api/v1/rates and /api/v1/payroll by scope `rates`; /api/v1/cost-basis, /api/v1/constants, /api/v1/fx/own and /api/v1/fx/gaps by `read`. */
export const rateRoutes =
  (deps: {
    readonly db: Database;
    readonly clock: Clock;
    readonly access: Access;
    readonly basis: { readonly currency: string; readonly timeZone: string };
  }): FastifyPluginAsyncZod =>
  async (app) => {
    const { db, clock, access, basis } = deps;
    const read = { onRequest: requireScope(access, 'read') };
    const today = (): string => dayIn(basis.timeZone, clock.now());

    app.get(
      '/api/v1/rates',
      {
        onRequest: requireScope(access, 'rates'),
        schema: {
          summary: 'Every rate with its factors and what an hour costs by them',
          tags: ['money'],
          ...answers('Rates by scope, key and day', ratesAnswer),
        },
      },
      async () => {
        const now = appliedOn(await loadCostBasis(db), today());
        const share = (ppm: number | null): number | null => (ppm === null ? null : ppm / wholePpm);
        return {
          rates: (await listRates(db)).map((rate) => ({
            scope: rate.scope,
            key: rate.shownKey,
            hourly: moneyJson({ micros: rate.hourlyMicros, currency: rate.currency }),
            validFrom: rate.validFrom,
            burden: share(rate.burdenPpm),
            shrinkage: share(rate.shrinkagePpm),
            occupancy: share(rate.occupancyPpm),
            applied: isWage(rate) ? now : null,
            effectiveHourly: moneyJson({
              micros: isWage(rate) ? effectiveHourly(rate, now) : rate.hourlyMicros,
              currency: rate.currency,
            }),
          })),
        };
      },
    );

    app.get(
      '/api/v1/cost-basis',
      {
        ...read,
        schema: {
          summary: 'From when on which factors of a wage are applied',
          tags: ['money'],
          ...answers(
            'The switch of today and its history; `given` before the first',
            z.object({ applied, history: z.array(z.object({ validFrom: day, applied })) }),
          ),
        },
      },
      async () => {
        const history = await loadCostBasis(db);
        return { applied: appliedOn(history, today()), history };
      },
    );

    app.get(
      '/api/v1/constants',
      {
        ...read,
        schema: {
          summary: 'Caps, and the seconds at which work is estimated that nobody measured',
          tags: ['money'],
          ...answers('By name, channel and day', constantsAnswer),
        },
      },
      async () => {
        const given = await loadConstantRows(db);
        const secondsOf = constantsFrom(given);
        const holding = constantNames.flatMap((name) =>
          namableChannels.map((channel) => ({ name, channel, seconds: secondsOf(name, channel, today()) })),
        );
        return { given, today: holding };
      },
    );

    app.get(
      '/api/v1/payroll',
      {
        onRequest: requireScope(access, 'rates'),
        schema: {
          summary: 'What the team was paid, as it was imported',
          tags: ['money'],
          ...answers('By month', payrollAnswer),
        },
      },
      async () => ({
        months: (await loadPayroll(db)).map(({ month, currency, micros }) => ({
          month,
          paid: moneyJson({ micros, currency }),
        })),
      }),
    );

    app.get(
      '/api/v1/fx/own',
      {
        ...read,
        schema: {
          summary: 'Exchange rates of our own, for currencies that the ECB lacks',
          tags: ['money'],
          ...answers(
            'By pair and first day',
            z.object({
              rates: z.array(
                z.object({
                  base: z.string(),
                  quote: z.string(),
                  rate: z.string().describe('Units of `quote` per one `base`'),
                  validFrom: day,
                  validTo: z.string().nullable(),
                  source: z.string(),
                }),
              ),
            }),
          ),
        },
      },
      async () => ({ rates: await loadOwnFx(db) }),
    );

    app.get(
      '/api/v1/fx/gaps',
      {
        ...read,
        schema: {
          summary: 'What is in no figure for want of an exchange rate: currency, days, money',
          tags: ['money'],
          ...answers('By currency and kind; empty where all is priced', gapsAnswer),
        },
      },
      async (request) => {
        const seesRates = maySeeRates(request);
        const gaps = await fxGaps(db, { currency: basis.currency, today: today() });
        return {
          currency: basis.currency,
          gaps: gaps.map(({ micros, ...gap }) => ({
            ...gap,
            ...((seesRates || gap.of !== 'work') && { amount: moneyJson({ micros, currency: gap.currency }) }),
          })),
        };
      },
    );
  };
