import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** Files of src/reference that are not operations: helpers of the twins, and compositions of them. */
const NO_OPERATION = ['half', 'indexing', 'pairs', 'transformer'];

/** Files of src/engine/ops that are a part of an operation. */
const PARTS = ['linear-variants'];

/** Kernels of an operation that has another twin: it computes the same. */
const TWINS: Readonly<Record<string, string>> = { 'attention-keys': 'attention', 'attention-tiled': 'attention' };

const root = new URL('../../../', import.meta.url);

function stems(folder: string, pattern: RegExp): string[] {
  return readdirSync(new URL(folder, root)).flatMap((file) => pattern.exec(file)?.[1] ?? []);
}

const operations = new Set([
  ...stems('shaders', /^([\w-]+)\.wgsl$/),
  ...stems('src/engine/ops', /^([\w-]+)(?:\.gpu\.test)?\.ts$/).filter((stem) => !PARTS.includes(stem)),
  ...stems('src/reference', /^([\w-]+)\.ts$/).filter((stem) => !NO_OPERATION.includes(stem)),
]);

describe.each([...operations].sort())('the operation %s', (stem) => {
  it.each(['shaders/?.wgsl', 'src/engine/ops/?.ts', 'src/reference/?.ts', 'src/engine/ops/?.gpu.test.ts'])(
    'has %s',
    (path) => {
      const name = path.startsWith('src/reference') ? (TWINS[stem] ?? stem) : stem;
      expect(existsSync(new URL(path.replace('?', name), root))).toBe(true);
    },
  );
});
