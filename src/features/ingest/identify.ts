import type { HelpdeskClient } from '../../helpdesks/port.ts';
import type { Connection, Directory } from '../directory/index.ts';

/**
 * The connection with our own user's id. Where the helpdesk did not answer when it was connected, it is asked now: without
 * the id our own tags would be taken for a person's choice. Throws as HelpdeskClient.verify does.
 */
export const identified = async (
  deps: { readonly directory: Directory; readonly clientOf: (connection: Connection) => HelpdeskClient },
  connection: Connection,
): Promise<Connection> => {
  if (connection.apiUserId !== null) return connection;
  const { apiUserId } = await deps.clientOf(connection).verify();
  return deps.directory.connections.setApiUser(connection.id, apiUserId);
};
