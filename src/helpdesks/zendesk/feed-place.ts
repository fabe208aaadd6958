import { z } from 'zod';
import type { Clock } from '../../platform/clock.ts';
import { jsonIn } from '../../platform/http/body.ts';
import type { Http } from '../../platform/http/client.ts';
import type { Actor } from '../port.ts';

/** What a feed of Zendesk is made of. */
export interface FeedParts {
  readonly http: Http;
  readonly clock: Clock;
  readonly actorOf: (agentId: string) => Actor;
}

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
