import { z } from 'zod';
import { dayAnswer as day, moneyAnswer } from '../../platform/http/answers.ts';
import { costBasisAnswer, fxDayAnswer } from './answers.ts';
import { daysAnswers, notHeldAnswer } from './held-days.ts';

export const seriesAnswer = z.object({
  from: day,
  to: day,
  step: z.enum(['day', 'week', 'month']),
  partner: z.string().nullable(),
  region: z.string().nullable(),
  costBasis: costBasisAnswer,
  fxDay: fxDayAnswer,
  ...daysAnswers,
  points: z
    .array(
      z.object({
        day: day.describe('The first day of the step; weeks start on Monday'),
        supportCost: moneyAnswer.nullable(),
        handledSeconds: z.number(),
        tickets: z.number(),
        orders: z.number(),
        partial: z.boolean().describe('Of a part of its days alone: the period cuts it, or its last day is not over'),
        notHeld: notHeldAnswer,
      }),
    )
    .readonly()
    .describe('Every step of the period, those without anything too'),
});
export type SeriesPoint = z.output<typeof seriesAnswer>['points'][number];
