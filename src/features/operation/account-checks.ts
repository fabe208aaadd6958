import { AppError } from '../../core/errors.ts';
import { dayMs, minuteMs, secondMs } from '../../core/time.ts';
import type { Finding, HelpdeskClient, RemoteState } from '../../helpdesks/port.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Connection } from '../directory/index.ts';
import { type Check, reasonOf } from './check.ts';
import { type FieldsLook, fieldChecks } from './field-checks.ts';

/** What a look at a connection's account found. */
export interface AccountLook {
  /** Our clock minus the vendor's; null where its answers tell no time. */
  readonly skewMs: number | null;
  readonly findings: readonly Finding[];
  /** How our webhook stands; null where there is none to look at. */
  readonly webhook: RemoteState | { readonly state: 'unknown'; readonly reason: string } | null;
  /** Null: it has none, or we may not read them. */
  readonly fields: FieldsLook | null;
}

/** Signed deliveries and dated work go wrong beyond these. */
const skewWarnMs = minuteMs;
const skewFaultMs = 5 * minuteMs;

const clockCheck = (what: string, skewMs: number): Check => {
  const off = Math.abs(skewMs);
  const seconds = Math.round(off / secondMs);
  const found = `${seconds} s ${skewMs < 0 ? 'behind' : 'ahead of'} the vendor's`;
  if (off < skewWarnMs)
    return { what: `${what}, clock`, state: 'ok', found: seconds === 0 ? "as the vendor's" : found };
  return {
    what: `${what}, clock`,
    state: off < skewFaultMs ? 'warning' : 'fault',
    found: `ours is ${found}`,
    next: 'Set this machine\'s clock by NTP, e.g. "timedatectl set-ntp true".',
  };
};

const states = { ok: 'ok', warn: 'warning', fail: 'fault' } as const;

const findingCheck = (what: string, { topic, level, text, next }: Finding): Check => {
  const name = `${what}, ${topic}`;
  const state = states[level];
  return state === 'ok'
    ? { what: name, state, found: text }
    : { what: name, state, found: text, next: next ?? 'Nothing to do here; see at the helpdesk.' };
};

const webhookState = (what: string, id: number, webhook: NonNullable<AccountLook['webhook']>): Check => {
  const name = `${what}, webhook at the vendor`;
  if (webhook.state === 'fine') return { what: name, state: 'ok', found: 'active, to our address, with our secret' };
  return webhook.state === 'unknown'
    ? { what: name, state: 'warning', found: webhook.reason, next: 'See that our user may read webhooks.' }
    : {
        what: name,
        state: 'fault',
        found: webhook.reason,
        next: `deskledger connection ${id} --remote-setup mends it.`,
      };
};

/** Clock, rights, plan, quota, own survey, fields and webhook of one account, as a look found them. */
export const accountChecks = (
  what: string,
  connection: Pick<Connection, 'id' | 'settings'>,
  look: AccountLook,
): Check[] => [
  ...(look.skewMs === null ? [] : [clockCheck(what, look.skewMs)]),
  ...look.findings
    // Which fields are used says that they exist.
    .filter(({ topic, level }) => look.fields === null || topic !== 'fields' || level !== 'ok')
    .map((finding) => findingCheck(what, finding)),
  ...(look.fields === null ? [] : fieldChecks(what, connection, look.fields)),
  ...(look.webhook === null ? [] : [webhookState(what, connection.id, look.webhook)]),
];

/** Below this share of tickets the costs say more of the estimate than of the work. */
const littleMeasured = 0.5;
const measuredDays = 30;

/**
 * The share of worked tickets whose time was measured, over the last 30 days; null where nothing was worked. A helpdesk without
 * a clock is none to warn of.
 */
export const measuredCheck = async (
  sql: Sql,
  what: string,
  { id, now, unclocked = false }: { readonly id: number; readonly now: Date; readonly unclocked?: boolean },
): Promise<Check | null> => {
  const [row] = await sql.query<{ worked: bigint; measured: bigint }>(
    `select count(distinct ticket_id) as worked, count(distinct ticket_id) filter (where kind = 'measured') as measured
       from work_entry where connection_id = $1 and state = 'costed' and costed_seconds > 0 and worked_at > $2`,
    [id, new Date(now.getTime() - measuredDays * dayMs)],
  );
  const worked = Number(row?.worked ?? 0n);
  if (worked === 0) return null;
  if (unclocked)
    return {
      what: `${what}, measured time`,
      state: 'ok',
      found: `the helpdesk measures none: ${worked} tickets worked in the last ${measuredDays} days are estimated from replies`,
    };
  const share = Number(row?.measured ?? 0n) / worked;
  const name = `${what}, measured time`;
  const found = `${Math.round(share * 100)} % of ${worked} tickets worked in the last ${measuredDays} days have measured time`;
  return share >= littleMeasured
    ? { what: name, state: 'ok', found }
    : {
        what: name,
        state: 'warning',
        found: `${found}; the others are estimated from replies`,
        next: 'See under handle time whether the clock is found, and that agents run it; mobile, API and bulk edits leave no time.',
      };
};

/** What is written and taken away again: nothing else has such a tag. */
export const testTagOf = (tagPrefix: unknown): string =>
  `${typeof tagPrefix === 'string' ? tagPrefix : ''}deskledger_test`;

const carries = async (client: HelpdeskClient, externalId: string, tag: string): Promise<boolean> => {
  const { tickets } = await client.pullTickets([{ externalId, withHistory: 'no' }]);
  return tickets.some(({ tags }) => tags.includes(tag));
};

/** Writes our test tag to one ticket, reads it back and takes it away again. */
export const tagRoundTrip = async (
  what: string,
  client: HelpdeskClient,
  { externalId, tag }: { readonly externalId: string | null; readonly tag: string },
): Promise<Check> => {
  const name = `${what}, tag round trip`;
  if (externalId === null) return { what: name, state: 'ok', found: 'not tried: no open ticket is known' };
  const rights = 'See that our user may edit tickets and their tags.';
  try {
    let wrote = false;
    try {
      await client.changeTags(externalId, { add: [tag], remove: [] });
      wrote = await carries(client, externalId, tag);
    } finally {
      await client.changeTags(externalId, { add: [], remove: [tag] });
    }
    const gone = !(await carries(client, externalId, tag));
    if (wrote && gone)
      return { what: name, state: 'ok', found: `${tag} was written to ticket ${externalId}, read back and taken away` };
    return {
      what: name,
      state: 'fault',
      found: `${tag} ${wrote ? 'stayed on' : 'did not arrive on'} ticket ${externalId}`,
      next: wrote ? `Take the tag away by hand. ${rights}` : rights,
    };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { what: name, state: 'fault', found: reasonOf(error), next: rights };
  }
};
