import { type Command, Option } from 'commander';
import { actor, chosen, command, missing, withProduct } from './command.ts';
import type { Product } from './compose.ts';
import { type Connected, reconnect } from './connect.ts';
import { connectByQuestions, connectBySettings } from './connect-questions.ts';
import { AppError, InvalidInput, Refused } from './core/errors.ts';
import { secondMs } from './core/time.ts';
import { disconnect } from './disconnect.ts';
import type { Connection } from './features/directory/index.ts';
import { type ActPreview, connectionStatuses, identified, switchMode } from './features/ingest/index.ts';
import { helpdesks } from './helpdesks/registry.ts';
import { prove } from './prove.ts';
import { readableLines } from './readable.ts';
import { hasSidebarApp, type RemoteExtras, refuseUnfit } from './remote-setup.ts';
import { connectionLines } from './report-view.ts';
import { endsSecret, makeSidebarSecret, type SidebarSecret, sidebarSteps } from './sidebar-secret.ts';
import { storeAdapters } from './stores/registry.ts';
import { askAtTerminal, consentTo, isAtTerminal, note, type Output, print, readJson } from './terminal.ts';

const modeOption = (about: string) => new Option('--mode <mode>', about).choices(['observe', 'act']);
const withExtras = (command: Command): Command =>
  command
    .option('--fields', 'also make ticket fields by which people correct partner and region and the contact reason')
    .option(
      '--sidebar',
      "also show a ticket's partner in the helpdesk's own sidebar, where it has one; of Zendesk: make the app's secret, or the next",
    );

/** A script is kept waiting less for a test delivery than a person who reads along. */
const scriptWaitMs = 10 * secondMs;

/** Says what a delivery of the helpdesk needs to reach us, as far as it can be shown now. */
const tellProof = async (product: Product, id: number): Promise<void> => {
  const waitMs = isAtTerminal() ? undefined : scriptWaitMs;
  const proof = await prove(product, await product.directory.connections.get(String(id)), waitMs ? { waitMs } : {});
  if (proof) note(proof.text);
};

/** Whether another secret may be made: the third ends the first, which the app may still hold. */
const mayMakeSecret = async (product: Product, connection: Connection, yes: boolean): Promise<boolean> => {
  if (!endsSecret(product, connection)) return true;
  note(
    `Two secrets of "${connection.name}" are taken now. Another one ends the older of them at once: where the app at the helpdesk ` +
      'still holds that one, all agents are locked out until the new one is entered there.',
  );
  return consentTo('Make another?', { yes });
};

/** The secret of a sidebar app, if one was asked for and the helpdesk has such an app. */
const sidebarSecretOf = async (
  product: Product,
  connection: Pick<Connection, 'id' | 'kind'>,
  asked: boolean,
): Promise<{ readonly sidebar?: SidebarSecret }> => {
  const made = asked ? await makeSidebarSecret(product, connection, actor) : null;
  return made === null ? {} : { sidebar: made };
};

/** The answer, and after a secret in it what to do with it, to standard error. */
const printWithSecret = (answer: object, { sidebar }: { readonly sidebar?: SidebarSecret }, output: Output): void => {
  print({ ...answer, ...(sidebar && { sidebar }) }, output);
  if (sidebar) sidebarSteps(sidebar).forEach(note);
};

const previewLines = ({ tags, tickets, surveysPerWeek, carried }: ActPreview): string[] => [
  `${tags} tags on ${tickets} tickets would be written; surveys go to tickets solved from now on, to about ${surveysPerWeek} people a week.`,
  ...(carried.length > 0
    ? [`Tickets carry of our tags already: ${carried.map((one) => `${one.tag} (${one.tickets})`).join(', ')}.`]
    : []),
];

const addConnect = (): void => {
  withExtras(
    command(
      'connect <kind>',
      `connect a helpdesk (${[...helpdesks.keys()].join(', ')}) or a store (${[...storeAdapters.keys()].join(', ')}): asks at a terminal, or reads --settings`,
    )
      .option('--settings <file>', 'JSON with the settings of the kind, which are not asked for then')
      .option('--no-remote-setup', 'make nothing at the vendor')
      .addOption(modeOption('observe writes nothing at the helpdesk, act tags and asks'))
      .option('--yes', 'do not wait for a yes before making what was shown, and use the fields that were found'),
  ).action(async (kind: string, { settings: file, remoteSetup, mode, yes, fields, sidebar, json }) => {
    const kinds = [...helpdesks.keys(), ...storeAdapters.keys()];
    if (!kinds.includes(kind))
      throw new InvalidInput(`There is no kind of connection "${kind}"`, [
        { field: 'kind', reason: `known are ${kinds.sort().join(', ')}` },
      ]);
    if (file === undefined && !isAtTerminal())
      throw missing(
        '--settings',
        `There is no terminal to ask at. Give the settings as a file: deskledger connect ${kind} --settings FILE.json; README.md lists them.`,
      );
    const settings = file === undefined ? undefined : await readJson(file);
    await withProduct(async (product) => {
      refuseUnfit(product, kind, { fields, sidebar, mode });
      const wanted = { kind, mode, remoteSetup, fields, sidebar, actor };
      const connected: Connected | null =
        file === undefined
          ? await connectByQuestions(product, { ...wanted, yes, ask: askAtTerminal, say: note })
          : await connectBySettings(product, {
              ...wanted,
              settings,
              yes,
              ask: isAtTerminal() ? askAtTerminal : null,
              say: note,
            });
      if (connected === null) return note('Nothing was made and nothing was stored.');
      connected.notes.forEach(note);
      if (remoteSetup) await tellProof(product, connected.result.id);
      const { id } = connected.result;
      const isFull = endsSecret(product, await product.directory.connections.get(String(id)));
      if (sidebar && isFull)
        note(`Two secrets of the sidebar app hold; "deskledger connection ${id} --sidebar" makes another.`);
      const made = await sidebarSecretOf(product, connected.result, (sidebar ?? false) && !isFull);
      printWithSecret(connected.result, made, { json });
    });
  });
};

const showConnections = async (product: Product, id: string | undefined, output: Output) => {
  const [known, statuses] = await Promise.all([
    chosen(product, id),
    connectionStatuses(product.db, product.clock.now()),
  ]);
  const connections = statuses.filter((status) => known.some((one) => one.id === status.id));
  const [only] = connections;
  const view = (width: number) =>
    id !== undefined && only ? readableLines(only, width) : connectionLines(connections, width);
  print({ connections }, output, { view });
};

/** A script that names the mode has said what it means; a person at a terminal is asked. */
const askToAct = (yes: boolean) => async (preview: ActPreview) => {
  previewLines(preview).forEach(note);
  return consentTo('Switch?', { yes: yes || !isAtTerminal() });
};

/** Proves the credentials of a helpdesk that did not answer when it was connected: who never signed in cannot write. */
const proven = async ({ directory, helpdesks, helpdeskOf }: Product, connection: Connection): Promise<Connection> => {
  if (!helpdesks.has(connection.kind)) return connection;
  try {
    return await identified({ directory, clientOf: helpdeskOf }, connection);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { id, name } = connection;
    throw new Refused(
      `"${name}" stays in mode observe, for its credentials were never proven: ${error.message}\n` +
        `Correct them with "deskledger connection ${id} --settings FILE.json", or wait until the helpdesk answers; then switch again.`,
      { cause: error },
    );
  }
};

interface Changes extends RemoteExtras, Output {
  readonly mode?: 'observe' | 'act';
  readonly yes?: boolean;
  readonly settings?: string;
  readonly remoteSetup?: boolean;
  readonly enable?: boolean;
}

const addConnection = (): void => {
  withExtras(
    command('connection [id]', 'show connections; switch one between observe and act; correct its settings')
      .addOption(modeOption('what would be written is shown first'))
      .option('--yes', 'do not ask: switch, and make a secret that ends an older one')
      .option('--settings <file>', 'JSON with the settings to change, e.g. two webhookSecrets during a rotation')
      .option('--remote-setup', 'make the webhook at the helpdesk, or mend it')
      .option('--enable', 'connect a disconnected one again, in mode observe'),
  ).action(async (id: string | undefined, changes: Changes) => {
    const { mode, yes = false, settings: file, enable = false, fields = false, sidebar = false, json } = changes;
    const wantsRemote = (changes.remoteSetup ?? false) || enable || fields;
    const settings = file === undefined ? undefined : await readJson(file);
    await withProduct(async (product) => {
      if (mode === undefined && settings === undefined && !wantsRemote && !sidebar)
        return showConnections(product, id, { json });
      if (id === undefined) throw missing('id', 'Say which connection, e.g. deskledger connection 1 --mode act');
      const { db, clock, directory } = product;
      let connection = await (enable ? directory.connections.getDisabled(id) : directory.connections.get(id));
      refuseUnfit(product, connection.kind, { fields, sidebar, mode });
      if (sidebar && !(await mayMakeSecret(product, connection, yes))) return note('Nothing was changed.');
      const remoteSetup = wantsRemote || (sidebar && !hasSidebarApp(product, connection.kind));
      let answer: object = {};
      if (settings !== undefined || remoteSetup) {
        const wanted = { settings, enable, remoteSetup, fields, sidebar, actor };
        const { result, notes } = await reconnect(product, connection, wanted);
        notes.forEach(note);
        if (remoteSetup) await tellProof(product, result.id);
        answer = result;
        connection = await directory.connections.get(String(result.id));
      }
      if (mode !== undefined) {
        const consent = askToAct(yes);
        if (mode === 'act') connection = await proven(product, connection);
        const done = await switchMode({ sql: db, clock, directory }, connection, { mode, consent, actor });
        const { kind, mode: held } = done.connection;
        const { tags: tagsToWrite, tickets, surveysPerWeek, carried } = done;
        answer = { ...answer, id: connection.id, kind, mode: held, tagsToWrite, tickets, surveysPerWeek, carried };
      }
      // Last, for it is shown once: what fails before keeps no secret that nobody saw.
      printWithSecret(answer, await sidebarSecretOf(product, connection, sidebar), { json });
    });
  });
};

const addDisconnect = (): void => {
  command('disconnect <id>', 'end a connection: takes away at the helpdesk exactly what was made; figures stay')
    .option('--yes', 'do not ask')
    .option('--leave-remote', 'leave at the helpdesk what was made there')
    .action(async (id: string, { yes, leaveRemote = false, json }) => {
      await withProduct(async (product) => {
        const connection = await product.directory.connections.get(id);
        const consent = (lines: readonly string[]) => {
          lines.forEach(note);
          return consentTo(`Disconnect ${connection.kind} "${connection.name}"?`, { yes });
        };
        const done = await disconnect(product, connection, { consent, leaveRemote, actor });
        if (done === null) return note('Nothing was changed.');
        note(`Connect again with "deskledger connection ${done.id} --enable".`);
        print(done, { json });
      });
    });
};

/** connect, connection and disconnect. */
export const addConnectionCommands = (): void => {
  addConnect();
  addConnection();
  addDisconnect();
};
