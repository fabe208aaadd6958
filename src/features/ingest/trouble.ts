import { AppError, LimitReached, UpstreamError } from '../../core/errors.ts';
import { minuteMs, secondMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import { isStorageTrouble } from '../../platform/database/trouble.ts';

/** What we were doing: a right that is lacking for one of them stops that one alone. */
export type Area = 'feed' | 'work' | 'tickets' | 'tags' | 'webhook' | 'count';

/** A delivery with a proof that is none of ours, and the header by which the vendor names its account. */
export interface Refusal {
  readonly reason: string;
  readonly account?: { readonly header: string; readonly value: string };
}

/** How we get on with a connection's vendor. */
export type ConnectionState =
  | 'ok'
  | 'credentials'
  | 'forbidden'
  | 'unreachable'
  | 'limited'
  | 'odd answers'
  | 'clock'
  | 'lost fields'
  | 'unread work'
  | 'foreign deliveries';

/** The worst first: of several troubles the first of this order is the connection's state. */
export const byGravity: readonly ConnectionState[] = [
  'credentials',
  'unreachable',
  'odd answers',
  'clock',
  'forbidden',
  'lost fields',
  'unread work',
  'foreign deliveries',
  'limited',
];

interface Trouble {
  readonly area: 'account' | Area;
  readonly state: ConnectionState;
  readonly next: string;
}

const settingsOf = (connectionId: number): string => `deskledger connection ${connectionId} --settings FILE.json`;

const ofAnswer = (error: unknown, area: Area, connectionId: number): Trouble | null => {
  if (isStorageTrouble(error)) return null;
  if (error instanceof LimitReached)
    return {
      area,
      state: 'limited',
      next: 'Nothing to do: what waits goes on by itself. limitShare is our part of the limit.',
    };
  if (error instanceof AppError && error.code === 'refused')
    return {
      area: 'account',
      state: 'credentials',
      next: `Correct the credentials or the address: ${settingsOf(connectionId)}`,
    };
  if (!(error instanceof UpstreamError)) return null;
  const { status, retryable } = error;
  if (status === 401)
    return { area: 'account', state: 'credentials', next: `Give the new key: ${settingsOf(connectionId)}` };
  if (status === 402 || status === 403)
    return {
      area,
      state: 'forbidden',
      next: 'See at the vendor that our user or token still has the rights and that the plan still includes the API; it goes on by itself then.',
    };
  // Of a thing that is gone the vendor speaks for good; a 404 that may be tried again is not the vendor's.
  if (status !== undefined && ((status >= 200 && status < 400) || (retryable && (status === 404 || status === 410))))
    return {
      area: 'account',
      state: 'odd answers',
      next: `Open the address of the connection in a browser: a login page, a proxy or a moved account answers in its place? Else wait for the vendor; correct an address with ${settingsOf(connectionId)}.`,
    };
  if (retryable)
    return {
      area: 'account',
      state: 'unreachable',
      next: "See the vendor's status page and that this machine can reach it; what waits goes on by itself then.",
    };
  return null;
};

/** What an error says of the connection; null where it speaks of one ticket, or of ourselves. */
export const troubleOf = (error: unknown, area: Area, connectionId: number): Trouble | null => {
  const trouble = ofAnswer(error, area, connectionId);
  if (area !== 'work') return trouble;
  // A stream beside the tickets may fail while all else works: of the account the tickets tell.
  if (trouble) return { ...trouble, area };
  if (!(error instanceof UpstreamError)) return null;
  return {
    area,
    state: 'unread work',
    next: `See at the vendor that this stream of work still exists and answers; it is read on from where it stopped within an hour of that. One that is not wanted is switched off by a setting: ${settingsOf(connectionId)}`,
  };
};

/** Tickets that fail alike, without a success between, from which on the connection is at fault and not they. */
const sureAfter = 3;
const firstHoldMs = 5 * secondMs;
const longestHoldMs = 5 * minuteMs;

/** Nothing is held back after one failure; then 5 s, 10 s, 20 s ... at most 5 min, after which one try probes. */
const holdMs = (error: unknown, failures: number): number => {
  if (error instanceof LimitReached) return Math.min(Math.max(error.retryAfterMs, secondMs), longestHoldMs);
  return failures < 2 ? 0 : Math.min(firstHoldMs * 2 ** (failures - 2), longestHoldMs);
};

export interface Troubles {
  /**
   * Writes down what an error says of the connection. Where it came of one ticket alone, and may be that ticket's fault, the
   * connection is blamed only once several have it and none has not. True where the connection is at fault for sure.
   */
  met(connectionId: number, area: Area, error: unknown, ticketId?: bigint): Promise<boolean>;
  /** Something of the area worked. */
  well(connectionId: number, area: Area): Promise<void>;
  /** The area alone is in no trouble any more; of the account nothing was learned. */
  over(connectionId: number, area: Area): Promise<void>;
  /** Until when the area is not to be tried; null: now. */
  heldUntil(connectionId: number, area: Area): Promise<Date | null>;
  /** A delivery was refused; it tells of the connection for an hour, and is written down once a minute at most. */
  refused(connectionId: number, refusal: Refusal): Promise<void>;
  /** Forgets refusals that none followed for an hour. */
  forgetRefused(connectionId: number): Promise<void>;
  /** How far our clock is ahead of the vendor's, as one answer told. */
  sawSkew(connectionId: number, skewMs: number): Promise<void>;
  /** Mapped ticket fields are gone at the helpdesk, or their list is closed to us; null: all are there. Nothing is held back for it. */
  sawFields(
    connectionId: number,
    trouble: { readonly state: 'lost fields' | 'forbidden'; readonly text: string; readonly next: string } | null,
  ): Promise<void>;
  /** Whether mapped ticket fields were gone, or closed to us, when they were last looked at. */
  lacksFields(connectionId: number): Promise<boolean>;
}

/** Whoever sends what we refuse must not keep the database busy. */
const refusedEveryMs = minuteMs;
const refusedForMs = 60 * minuteMs;

/** A clock that is off by more spoils signatures and the order of events. Answers take seconds, and vendors round. */
const mostSkewMs = 2 * minuteMs;
/** One that stays off is noted again this often. */
const skewedEveryMs = 15 * minuteMs;

export const createTroubles = ({ sql, clock }: { readonly sql: Sql; readonly clock: Clock }): Troubles => {
  /** What was noted of a connection's clock and when, in ms, so that answers cost nothing; absent: the process before this one may have. */
  const skewed = new Map<number, { readonly off: boolean; readonly atMs: number }>();
  /** Tickets by connection that failed by themselves since something last worked. */
  const suspects = new Map<number, Set<bigint>>();
  /** When a refusal was last written down, by connection, in ms. */
  const refusedAt = new Map<number, number>();

  const write = async (
    connectionId: number,
    { area, state, next }: Omit<Trouble, 'area'> & { area: Trouble['area'] | 'clock' | 'deliveries' | 'fields' },
    text: string,
    hold: (failures: number) => number,
  ): Promise<number> => {
    const now = clock.now();
    const [row] = await sql.query<{ failures: number }>(
      `insert into connection_trouble as t (connection_id, area, state, text, next_step, since, failures, hold_until)
       select id, $2, $3, $4, $5, $6, 1, $6 from connection where id = $1
       on conflict (connection_id, area) do update set
         since = case when t.state = excluded.state then t.since else excluded.since end,
         state = excluded.state, text = excluded.text, next_step = excluded.next_step,
         -- Lots that fail together are one failure: only what failed after the last hold counts.
         failures = t.failures + case when t.hold_until <= excluded.hold_until then 1 else 0 end
       returning failures`,
      [connectionId, area, state, text, next, now],
    );
    const failures = row?.failures ?? 0;
    await sql.query(
      'update connection_trouble set hold_until = greatest(hold_until, $3::timestamptz) where connection_id = $1 and area = $2',
      [connectionId, area, new Date(now.getTime() + hold(failures))],
    );
    return failures;
  };

  return {
    async met(connectionId, area, error, ticketId) {
      const trouble = troubleOf(error, area, connectionId);
      if (!trouble) return false;
      if (ticketId !== undefined) {
        const alike = suspects.get(connectionId) ?? new Set();
        suspects.set(connectionId, alike.add(ticketId));
        if (alike.size < sureAfter) return false;
      }
      const text = (error as Error).message.slice(0, 500);
      await write(connectionId, trouble, text, (failures) => holdMs(error, failures));
      return true;
    },
    async well(connectionId, area) {
      suspects.delete(connectionId);
      await sql.query("delete from connection_trouble where connection_id = $1 and area in ('account', $2)", [
        connectionId,
        area,
      ]);
    },
    async over(connectionId, area) {
      await sql.query('delete from connection_trouble where connection_id = $1 and area = $2', [connectionId, area]);
    },
    async refused(connectionId, { reason, account }) {
      const nowMs = clock.now().getTime();
      if (nowMs - (refusedAt.get(connectionId) ?? Number.NEGATIVE_INFINITY) < refusedEveryMs) return;
      refusedAt.set(connectionId, nowMs);
      const [known] = account
        ? await sql.query<{ account: string }>(
            `select headers->>$2 as account from delivery
              where connection_id = $1 and headers->>$2 is not null order by received_at desc limit 1`,
            [connectionId, account.header],
          )
        : [];
      const isAnother = account !== undefined && known !== undefined && known.account !== account.value;
      const text = isAnother
        ? `Deliveries come from another account (${account.value.replaceAll(/[^\w-]/g, '').slice(0, 40)}) than the connection's (${known.account}).`
        : `Deliveries are refused: ${reason}`;
      const next = `Delete the webhook of the other account, for instance of its sandbox copy, that leads to our address; where it is our own, deskledger connection ${connectionId} --remote-setup takes over its secret.`;
      await write(connectionId, { area: 'deliveries', state: 'foreign deliveries', next }, text, () => 0);
    },
    async sawFields(connectionId, trouble) {
      if (trouble === null)
        await sql.query("delete from connection_trouble where connection_id = $1 and area = 'fields'", [connectionId]);
      else
        await write(
          connectionId,
          { area: 'fields', state: trouble.state, next: trouble.next },
          trouble.text.slice(0, 500),
          () => 0,
        );
    },
    async lacksFields(connectionId) {
      const rows = await sql.query("select 1 from connection_trouble where connection_id = $1 and area = 'fields'", [
        connectionId,
      ]);
      return rows.length > 0;
    },
    async forgetRefused(connectionId) {
      await sql.query(
        "delete from connection_trouble where connection_id = $1 and area = 'deliveries' and hold_until < $2",
        [connectionId, new Date(clock.now().getTime() - refusedForMs)],
      );
    },
    async heldUntil(connectionId, area) {
      const [row] = await sql.query<{ until: Date | null }>(
        "select max(hold_until) as until from connection_trouble where connection_id = $1 and area in ('account', $2) and hold_until > $3",
        [connectionId, area, clock.now()],
      );
      return row?.until ?? null;
    },
    async sawSkew(connectionId, skewMs) {
      const off = Math.abs(skewMs) > mostSkewMs;
      const noted = skewed.get(connectionId);
      const atMs = clock.now().getTime();
      // Another process, whose clock is right, may have taken back what this one noted.
      if (off === noted?.off && (!off || atMs - noted.atMs < skewedEveryMs)) return;
      if (!off) {
        await sql.query("delete from connection_trouble where connection_id = $1 and area = 'clock'", [connectionId]);
        skewed.set(connectionId, { off, atMs });
        return;
      }
      const minutes = Math.round(Math.abs(skewMs) / minuteMs);
      await write(
        connectionId,
        {
          area: 'clock',
          state: 'clock',
          next: 'Set the clock of this machine, best by NTP (timedatectl set-ntp true).',
        },
        `The clock of this machine is ${minutes} min ${skewMs > 0 ? 'ahead of' : 'behind'} the vendor's.`,
        () => 0,
      );
      skewed.set(connectionId, { off, atMs });
    },
  };
};
