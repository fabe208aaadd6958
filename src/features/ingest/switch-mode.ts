import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Connection, Directory, Mode } from '../directory/index.ts';
import { type ActPreview, nothingToWrite, previewAct, releaseTags } from './preview.ts';

interface ModeSwitch extends ActPreview {
  readonly connection: Connection;
  readonly switched: boolean;
}

/**
 * Switches a connection between `observe` and `act`. To `act` it switches only when `consent`, having seen what would be
 * written, resolves to true; what was only observed is then written, and what is still due is only observed after the way back.
 */
export const switchMode = async (
  { sql, clock, directory }: { readonly sql: Sql; readonly clock: Clock; readonly directory: Directory },
  connection: Connection,
  {
    mode,
    consent,
    actor,
  }: { readonly mode: Mode; readonly consent: (preview: ActPreview) => Promise<boolean>; readonly actor: string },
): Promise<ModeSwitch> => {
  const preview =
    mode === 'act' && connection.mode !== 'act' ? await previewAct(sql, connection, clock.now()) : nothingToWrite;
  const turns = mode !== connection.mode;
  if (turns && mode === 'act' && !(await consent(preview))) return { connection, switched: false, ...preview };
  const switched = turns ? await directory.connections.setMode(connection.id, mode, actor) : connection;
  // Also where the mode is set already: a switch may have been cut off at this point.
  await releaseTags(sql, connection.id, { mode, now: clock.now() });
  return { connection: switched, switched: turns, ...preview };
};
