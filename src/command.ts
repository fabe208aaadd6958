import { Command } from 'commander';
import { pino } from 'pino';
import { compose, type Product, version } from './compose.ts';
import { InvalidInput } from './core/errors.ts';
import { commandClock, commandConfig } from './demo-folder.ts';
import type { Connection } from './features/directory/index.ts';
import { createLog } from './platform/log.ts';
import { whoTypes } from './terminal.ts';

/** Who did what a command does, in the audit log. */
export const actor = whoTypes();

/** Of a command: to stderr, so that stdout holds the answer alone. */
export const log = createLog({ level: 'warn', destination: pino.destination(2) });

export const program = new Command('deskledger')
  .version(version)
  .description('What each sales partner and each region costs in support, and why.')
  .showHelpAfterError();

/** Each command takes --json; --help comes with commander. */
export const command = (signature: string, about: string): Command =>
  program.command(signature).description(about).option('--json', 'print one JSON document');

/** A product without any role, for one command. */
export const withProduct = async <Result>(work: (product: Product) => Promise<Result>): Promise<Result> => {
  const config = await commandConfig();
  const product = await compose(config, { log, clock: await commandClock(config) });
  try {
    return await work(product);
  } finally {
    await product.close();
  }
};

/** The connection that an option names; all of them where it is not given. */
export const chosen = async ({ directory }: Product, idOrName: string | undefined): Promise<Connection[]> =>
  idOrName === undefined ? directory.connections.list() : [await directory.connections.get(idOrName)];

export const missing = (field: string, message: string) => new InvalidInput(message, [{ field, reason: 'missing' }]);
