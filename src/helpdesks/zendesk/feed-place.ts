import { z } from 'zod';

/** Where a feed goes on, as text; what is no such text is a feed that starts. Milliseconds since 1970. */
export interface Place {
  readonly fromMs: number;
  readonly notBeforeMs: number;
}

const placeSchema = z.object({ fromMs: z.number(), notBeforeMs: z.number().default(0) });

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

export const placeOf = (cursor: string | null, since: Date): Place => {
  const parsed = placeSchema.safeParse(cursor === null ? null : jsonOf(cursor));
  return parsed.success ? parsed.data : { fromMs: since.getTime(), notBeforeMs: 0 };
};

export const cursorOf = (place: Place): string => JSON.stringify(place);
