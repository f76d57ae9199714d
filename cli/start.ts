/** `npm start`: builds the page, serves it on this machine, opens it where there is a display. */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { serve } from './browser/serve';
import { buildWhereStale, dist } from './build';

const defaultPort = 4173;

/** The program that opens an address in the user's browser; null where nobody would see it. */
function opener(url: string): [string, string[]] | null {
  if (process.platform === 'darwin') return ['open', [url]];
  if (process.platform === 'win32') return ['cmd', ['/c', 'start', '', url]];
  return process.env.DISPLAY || process.env.WAYLAND_DISPLAY ? ['xdg-open', [url]] : null;
}

export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { port: { type: 'string' }, open: { type: 'boolean', default: true } },
    allowNegative: true,
  });
  const port = values.port === undefined ? defaultPort : Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`--port is "${values.port}"; it takes a number up to 65535.`);

  await buildWhereStale();
  const site = await serve({ '/': dist }, port);
  console.log(
    `Thinking Lab is at ${site.url} (Ctrl-C ends it). It needs a browser with WebGPU: Chrome, Edge or Safari.`,
  );
  const program = values.open && process.env.CI === undefined ? opener(site.url) : null;
  if (program !== null) {
    // Without such a program the address above is enough.
    spawn(...program, { stdio: 'ignore', detached: true })
      .on('error', () => {})
      .unref();
  }
  await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
  await site.close();
  return 0;
}
