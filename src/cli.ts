#!/usr/bin/env node
import { Command, Option } from 'commander';
import { pino } from 'pino';
import { compose, type Product, version } from './compose.ts';
import { loadConfig } from './config.ts';
import { addConnectionCommands } from './connection-commands.ts';
import { AppError, type InputFault, InvalidInput, Refused } from './core/errors.ts';
import { addDays, dayIn, parseDay } from './core/time.ts';
import { demo, parseHelpdesks } from './demo.ts';
import { commandConfig } from './demo-folder.ts';
import { doctor, doctorLines } from './doctor.ts';
import { parseMonth, parseWeek } from './features/books/index.ts';
import type { Connection } from './features/directory/index.ts';
import { backfillWords, dismissUnreadable, releaseHistory, replay, verdictOf } from './features/ingest/index.ts';
import { unmappedValues } from './features/orders/index.ts';
import { parsePeriod, partnerReport, reportCsv } from './features/reports/index.ts';
import { importable, importText } from './import.ts';
import { explain, failureOf, faultLines, serve } from './main.ts';
import { wallClock } from './platform/clock.ts';
import { migrate } from './platform/database/migrate.ts';
import { openDatabase } from './platform/database/open.ts';
import { createLog } from './platform/log.ts';
import { rebase } from './rebase.ts';
import { helpdeskKinds } from './sandbox/index.ts';
import { note, type Output, print, progressLine, readText } from './terminal.ts';

const actor = 'cli';

/** Of a command: to stderr, so that stdout holds the answer alone. */
const log = createLog({ level: 'warn', destination: pino.destination(2) });

const withProduct = async <Result>(work: (product: Product) => Promise<Result>): Promise<Result> => {
  const product = await compose(await commandConfig(), { log });
  try {
    return await work(product);
  } finally {
    await product.close();
  }
};

const missing = (option: string, message: string) => new InvalidInput(message, [{ field: option, reason: 'missing' }]);

const chosen = async ({ directory }: Product, idOrName: string | undefined): Promise<Connection[]> =>
  idOrName === undefined ? directory.connections.list() : [await directory.connections.get(idOrName)];

const program = new Command('deskledger')
  .version(version)
  .description('What each sales partner and each region costs in support, and why.')
  .showHelpAfterError();

/** Each command takes --json; --help comes with commander. */
const command = (signature: string, about: string): Command =>
  program.command(signature).description(about).option('--json', 'print one JSON document');

command('serve', 'run the server: web and worker roles in one process')
  .option('--no-worker', 'the web role alone')
  .action(({ worker }) => serve({ web: true, worker }));

command('worker', 'run the worker role alone').action(() => serve({ web: false, worker: true }));

command('demo', '90 days of a marketplace in 90 seconds, on simulated vendors, without keys')
  .option('--helpdesks <kinds>', `who shares the tickets: ${helpdeskKinds.join(', ')}, with commas`, 'zendesk')
  .action(({ helpdesks }) => demo(loadConfig(), parseHelpdesks(helpdesks)));

addConnectionCommands({ command, withProduct, chosen, actor });

command('doctor', 'what is configured, reachable and working, and the next step for each fault')
  .option('--write', 'also write a test tag to the newest open ticket of each helpdesk, and take it away again', false)
  .action(async ({ write, json }) => {
    const report = await doctor(log, { write });
    if (json) print(report, { json });
    else process.stdout.write(doctorLines(report));
    if (!report.ok) process.exitCode = 1;
  });

const countOption = (option: string, given: string, most: number): number => {
  const count = Number(given);
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw new InvalidInput(`${option} is a whole number from 1 to ${most}`, [{ field: option, reason: 'out of range' }]);
};

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
      return await product.walk(connection, { since, onProgress: (walked) => shown.show(`${walked} changes read`) });
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
  since: Date | undefined,
  { connection: idOrName, json, tag }: Output & { connection?: string; tag?: boolean },
) =>
  withProduct(async (product) => {
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

command('backfill', "read a helpdesk's or store's history from a day on; called again it goes on where it was cut off")
  .requiredOption('--since <day>', 'YYYY-MM-DD')
  .option('--connection <id>', 'one connection; else all')
  .option('--tag', 'also have the tags of its tickets written, those of closed ones too; else history is never tagged')
  .action(({ since, ...options }) => {
    const from = new Date(`${parseDay(since)}T00:00:00Z`);
    if (from > wallClock.now())
      throw new InvalidInput(`--since ${since} is a day to come: there is no history of it`, [
        { field: '--since', reason: 'must be today or before' },
      ]);
    return walk(from, options);
  });

command('reconcile', 'walk the change feeds once and raise what no webhook told')
  .option('--connection <id>', 'one connection; else all')
  .action((options) => walk(undefined, options));

command('report', 'cost, orders and CSAT by partner and region')
  .option('--from <day>', 'first day; 90 days back unless given')
  .option('--to <day>', 'last day; today unless given')
  .addOption(new Option('--group-by <dimensions>').choices(['partner', 'region', 'partner,region']).default('partner'))
  .option('--sealed', 'as these days, one week or month, were last sealed', false)
  .action(async ({ from, to, groupBy, sealed, json }) => {
    const report = await withProduct(({ db, clock, reporting }) => {
      const last = parseDay(to ?? dayIn(reporting.timeZone, clock.now()));
      const period = parsePeriod(from ?? addDays(last, -89), last);
      const asOf = sealed ? 'seal' : undefined;
      return partnerReport(db, { ...period, groupBy: groupBy.split(','), ...reporting, costBasis: 'true', asOf });
    });
    if (json) print(report, { json });
    else process.stdout.write(reportCsv(report));
  });

command('seal', 'publish a week or month: pulls what is open, checks the books, keeps the figures as they are')
  .option('--week <week>', '2026-W21')
  .option('--month <month>', '2026-05')
  .option('--revise', 'close what was posted into it since by a further revision', false)
  .action(async ({ week, month, revise, json }) => {
    if ((week === undefined) === (month === undefined))
      throw missing('--month', 'Say what is sealed: --week or --month');
    const period = week === undefined ? parseMonth(month) : parseWeek(week);
    const shown = progressLine(period.name, { json });
    try {
      const job = await withProduct(async ({ askToSeal, jobs }) =>
        jobs.follow(await askToSeal(period, { revise, actor }), {
          onProgress: ({ done, total }) => shown.show(`${done} of ${total ?? 0} tickets pulled and decided`),
        }),
      );
      if (job.error !== null) throw new Refused(job.error);
      print(job.result ?? {}, { json });
    } finally {
      shown.end();
    }
  });

command('replay', 'take tickets and deliveries out of quarantine, or pull one ticket anew')
  .option('--connection <id>', 'of one connection')
  .option('--ticket <externalId>', 'this ticket, in quarantine or not')
  .option('--dismiss', 'instead give up deliveries that cannot be read: they leave the quarantine', false)
  .action(async ({ connection: idOrName, ticket: ticketExternalId, dismiss, json }) => {
    const result = await withProduct(async ({ db, clock, directory, adapters }) => {
      const connection = idOrName === undefined ? undefined : await directory.connections.get(idOrName);
      if (dismiss) return { dismissed: await dismissUnreadable({ db, clock }, { connection, actor }) };
      return replay({ sql: db, clock, directory, adapters }, { connection, ticketExternalId });
    });
    print(result, { json });
  });

command('import <what> <file>', `import ${importable.join(', ')}`)
  .option('--dry-run', 'say what it would do, change nothing', false)
  .action(async (what: string, file: string, { dryRun, json }) => {
    const text = await readText(file);
    const shown = progressLine(what, { json });
    try {
      const report = await withProduct((product) =>
        importText(product, what, text, {
          dryRun,
          actor,
          onProgress: ({ job, done, total }) =>
            shown.show(`${job ? `job ${job}: ` : ''}${done} of ${total ?? '?'} orders and tickets`),
        }),
      );
      shown.end();
      print(report, { json });
    } finally {
      shown.end();
    }
  });

command(
  'rules <what>',
  'unmapped: values on orders that name nobody known; coverage: orders that tell partner and country; suggestions: rules that the latest orders suggest; corrections: rules that agents made by hand',
)
  .option('--orders <n>', 'how many of the latest orders are looked at, up to 500', '500')
  .option('--days <n>', 'how far back corrections are looked at', '90')
  .action(async (what: string, { orders, days, json }) => {
    const answer = await withProduct(async ({ db, ruleChanges }): Promise<object> => {
      const most = countOption('--orders', orders, 500);
      switch (what) {
        case 'unmapped':
          return { items: await unmappedValues(db, { limit: 500 }) };
        case 'coverage':
          return ruleChanges.coverage(most);
        case 'suggestions':
          return { stores: await ruleChanges.suggestMapping(most) };
        case 'corrections':
          return { items: await ruleChanges.suggestTicketRules(countOption('--days', days, 1100)) };
        default:
          throw new InvalidInput('rules unmapped, rules coverage, rules suggestions or rules corrections', [
            { field: 'what', reason: 'unknown' },
          ]);
      }
    });
    print(answer, { json });
  });

command(
  'user <action>',
  'sign-in: a one-time link for a person; list: who there is; revoke: end sessions, links and scopes of a person',
)
  .option('--name <name>', 'whose; admin unless given, revoke needs it')
  .option('--scopes <scopes>', 'read, write, rates; unless given, a new person gets all and another keeps theirs')
  .action(async (action: string, { name, scopes, json }) => {
    const answer = await withProduct(async ({ access, config }) => {
      if (action === 'list') return { users: await access.users() };
      if (action !== 'sign-in' && action !== 'revoke')
        throw new InvalidInput('user sign-in, user list or user revoke', [{ field: 'action', reason: 'unknown' }]);
      if (action === 'revoke') {
        if (name === undefined) throw missing('--name', 'Say whose sessions end: --name');
        await access.revokeUser(name, { actor });
        return { revoked: name };
      }
      const asked = { name: name ?? 'admin', actor, ...(scopes !== undefined && { scopes }) };
      const { token, expiresAt } = await access.createSignIn(asked);
      return { link: `${config.publicUrl}/sign-in/${token}`, expiresAt };
    });
    print(answer, { json });
  });

command('token <action>', 'create, list or revoke API tokens')
  .option('--name <name>', 'what it is for')
  .option('--scopes <scopes>', 'read, write, rates', 'read')
  .action(async (action: string, { name, scopes, json }) => {
    const answer = await withProduct(async ({ access }) => {
      if (action === 'list') return { tokens: await access.tokens() };
      if (action !== 'create' && action !== 'revoke')
        throw new InvalidInput('token create, token list or token revoke', [{ field: 'action', reason: 'unknown' }]);
      if (name === undefined) throw missing('--name', 'A token needs a name: --name');
      if (action === 'create') return { token: (await access.createToken({ name, scopes, actor })).token };
      await access.revokeToken(name, { actor });
      return { revoked: name };
    });
    print(answer, { json });
    if (action === 'create' && !json)
      note('It is shown this once. Send it with every request as the header "Authorization: Bearer TOKEN".');
  });

command('migrate', 'bring the database up to date')
  .option('--rebase', 'state every figure anew in REPORTING_CURRENCY and REPORTING_TIMEZONE; no server may run')
  .action(async ({ rebase: wanted, json }) => {
    const config = loadConfig();
    if (wanted) return print(await rebase(config, { actor }), { json });
    const db = await openDatabase({ url: config.databaseUrl, dataDir: config.dataDir });
    try {
      print({ applied: await migrate(db.url) }, { json });
    } finally {
      await db.close();
    }
  });

try {
  await program.parseAsync();
  process.exit();
} catch (error) {
  process.stderr.write(`${process.argv.includes('--json') ? JSON.stringify(failureOf(error)) : explain(error)}\n`);
  process.exit(1);
}
