import type { Product } from './compose.ts';
import { AppError } from './core/errors.ts';
import type { Connection, ConnectionKind } from './features/directory/index.ts';
import { objectLines, vendorWord } from './remote-setup.ts';
import { forgetSidebarSecrets } from './sidebar-secret.ts';

interface Disconnected {
  readonly id: number;
  readonly kind: ConnectionKind;
  readonly name: string;
  /** What was taken away at the helpdesk: exactly what we made. */
  readonly removed: readonly string[];
  /** What stays there: because it was to be left, or because a person alone may take it away, and how. */
  readonly left: readonly string[];
}

/**
 * Ends a connection: takes away at the vendor exactly what we made, then reads, writes and accepts nothing more of it. Every
 * figure stays. Null where `consent`, having seen what goes, said no. Where the vendor refuses, nothing has ended, and the
 * error says how to end it here alone.
 */
export const disconnect = async (
  product: Product,
  connection: Connection,
  {
    consent,
    leaveRemote,
    actor,
  }: {
    readonly consent: (lines: readonly string[]) => Promise<boolean>;
    /** Leave what we made at the helpdesk, e.g. because our key there was revoked. */
    readonly leaveRemote: boolean;
    readonly actor: string;
  },
): Promise<Disconnected | null> => {
  const { connections } = product.directory;
  const { id, kind, name } = connection;
  const objects = await connections.remoteObjects(id);
  const remote = objects.length > 0 ? product.vendorOf(connection).remote : undefined;
  const vendor = vendorWord(product, kind);
  const byHand = remote?.byHand ?? {};
  const going = leaveRemote ? [] : objects.filter(({ what }) => byHand[what] === undefined);
  const removed = objectLines(going);
  const left = objects
    .filter((object) => !going.includes(object))
    .map((object) => [...objectLines([object]), byHand[object.what] ?? []].flat().join('. '));
  const shown = [
    ...(objects.length === 0 ? ['Nothing goes at the vendor: nothing there was made by us.'] : []),
    ...removed.map((line) => `It takes away at the ${vendor}: ${line}.`),
    ...left.map((line) => `It leaves at the ${vendor}: ${line}.`),
    ...(going.some(({ what }) => what === 'field')
      ? ['With a ticket field its values go; tags stay on the tickets.']
      : []),
    vendor === 'store'
      ? 'Nothing more is read of this connection. Its orders, and every figure by them, stay.'
      : 'Nothing more is read, tagged or asked for this connection. Its tickets, costs and reports stay.',
  ];
  if (!(await consent(shown))) return null;
  if (going.length > 0) {
    try {
      await remote?.remove(going);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      throw new AppError(
        'upstream',
        `"${name}" is still connected, for the ${vendor} did not let us take away what we made: ${error.message}\n` +
          `Try again, or end it here alone with "deskledger disconnect ${id} --leave-remote" and take away by hand: ${removed.join(', ')}.`,
        { cause: error },
      );
    }
    await connections.forgetMade(id, going);
  }
  await forgetSidebarSecrets(product, connection, actor);
  await connections.disable(id, actor);
  return { id, kind, name, removed, left };
};
