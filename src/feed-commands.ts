import { actor, chosen, command, withProduct } from './command.ts';
import type { Product } from './compose.ts';
import { AppError, type InputFault, InvalidInput, Refused } from './core/errors.ts';
import { type Day, parseDay, startOfDay } from './core/time.ts';
import { type Connection, storedReportingBasis } from './features/directory/index.ts';
import { backfillWords, releaseHistory, verdictOf } from './features/ingest/index.ts';
import { faultLines } from './main.ts';
import { wallClock } from './platform/clock.ts';
import { type Output, print, progressLine } from './terminal.ts';

/** Reads one connection's history or changes, with its progress on the terminal. */
const read = async (
  product: Product,
  connection: Connection,
  since: Date | undefined,
  { tag = false, ...output }: Output & { readonly tag?: boolean },
) => {
  if (tag && product.helpdesks.has(connection.kind) && connection.mode !== 'act')
    throw new Refused(
      `It is in mode observe and writes no tags; see "npx deskledger connection ${connection.id} --mode act".`,
    );
  const shown = progressLine(connection.name, output);
  try {
    const what = product.helpdesks.has(connection.kind) ? 'tickets' : 'orders';
    if (since === undefined)
      return await product.walk(connection, { onProgress: (walked) => shown.show(`${walked} changes read`) });
    const done = await product.backfill(connection, {
      since,
      onProgress: (one) => shown.show(backfillWords(one, what)),
    });
    if (done.comparison && !done.comparison.complete) process.exitCode = 1;
    const { db, clock } = product;
    const tagged = tag ? await releaseHistory(db, connection.id, { since, now: clock.now(), actor }) : undefined;
    return {
      ...done,
      ...(tag && { ticketsToTag: tagged }),
      verdict: done.comparison && verdictOf(done.comparison, connection.id, what),
    };
  } finally {
    shown.end();
  }
};

const walk = (
  day: Day | undefined,
  { connection: idOrName, json, tag }: Output & { connection?: string; tag?: boolean },
) =>
  withProduct(async (product) => {
    // As reports count days: the whole of it is then held.
    const timeZone = (await storedReportingBasis(product.db))?.timeZone ?? 'UTC';
    const since = day === undefined ? undefined : startOfDay(timeZone, day);
    const connections: object[] = [];
    const failures: InputFault[] = [];
    for (const connection of await chosen(product, idOrName)) {
      try {
        connections.push(await read(product, connection, since, { json, ...(tag && { tag }) }));
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        failures.push({ field: connection.name, reason: error.message });
      }
    }
    if (failures.length > 0)
      throw new AppError('upstream', `Not every connection could be walked; the others were.\n${faultLines(failures)}`);
    print({ connections }, { json });
  });

/** backfill and reconcile. */
export const addFeedCommands = (): void => {
  command(
    'backfill',
    "read a helpdesk's or store's history from a day on; called again it goes on where it was cut off",
  )
    .requiredOption('--since <day>', 'YYYY-MM-DD')
    .option('--connection <id>', 'one connection; else all')
    .option(
      '--tag',
      'also have the tags of its tickets written, those of closed ones too; else history is never tagged',
    )
    .action(({ since, ...options }) => {
      const from = parseDay(since);
      if (new Date(`${from}T00:00:00Z`) > wallClock.now())
        throw new InvalidInput(`--since ${since} is a day to come: there is no history of it`, [
          { field: '--since', reason: 'must be today or before' },
        ]);
      return walk(from, options);
    });

  command('reconcile', 'walk the change feeds once and raise what no webhook told')
    .option('--connection <id>', 'one connection; else all')
    .action((options) => walk(undefined, options));
};
