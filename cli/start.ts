/** `npm start`: builds the page, serves it on this machine, and opens it in the browser if there is a display. */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { serve } from './browser/serve';
import { buildIfStale, dist } from './build';

const defaultPort = 4173;

/** The program that opens an address in the user's browser. Null if there is no display. */
function opener(url: string): [string, string[]] | null {
  if (process.platform === 'darwin') return ['open', [url]];
  if (process.platform === 'win32') return ['cmd', ['/c', 'start', '', url]];
  return process.env.DISPLAY || process.env.WAYLAND_DISPLAY ? ['xdg-open', [url]] : null;
}

/** Printed when the server runs: the address, what to do there, how to stop. */
export function welcome(url: string, opensBrowser: boolean): string {
  const open = opensBrowser ? 'Your browser opens it now. It' : 'Open it in your browser, which';
  return `
  ${url}

${open} needs WebGPU: Chrome or Edge 121 or newer.
Press Start on the page: the bundled model then trains in the tab, on this machine. Nothing is downloaded.
Press Ctrl-C here to stop the server. The browser keeps your runs for this address.
`;
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

  console.log('Thinking Lab: a page that teaches a small language model to think before it answers.');
  await buildIfStale();
  const site = await serve({ '/': dist }, port);
  const program = values.open && process.env.CI === undefined ? opener(site.url) : null;
  console.log(welcome(site.url, program !== null));
  if (program !== null) {
    // If the program does not exist, the printed address is enough.
    spawn(...program, { stdio: 'ignore', detached: true })
      .on('error', () => {})
      .unref();
  }
  await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
  await site.close();
  return 0;
}
