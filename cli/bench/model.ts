/**
 * `npm run bench -- --model FILE.gguf`: measures one model's speed, quantised and in f32, and the time from storage
 * to the first token.
 */
import { basename, dirname } from 'node:path';
import type { ModelSpeed } from '../../bench/report';
import { openPage } from '../browser/page';
import { interruptible } from '../interruptible';
import { measureLoading } from '../real/loading';

const ROUTE = '/given-model/';

export function modelTable(speeds: readonly ModelSpeed[]): string {
  const names = Object.keys(speeds[0]?.tokensPerSecond ?? {});
  const row = (name: string, cells: readonly string[]) =>
    [name.padEnd(26), ...cells.map((cell) => cell.padStart(18))].join('  ');
  return [
    row(
      'tokens/s',
      speeds.map(({ storages }) => storages.join(' ')),
    ),
    ...names.map((name) =>
      row(
        name,
        speeds.map(({ tokensPerSecond }) => (tokensPerSecond[name] ?? Number.NaN).toPrecision(3)),
      ),
    ),
  ].join('\n');
}

/** @param built folder of the built benchmark page */
export async function benchModel(built: string, file: string): Promise<void> {
  const { page, orCrash, close } = await openPage({
    folders: { '/': built, [ROUTE]: dirname(file) },
    profile: null,
    ready: 'benchModel',
  });
  try {
    page.on('console', (message) => message.type() === 'log' && console.error(message.text()));
    const url = `${ROUTE}${encodeURIComponent(basename(file))}`;
    console.log(modelTable(await interruptible(orCrash(page.evaluate((from) => globalThis.benchModel(from), url)))));
  } finally {
    await close();
  }
  const [first, again] = await measureLoading(file, 'token', 2);
  if (first === undefined || again === undefined) return;
  console.log(
    `from OPFS to the first token: ${again.seconds.toFixed(1)} s; the first time, with the ` +
      `autotuner, ${first.seconds.toFixed(1)} s`,
  );
}
