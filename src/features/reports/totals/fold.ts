import { addDays, type Day, daysBetween } from '../../../core/time.ts';
import type { Sql } from '../../../platform/database/database.ts';
import type { Database } from '../../../platform/database/open.ts';
import { againSql, type Book, books, ledgerSql, totalColumns, writtenAgain, writtenBook } from './books.ts';
import { monthOf, type Piece, type Run, runsOf, spanStart, spans } from './spans.ts';

/** Days, or months of pooled rates, that are added up in one transaction. */
const atOnce = 16;
/** Any one number of ours, so that two workers never add up at the same time. */
const addUpLock = 3_900_003;

/** A day that is still being written to waits until it is quiet for so long, but no longer than the second: reports read it from the ledger meanwhile. */
const quietSeconds = 10;
const longestSeconds = 600;
/**
 * One that was added up lately waits for as long as all that are marked would take, at so many seconds each: under a long job
 * that comes back to its days, adding up again takes a twentieth of a processor, and where few are marked nothing waits.
 */
const againSeconds: Readonly<Record<Book['marks'], number>> = { day: 1, month: 10 };

/** The first days or months that need not wait, in order. */
const markedDays = async (tx: Sql, book: Book, { patient }: { readonly patient: boolean }): Promise<Day[]> => {
  const rows = await tx.query<{ day: Day }>(
    `with marked as (select day, min(at) as first, max(at) as last from rollup_mark where book = $1 group by day)
     select m.day from marked m left join rollup_day d on d.book = $1 and d.day = m.day
      where m.first < now() - $3 * interval '1 second'
         or m.last < now() - $2 * interval '1 second'
            and (d.added_at is null or d.added_at < now() - (select count(*) from marked) * $5 * interval '1 second')
      order by 1 limit $4`,
    [book.name, quietSeconds, patient ? longestSeconds : -1, atOnce, againSeconds[book.marks]],
  );
  return rows.map(({ day }) => day);
};

/** Takes the marks of days away, those of this snapshot alone, and counts them. */
const takeMarks = (tx: Sql, book: Book, days: readonly Day[]): Promise<unknown> =>
  tx.query(
    `with taken as (delete from rollup_mark where book = $1 and day = any($2::date[]) returning day)
     insert into rollup_day (book, day, marks, added_at) select $1, day, count(*), now() from taken group by day
     on conflict (book, day) do update set marks = rollup_day.marks + excluded.marks, added_at = excluded.added_at`,
    [book.name, days],
  );

/** Adds up the runs of 2 to 64 days in which these days lie, each from those below it. */
const addUpRuns = async (tx: Sql, book: Book, { from, to }: Run): Promise<void> => {
  const columns = totalColumns(book);
  const sums = columns.map((column) => `add_up(${column})`).join(', ');
  for (const [index, span] of spans.entries()) {
    const below = spans[index - 1];
    if (below === undefined) continue;
    const period = [spanStart(from, span), addDays(spanStart(to, span), span - 1)];
    await tx.query(`${book.clear} where span = ${span} and starts_on between $1 and $2`, period);
    await tx.query(
      `insert into ${book.table} (span, starts_on, partner, region, ${columns.join(', ')})
       select ${span}, starts_on - mod(mod(starts_on - date '1970-01-01', ${span}) + ${span}, ${span}), partner, region, ${sums}
         from ${book.table} where span = ${below} and starts_on between $1 and $2 group by 2, 3, 4`,
      period,
    );
  }
};

/**
 * Writes down, each once, the runs of 1 to 64 days in which these days lie, as reports of all cells read them. What was written
 * of them before went when their rows changed (the triggers of rollup_total and rollup_pooled).
 */
const writeRuns = async (tx: Sql, book: Book, runs: readonly Run[]): Promise<void> => {
  const pieces = new Map<string, Piece>();
  for (const { from, to } of runs)
    for (const span of spans) {
      const first = spanStart(from, span);
      for (let days = daysBetween(first, to); days >= 0; days -= span) {
        const startsOn = spanStart(addDays(first, days), span);
        pieces.set(`${span} ${startsOn}`, { span, startsOn });
      }
    }
  await tx.query(
    `insert into rollup_written (book, span, starts_on, cells)
     select $1, s.span, s.starts_on, ${writtenBook(book)} from unnest($2::int[], $3::date[]) as p(span, starts_on)
       join ${book.table} s on s.span = p.span and s.starts_on = p.starts_on group by 2, 3`,
    [book.name, [...pieces.values()].map(({ span }) => span), [...pieces.values()].map(({ startsOn }) => startsOn)],
  );
};

const addUpDays = async (tx: Sql, book: Book, { from, to }: Run, timeZone: string): Promise<void> => {
  const columns = totalColumns(book).join(', ');
  await tx.query(`${book.clear} where span = 1 and starts_on between $1 and $2`, [from, to]);
  if (book.again.length > 0) await tx.query('delete from rollup_again where day between $1 and $2', [from, to]);
  const again = `again as (
       insert into rollup_again (day, before, cells) ${writtenAgain(book, 'pairs')}
     ),`;
  await tx.query(
    `with ${book.again.length > 0 ? `pairs as (${againSql}), ${again}` : ''}
     summed as (${ledgerSql(book, book.daily, 'pairs')})
     insert into ${book.table} (span, starts_on, partner, region, ${columns}) select 1, day, partner, region, ${columns} from summed`,
    [from, to, timeZone],
  );
};

/**
 * Adds up days that were marked, with the runs of days in which they lie, and takes their marks away: those of this
 * snapshot alone, so that what is written meanwhile leaves the day marked. Returns how many days or months it did; 0 also when
 * another worker is at it.
 */
export const addUpMarked = (
  db: Database,
  {
    timeZone,
    patient = true,
  }: { readonly timeZone: string /** False: also what is to wait. */; readonly patient?: boolean },
): Promise<number> =>
  db.transaction(
    async (tx) => {
      const [lock] = await tx.query<{ held: boolean }>('select pg_try_advisory_xact_lock($1) as held', [addUpLock]);
      if (!lock?.held) return 0;
      let done = 0;
      for (const book of books) {
        const days = await markedDays(tx, book, { patient });
        if (days.length === 0) continue;
        await takeMarks(tx, book, days);
        const runs = book.marks === 'day' ? runsOf(days) : days.map(monthOf);
        for (const run of runs) {
          await addUpDays(tx, book, run, timeZone);
          await addUpRuns(tx, book, run);
        }
        await writeRuns(tx, book, runs);
        done += days.length;
      }
      return done;
    },
    { isolation: 'repeatable read' },
  );
