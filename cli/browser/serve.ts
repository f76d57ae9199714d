/** Serves folders as static files on localhost, without special headers or rewriting, like any static host. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.jsonl': 'application/jsonl',
  '.map': 'application/json',
  '.mjs': 'text/javascript',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

export interface Site {
  readonly port: number;
  /** Address of the first folder, with a trailing slash. */
  readonly url: string;
  close(): Promise<void>;
}

/** Path of the requested file, or null. `..` and encoded separators cannot leave a served folder. */
export function fileOf(folders: Readonly<Record<string, string>>, url: string): string | null {
  let path: string;
  try {
    path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    return null;
  }
  const prefix = Object.keys(folders)
    .filter((candidate) => path.startsWith(candidate))
    .sort((a, b) => b.length - a.length)[0];
  const folder = prefix === undefined ? undefined : folders[prefix];
  if (prefix === undefined || folder === undefined || path.includes('\0')) return null;
  const inside = normalize(path.slice(prefix.length) || 'index.html');
  if (inside.startsWith('..') || inside.startsWith(sep) || /^[a-z]:/i.test(inside)) return null;
  return join(folder, inside);
}

/** Starts listening on `firstPort` or the next free port after it (0 for any), and returns the port. */
async function listen(server: Server, firstPort: number): Promise<number> {
  for (let port = firstPort; ; port++) {
    const failure = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
      server.once('error', resolve);
      server.listen(port, 'localhost', () => {
        server.off('error', resolve);
        resolve(null);
      });
    });
    const address = server.address();
    if (failure === null && address !== null && typeof address === 'object') return address.port;
    if (failure?.code !== 'EADDRINUSE' || port - firstPort > 100)
      throw failure ?? new Error('The server has no address.');
  }
}

/** @param folders by path prefix; each prefix begins and ends with a slash */
export async function serve(folders: Readonly<Record<string, string>>, firstPort = 0): Promise<Site> {
  const server = createServer(async (request, response) => {
    const file = fileOf(folders, request.url ?? '/');
    const found = file === null ? null : await stat(file).catch(() => null);
    if (file === null || !found?.isFile()) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found');
      return;
    }
    response.writeHead(200, {
      'content-type': types[extname(file)] ?? 'application/octet-stream',
      'content-length': found.size,
      'cache-control': 'no-cache',
    });
    if (request.method === 'HEAD') response.end();
    else
      createReadStream(file)
        .on('error', () => response.destroy())
        .pipe(response);
  });
  const port = await listen(server, firstPort);
  return {
    port,
    url: `http://localhost:${port}${Object.keys(folders)[0] ?? '/'}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
