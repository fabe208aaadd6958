import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy in front of a server, by which a test takes the server away and gives it back. */
export interface Gate {
  /** The server's URL, through the gate. */
  readonly url: string;
  /** Lets connections through. */
  open(): Promise<void>;
  /** Cuts all connections and refuses new ones. */
  shut(): Promise<void>;
  /** Keeps all connections, takes new ones and passes nothing on. */
  freeze(): void;
  close(): Promise<void>;
}

/** A gate before the host and port of `target`, shut at first. */
export const gateBefore = async (target: string): Promise<Gate> => {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let gatePort = 0;
  let frozen = false;

  const pass = (client: Socket): void => {
    const upstream = connect(Number(port), hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on('data', (chunk) => {
        if (!frozen) to.write(chunk);
      });
    }
  };
  const open = async (): Promise<void> => {
    frozen = false;
    server = createServer(pass).listen(gatePort, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address !== null && typeof address !== 'string') gatePort = address.port;
  };
  const shut = async (): Promise<void> => {
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    server = undefined;
    await closed;
  };

  await open();
  await shut();
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String(gatePort);
  // A socket's folder would lead past the gate.
  url.searchParams.delete('host');
  return {
    url: url.href,
    open,
    shut,
    freeze: () => {
      frozen = true;
    },
    close: shut,
  };
};
