import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, sep } from 'node:path';
import { readSdk, sdkAddress } from './sdk.ts';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

const sdkPath = '/sdk/zaf_sdk.js';

/** The app's page with the SDK of npm in the place of the one on Zendesk's CDN, which a machine without a network cannot reach. */
export const withLocalSdk = (html: string): string => {
  if (html.split(sdkAddress).length !== 2) throw new RangeError(`an app's page loads ${sdkAddress} once`);
  return html.replace(sdkAddress, sdkPath);
};

const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'EISDIR', 'ENOTDIR'].includes((error as NodeJS.ErrnoException | null)?.code ?? '');

/**
 * Serves an app's assets/ from an origin of its own, as Zendesk does: `localhost` is another site than `127.0.0.1`, where the
 * account is, so that a frame has the rights and the storage of a stranger.
 */
export const startAppHost = async ({
  folder,
  frameAncestor,
}: {
  /** That of the package, which holds assets/. */
  readonly folder: string;
  readonly frameAncestor: string;
}): Promise<{ readonly url: string; close(): Promise<void> }> => {
  const root = join(folder, 'assets');
  let sdk: string | null = null;

  const send = (response: ServerResponse, path: string, body: string | Buffer): void => {
    response.writeHead(200, {
      'content-type': types[extname(path)] ?? 'application/octet-stream',
      'content-security-policy': `frame-ancestors ${frameAncestor}`,
      'cache-control': 'no-cache',
    });
    response.end(body);
  };

  const serve = async (path: string, response: ServerResponse): Promise<void> => {
    if (path === sdkPath) {
      sdk ??= readSdk();
      return send(response, path, sdk);
    }
    const file = normalize(join(root, path));
    if (!file.startsWith(`${root}${sep}`)) return void response.writeHead(404).end();
    const bytes = await readFile(file);
    send(response, path, extname(path) === '.html' ? withLocalSdk(bytes.toString()) : bytes);
  };

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    serve(decodeURIComponent(pathname), response).catch((error: unknown) => {
      if (isMissing(error)) return response.writeHead(404).end();
      response.writeHead(500, { 'content-type': 'text/plain' }).end(error instanceof Error ? error.message : 'failed');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
