import { Option } from 'commander';
import { addAccessCommands } from './access-commands.ts';
import { actor, command, log, missing, program, withProduct } from './command.ts';
import { loadConfig } from './config.ts';
import { addConnectionCommands } from './connection-commands.ts';
import { InvalidInput, Refused } from './core/errors.ts';
import { addDays, dayIn, parseDay } from './core/time.ts';
import { doctor, doctorLines } from './doctor.ts';
import { exportable, exportList, fileText, recordsOf } from './export.ts';
import { parseMonth, parseWeek, restatedLine, restatedSince } from './features/books/index.ts';
import { accountSettings } from './features/directory/index.ts';
import { dismissTicket, dismissUnreadable, replay } from './features/ingest/index.ts';
import { unmappedValues } from './features/orders/index.ts';
import {
  atRatesOf,
  loadHeldDays,
  parsePeriod,
  partnerReport,
  payrollLine,
  reportCsv,
} from './features/reports/index.ts';
import { addFeedCommands } from './feed-commands.ts';
import { importable, importText, removable, replacing } from './import.ts';
import { explain, failureOf, serve } from './main.ts';
import { migrate } from './platform/database/migrate.ts';
import { openDatabase } from './platform/database/open.ts';
import { rebase } from './rebase.ts';
import { payrollWords, reportLines } from './report-view.ts';
import { note, print, progressLine, readText } from './terminal.ts';

command('serve', 'run the server: web and worker roles in one process')
  .option('--no-worker', 'the web role alone')
  .action(({ worker }) => serve({ web: true, worker }));

command('worker', 'run the worker role alone').action(() => serve({ web: false, worker: true }));

command('demo', '90 days of a marketplace in 90 seconds, on simulated vendors, without keys')
  .option('--helpdesks <kinds>', 'who shares the tickets, such as zendesk,gorgias,kustomer', 'zendesk')
  .action(async ({ helpdesks }) => {
    // The simulated vendors are loaded where they are played alone.
    const { demo, parseHelpdesks } = await import('./demo.ts');
    return demo(loadConfig(), parseHelpdesks(helpdesks));
  });

addConnectionCommands();

command('doctor', 'what is configured, reachable and working, and the next step for each fault')
  .option('--write', 'also write a test tag to the newest open ticket of each helpdesk, and take it away again', false)
  .action(async ({ write, json }) => {
    const report = await doctor(log, { write });
    if (json) print(report, { json });
    else process.stdout.write(doctorLines(report));
    if (!report.ok) process.exitCode = 1;
  });

addFeedCommands();

command(
  'report',
  'cost, orders and CSAT by partner and region; of a whole month also what was costed of the imported payroll',
)
  .option('--from <day>', 'first day; 90 days back unless given')
  .option('--to <day>', 'last day; today unless given')
  .addOption(new Option('--group-by <dimensions>').choices(['partner', 'region', 'partner,region']).default('partner'))
  .option('--sealed', 'as these days, one week or month, were last sealed', false)
  .option('--fx-day <day>', 'constant currency: every amount at the exchange rates of this day')
  .option(
    '--small-cells',
    'by partner and region: partners with fewer tickets there than the setting leastTicketsPerCell stand together under their region',
    false,
  )
  .option('--csv', 'every figure as a table for spreadsheets, as a pipe gets it without being asked')
  .action(async ({ from, to, groupBy, sealed, fxDay: givenDay, smallCells, csv, json }) => {
    if (sealed && givenDay !== undefined)
      throw new InvalidInput('What was sealed keeps its own exchange rates', [
        { field: '--fx-day', reason: 'does not go with --sealed' },
      ]);
    const fxDay = givenDay === undefined ? undefined : parseDay(givenDay);
    const { report, days, restated, payroll } = await withProduct(async ({ db, clock, reporting }) => {
      const today = dayIn(reporting.timeZone, clock.now());
      const last = parseDay(to ?? today);
      const asked = {
        ...parsePeriod(from ?? addDays(last, -89), last),
        groupBy: groupBy.split(','),
        ...reporting,
        costBasis: 'true',
        leastTicketsPerCell: smallCells ? (await accountSettings(db)).leastTicketsPerCell : undefined,
      } as const;
      const days = sealed ? null : await loadHeldDays(db, asked, today);
      const source = await atRatesOf(db, { ...asked, fxDay, periods: [asked] });
      const report = await partnerReport(source, { ...asked, asOf: sealed ? 'seal' : undefined });
      const restated = report.seal && (await restatedSince(db, report.seal.id, asked));
      return { report, days, restated, payroll: await payrollLine(source, asked, report) };
    });
    const told = { ...(days && { partial: days.partial, held: days.held }), ...(fxDay && { fxDay }) };
    if (json) return print({ ...report, ...told, ...restated, ...(payroll && { payroll }) }, { json });
    const { isTTY, columns } = process.stdout;
    if (csv || !isTTY) process.stdout.write(reportCsv(report, { days, fxDay, payroll }));
    else {
      process.stdout.write(`${reportLines(report, columns, days, fxDay).join('\n')}\n`);
      note('Rounded, and a choice: --json and --csv have every figure, exactly.');
    }
    const line = report.seal && restated && restatedLine(report.seal.id, restated);
    if (line) note(line);
    if (payroll) note(payrollWords(payroll));
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
          onProgress: ({ done, total, error }) =>
            shown.show(
              `${done} of ${total ?? 0} tickets pulled and decided${error === null ? '' : `; waits for ${error}`}`,
            ),
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
  .option(
    '--dismiss',
    'instead give up deliveries that cannot be read, or with --ticket that ticket: they leave the quarantine',
    false,
  )
  .action(async ({ connection: idOrName, ticket: ticketExternalId, dismiss, json }) => {
    const result = await withProduct(async ({ db, clock, directory, adapters }) => {
      const connection = idOrName === undefined ? undefined : await directory.connections.get(idOrName);
      if (dismiss && ticketExternalId !== undefined)
        return { dismissed: await dismissTicket({ db, clock }, { connection, externalId: ticketExternalId, actor }) };
      if (dismiss) return { dismissed: await dismissUnreadable({ db, clock }, { connection, actor }) };
      return replay({ sql: db, clock, directory, adapters }, { connection, ticketExternalId });
    });
    print(result, { json });
  });

command(
  'import <what> <file>',
  `import ${importable.join(', ')}. ${replacing.join(', ')} replace the whole list; the others add or revise. The columns stand in README.md under "import <what>"`,
)
  .option('--dry-run', 'say what it would do, change nothing', false)
  .option(
    '--remove',
    `take away the lines that the file names, of ${removable.join(', ')}: what they priced is priced anew without them`,
    false,
  )
  .action(async (what: string, file: string, { dryRun, remove, json }) => {
    const text = await readText(file);
    const shown = progressLine(what, { json });
    try {
      const report = await withProduct((product) =>
        importText(product, what, text, {
          dryRun,
          remove,
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

command('export <what>', `${exportable.join(', ')}: what holds, as a file that \`import\` takes`).action(
  async (what: string, { json }) => {
    const held = await withProduct((product) => exportList(product, what));
    if (json) process.stdout.write(`${JSON.stringify('list' in held ? held.list : { [what]: recordsOf(held) })}\n`);
    else if ('list' in held || !process.stdout.isTTY) process.stdout.write(fileText(held));
    else print({ [what]: recordsOf(held) }, { json });
  },
);

const countOption = (option: string, given: string, most: number): number => {
  const count = Number(given);
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw new InvalidInput(`${option} is a whole number from 1 to ${most}`, [{ field: option, reason: 'out of range' }]);
};

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

addAccessCommands();

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
