#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { pino } from 'pino';
import { compose, type Product, version } from './compose.ts';
import { loadConfig } from './config.ts';
import { connect } from './connect.ts';
import { InvalidInput } from './core/errors.ts';
import { addDays, dayIn, parseDay } from './core/time.ts';
import { demo } from './demo.ts';
import { connectionStatuses, previewAct, reconcile, releaseTags, replay } from './features/ingest/index.ts';
import { examine } from './features/operation/index.ts';
import { parsePeriod, partnerReport, reportCsv } from './features/reports/index.ts';
import { importable, importText } from './import.ts';
import { explain, serve } from './main.ts';
import { createLog } from './platform/log.ts';
import { storeAdapters } from './stores/registry.ts';

const actor = 'cli';

/** A product for one command: its log goes to stderr, so that stdout holds the answer alone. */
const withProduct = async (work: (product: Product) => Promise<void>): Promise<void> => {
  const config = loadConfig();
  const product = await compose(config, { log: createLog({ level: 'warn', destination: pino.destination(2) }) });
  try {
    await work(product);
  } finally {
    await product.close();
  }
};

/** The answer as one JSON document, or as `name: value` lines for a person. */
const print = (answer: object, { json }: { json?: boolean }): void => {
  const lines = (value: object, indent: string): string[] =>
    Object.entries(value).flatMap(([name, inner]) =>
      inner !== null && typeof inner === 'object' && Object.keys(inner).length > 0
        ? [`${indent}${name}:`, ...lines(inner, `${indent}  `)]
        : [`${indent}${name}: ${inner !== null && typeof inner === 'object' ? '-' : String(inner)}`],
    );
  process.stdout.write(`${json ? JSON.stringify(answer) : lines(answer, '').join('\n')}\n`);
};

const readJson = async (file: string): Promise<unknown> => {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new InvalidInput(`${file} cannot be read as JSON; see README.md for the settings of each kind`, [
      { field: file, reason: error instanceof SyntaxError ? 'not valid JSON' : 'not readable' },
    ]);
  }
};

const readText = async (file: string): Promise<string> => {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new InvalidInput(`${file} cannot be read`, [
      { field: file, reason: (error as NodeJS.ErrnoException).code ?? 'not readable' },
    ]);
  }
};

/** "2026-01-31" to the start of that day in UTC. */
const dateOf = (text: string): Date => new Date(`${parseDay(text)}T00:00:00Z`);

const chosen = async ({ directory }: Product, idOrName: string | undefined) =>
  idOrName === undefined ? directory.connections.list() : [await directory.connections.get(idOrName)];

/** Every tick of a walk on one terminal line. */
const showProgress = (name: string, json: boolean | undefined) => (walked: number) => {
  if (!json) process.stderr.write(`\r${name}: ${walked} changes read`);
};

const walk = async (
  product: Product,
  { connection: idOrName, since, json }: { connection?: string; since?: string; json?: boolean },
): Promise<void> => {
  const { db, clock, runStep, orders } = product;
  const results: object[] = [];
  for (const connection of await chosen(product, idOrName)) {
    const from = since === undefined ? {} : { since: dateOf(since) };
    if (storeAdapters.has(connection.kind)) {
      const { orders: walked, refunds, changed } = await orders.syncStore(connection, from);
      results.push({ connection: connection.id, orders: walked, refunds, changed: changed.length });
    } else {
      const client = product.helpdeskOf(connection);
      results.push(
        await reconcile(
          { sql: db, clock, runStep, client, onPage: showProgress(connection.name, json) },
          connection,
          from,
        ),
      );
      if (!json) process.stderr.write('\n');
    }
  }
  print({ connections: results }, { ...(json !== undefined && { json }) });
};

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

command('demo', '90 days of a marketplace in 90 seconds, on simulated vendors, without keys').action(() =>
  demo(loadConfig()),
);

command('connect <kind>', 'connect a helpdesk or a store')
  .requiredOption('--settings <file>', 'JSON with the settings of the kind')
  .option('--no-remote-setup', 'make nothing at the vendor')
  .addOption(
    new Option('--mode <mode>', 'observe writes nothing at the helpdesk, act tags and asks').choices([
      'observe',
      'act',
    ]),
  )
  .action(async (kind: string, { settings, remoteSetup, mode, json }) =>
    withProduct(async (product) => {
      const { notes, ...result } = await connect(product, {
        kind,
        settings: await readJson(settings),
        mode,
        remoteSetup,
        actor,
      });
      for (const note of notes) process.stderr.write(`${note}\n`);
      print(result, { json });
    }),
  );

command('connection [id]', 'show connections; switch one between observe and act')
  .addOption(new Option('--mode <mode>', 'what would be written is shown first').choices(['observe', 'act']))
  .option('--yes', 'do not ask, switch')
  .action(async (id: string | undefined, { mode, yes, json }) =>
    withProduct(async (product) => {
      const { db, clock, directory } = product;
      if (mode === undefined) {
        const known = await chosen(product, id);
        const statuses = await connectionStatuses(db, clock.now());
        return print(
          { connections: statuses.filter((status) => known.some((connection) => connection.id === status.id)) },
          { json },
        );
      }
      if (id === undefined)
        throw new InvalidInput('Say which connection: deskledger connection <id> --mode act', [
          { field: 'id', reason: 'missing' },
        ]);
      const connection = await directory.connections.get(id);
      const preview = await previewAct(db, connection.id);
      if (mode === 'act' && connection.mode !== 'act' && !yes && !json && process.stdin.isTTY) {
        const { createInterface } = await import('node:readline/promises');
        const terminal = createInterface({ input: process.stdin, output: process.stderr });
        const answer = await terminal.question(
          `${preview.tags} tags on ${preview.tickets} tickets would be written; surveys go to tickets solved from now on. Switch? [y/N] `,
        );
        terminal.close();
        if (!/^y(es)?$/i.test(answer.trim()))
          return print({ id: connection.id, mode: connection.mode, switched: false }, { json });
      }
      const switched = await directory.connections.setMode(connection.id, mode, actor);
      await releaseTags(db, connection.id, { mode, now: clock.now() });
      print(
        {
          id: switched.id,
          kind: switched.kind,
          mode: switched.mode,
          tagsToWrite: mode === 'act' ? preview.tags : 0,
          tickets: mode === 'act' ? preview.tickets : 0,
        },
        { json },
      );
    }),
  );

command('doctor', 'what is configured, reachable and working, and the next step for each fault').action(
  async ({ json }) =>
    withProduct(async (product) => {
      const { directory, db, clock, mailer, config, queues, orders } = product;
      const report = await examine({
        db,
        clock,
        directory,
        mailer,
        publicUrl: config.publicUrl,
        queueKind: config.redisUrl === undefined ? 'PostgreSQL' : 'Redis',
        pingQueue: queues.ping,
        helpdeskOf: (connection) => (product.helpdesks.has(connection.kind) ? product.helpdeskOf(connection) : null),
        storeOf: (connection) => (storeAdapters.has(connection.kind) ? orders.clientOf(connection) : null),
      });
      if (json) print(report, { json });
      else
        for (const { what, state, found, next } of report.checks)
          process.stdout.write(
            `${{ ok: 'ok     ', warning: 'warning', fault: 'FAULT  ' }[state]} ${what}: ${found}${next ? `\n          -> ${next}` : ''}\n`,
          );
      if (!report.ok) process.exitCode = 1;
    }),
);

command('backfill', "read a helpdesk's or store's history from a day on")
  .requiredOption('--since <day>', 'YYYY-MM-DD')
  .option('--connection <id>', 'one connection; else all')
  .action((options) => withProduct((product) => walk(product, options)));

command('reconcile', 'walk the change feeds once and raise what no webhook told')
  .option('--connection <id>', 'one connection; else all')
  .action((options) => withProduct((product) => walk(product, options)));

command('report', 'cost, orders and CSAT by partner and region')
  .option('--from <day>', 'first day; 90 days back unless given')
  .option('--to <day>', 'last day; today unless given')
  .addOption(new Option('--group-by <dimensions>').choices(['partner', 'region', 'partner,region']).default('partner'))
  .action(async ({ from, to, groupBy, json }) =>
    withProduct(async ({ db, clock, reporting }) => {
      const last = to ?? dayIn(reporting.timeZone, clock.now());
      const report = await partnerReport(db, {
        ...parsePeriod(from ?? addDays(last, -89), last),
        groupBy: groupBy.split(','),
        ...reporting,
      });
      if (json) print(report, { json });
      else process.stdout.write(reportCsv(report.rows, report.total));
    }),
  );

command('replay', 'take tickets and deliveries out of quarantine, or pull one ticket anew')
  .option('--connection <id>', 'of one connection')
  .option('--ticket <externalId>', 'this ticket, in quarantine or not')
  .action(async ({ connection, ticket, json }) =>
    withProduct(async ({ db, clock, directory, helpdesks }) => {
      const choice = {
        ...(connection !== undefined && { connection: await directory.connections.get(connection) }),
        ticketExternalId: ticket,
      };
      print(await replay({ sql: db, clock, directory, helpdesks }, choice), { json });
    }),
  );

command('import <what> <file>', `import ${importable.join(', ')}`)
  .option('--dry-run', 'say what it would do, change nothing', false)
  .action(async (what: string, file: string, { dryRun, json }) =>
    withProduct(async (product) =>
      print(await importText(product, what, await readText(file), { dryRun, actor }), { json }),
    ),
  );

command('user <action>', 'sign-in: a one-time link for a person; list: who there is')
  .option('--name <name>', 'whose', 'admin')
  .option('--scopes <scopes>', 'read, write, rates; all unless given')
  .action(async (action: string, { name, scopes, json }) =>
    withProduct(async ({ access, config }) => {
      if (action === 'list') return print({ users: await access.users() }, { json });
      if (action !== 'sign-in')
        throw new InvalidInput('user sign-in, or user list', [{ field: 'action', reason: 'unknown' }]);
      const { token, expiresAt } = await access.createSignIn({ name, ...(scopes !== undefined && { scopes }) });
      print({ link: `${config.publicUrl}/sign-in/${token}`, expiresAt: expiresAt.toISOString() }, { json });
    }),
  );

command('token <action>', 'create, list or revoke API tokens')
  .option('--name <name>', 'what it is for')
  .option('--scopes <scopes>', 'read, write, rates', 'read')
  .action(async (action: string, { name, scopes, json }) =>
    withProduct(async ({ access }) => {
      if (action === 'list') return print({ tokens: await access.tokens() }, { json });
      if (name === undefined)
        throw new InvalidInput('A token needs a name: --name', [{ field: 'name', reason: 'missing' }]);
      if (action === 'create') return print({ token: (await access.createToken({ name, scopes })).token }, { json });
      if (action !== 'revoke')
        throw new InvalidInput('token create, token list or token revoke', [{ field: 'action', reason: 'unknown' }]);
      await access.revokeToken(name);
      print({ revoked: name }, { json });
    }),
  );

command('migrate', 'bring the database up to date').action(({ json }) =>
  withProduct(async () => print({ migrated: true }, { json })),
);

try {
  await program.parseAsync();
  process.exit();
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
}
