import { z } from 'zod';
import { ledgerSides, sides } from '../facts/fact-statements.ts';
import { coverageNames, figureNames, notTold } from './answers.ts';
import { figureNotes, notToldOf, restsOn } from './notes.ts';

export const definitionsAnswer = z.object({
  figures: z.array(
    z.object({
      name: z.string(),
      unit: z.enum(['count', 'money', 'share', 'rate', 'seconds']),
      of: z.enum(sides).describe('What it is counted on; rows by a dimension that does not know these have null'),
      coverages: z
        .array(z.enum(coverageNames))
        .readonly()
        .describe('Of the row’s `coverage`: all that tell how much is known of what it rests on'),
      is: z.string(),
      rests: z
        .array(z.enum(ledgerSides))
        .readonly()
        .describe('What must be held of its days: where a row’s `notHeld` names one, it is of what is held'),
      notTold: z.array(z.object(notTold)).describe('The dimensions by which rows have null, and why'),
    }),
  ),
});

export const definitions = (): z.output<typeof definitionsAnswer>['figures'] =>
  figureNames.map((name) => ({
    name,
    ...figureNotes[name],
    rests: restsOn(name, figureNotes[name].of, { bringsByRevenue: true }),
    notTold: notToldOf(figureNotes[name].of),
  }));
