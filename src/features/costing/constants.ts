import type { Day } from '../../core/time.ts';
import { type Channel, channels } from '../../helpdesks/port.ts';
import type { Sql } from '../../platform/database/database.ts';

export const constantNames = ['cap', 'public_reply', 'internal_note', 'ai_public_reply'] as const;
export type ConstantName = (typeof constantNames)[number];

/** Those that a setting may name: `api` counts as e-mail. */
export const namableChannels = channels.filter((channel) => channel !== 'api');

/** One dated setting; the channel `*` stands for every channel that has no row of its own. */
export interface ConstantRow {
  readonly name: string;
  readonly channel: string;
  readonly seconds: number;
  readonly validFrom: Day;
}

/** Seconds of a constant on a channel and day. */
export type Constants = (name: ConstantName, channel: Channel | null, day: Day) => number;

const briefChannels: readonly (Channel | null)[] = ['chat', 'messaging', 'social'];

/** What holds where nobody has set anything. RULES section 4; the reply of an AI agent counts only where AI agents have a rate. */
const defaultSeconds: Constants = (name, channel) => {
  if (name === 'cap') return 4 * 3600;
  if (name === 'internal_note' || name === 'ai_public_reply') return 60;
  if (channel === 'phone') return 360;
  return briefChannels.includes(channel) ? 90 : 300;
};

/** Per name and channel the latest row valid on the day: the channel's own, else `*`, else the default. `api` counts as e-mail. */
export const constantsFrom = (rows: readonly ConstantRow[]): Constants => {
  const newestFirst = rows.toSorted((a, b) => (a.validFrom < b.validFrom ? 1 : a.validFrom > b.validFrom ? -1 : 0));
  return (name, channel, day) => {
    const counted = channel === 'api' ? 'email' : channel;
    const valid = newestFirst.filter((row) => row.name === name && row.validFrom <= day);
    const row = valid.find((one) => one.channel === counted) ?? valid.find((one) => one.channel === '*');
    return row?.seconds ?? defaultSeconds(name, counted, day);
  };
};

/** What people have set, by name, channel and day. */
export const loadConstantRows = (sql: Sql): Promise<ConstantRow[]> =>
  sql.query<ConstantRow>(
    'select name, channel, seconds, valid_from::text as "validFrom" from costing_constant order by name, channel, valid_from',
  );

export const loadConstants = async (sql: Sql): Promise<Constants> => constantsFrom(await loadConstantRows(sql));
