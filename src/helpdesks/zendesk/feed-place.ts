import { z } from 'zod';
import { jsonIn } from '../../platform/http/body.ts';

/** Where a feed goes on, as text; what is no such text is a feed that starts. Milliseconds since 1970. */
export interface Place {
  readonly fromMs: number;
  readonly notBeforeMs: number;
  /** When the feed was last read from long before `fromMs`; 0: never. */
  readonly readLongAtMs?: number;
}

const placeSchema = z.object({
  fromMs: z.number(),
  notBeforeMs: z.number().default(0),
  readLongAtMs: z.number().default(0),
});

export const placeOf = (cursor: string | null, since: Date): Place => {
  const parsed = placeSchema.safeParse(cursor === null ? null : jsonIn(cursor));
  return parsed.success ? parsed.data : { fromMs: since.getTime(), notBeforeMs: 0 };
};

export const cursorOf = (place: Place): string => JSON.stringify(place);
