import { describe, expect, it } from 'vitest';
import { checkZones } from './zones';

const messages = (file: string, text: string) => checkZones(file, text).map(({ message }) => message);

describe('import zones', () => {
  it('allow the imports that the table allows', () => {
    expect(messages('src/model/lora.ts', `import { Device } from '../engine/device';`)).toEqual([]);
    expect(messages('src/engine/ops/rmsnorm.ts', `import wgsl from '../../../shaders/rmsnorm.wgsl?raw';`)).toEqual([]);
    expect(
      messages('src/ui/Button.tsx', `import { assert } from '../lib/assert'; import { useState } from 'react';`),
    ).toEqual([]);
  });

  it('refuse upward imports in every syntax', () => {
    for (const text of [
      `import { Trainer } from '../training/trainer';`,
      `export { Trainer } from '../training/trainer';`,
      `export * from '../training/trainer';`,
      `const { Trainer } = await import('../training/trainer');`,
      `type Trainer = import('../training/trainer').Trainer;`,
    ]) {
      expect(messages('src/model/lora.ts', text), text).toHaveLength(1);
    }
  });

  it('distinguish types from values', () => {
    expect(messages('src/client/client.ts', `import type { Call } from '../worker/api';`)).toEqual([]);
    expect(messages('src/client/client.ts', `import { type Call } from '../worker/api';`)).toEqual([]);
    expect(messages('src/client/client.ts', `import { lab } from '../worker/lab.worker';`)).toEqual([
      'client may import only types of worker: the page communicates with the worker by messages only',
    ]);
  });

  it('keep features apart, but let a feature use its own files', () => {
    expect(
      messages('src/features/runs/Runs.tsx', `import { Card } from './Card'; import { x } from '../runs/curves';`),
    ).toEqual([]);
    expect(messages('src/features/runs/Runs.tsx', `import { Card } from '../lab/Card';`)[0]).toMatch(
      /features\/runs may not import/,
    );
  });

  it('refuse Node modules and paths outside src', () => {
    expect(messages('src/lib/rng.ts', `import { readFileSync } from 'node:fs';`)).toHaveLength(1);
    expect(messages('src/lib/rng.ts', `import golden from '../../e2e/golden/tpo.json';`)).toHaveLength(1);
  });

  it('keep the benchmarks apart from the commands that open them', () => {
    expect(messages('bench/main.ts', `import { root } from '../cli/root';`)).toHaveLength(1);
    expect(messages('bench/main.ts', `import { Device } from '../src/engine/device';`)).toEqual([]);
    expect(messages('cli/bench/bench.ts', `import type { BenchReport } from '../../bench/report';`)).toEqual([]);
  });

  it('require a row for a new folder', () => {
    expect(messages('src/sounds/bell.ts', `import { Device } from '../engine/device';`)[0]).toMatch(
      /in no import zone/,
    );
  });
});

describe('restricted names', () => {
  it('allow navigator.gpu only in the engine', () => {
    expect(messages('src/engine/device.ts', 'navigator.gpu.requestAdapter()')).toEqual([]);
    for (const text of ['navigator.gpu', 'self.navigator.gpu', 'globalThis.navigator?.gpu']) {
      expect(messages('src/worker/lab.worker.ts', text), text).toHaveLength(1);
    }
  });

  it('allow browser storage only in src/storage', () => {
    expect(
      messages('src/storage/db.ts', `import { openDB } from 'idb'; navigator.storage.getDirectory(); indexedDB`),
    ).toEqual([]);
    expect(messages('src/state/runs.ts', 'navigator.storage.estimate()')).toHaveLength(1);
    expect(messages('src/state/runs.ts', 'indexedDB.open("lab")')).toHaveLength(1);
    expect(messages('src/state/runs.ts', `import { get } from 'idb-keyval';`)).toHaveLength(1);
  });

  it('ignore other identifiers, other members and comments', () => {
    expect(
      messages('src/app/main.tsx', '// navigator.gpu\nconst gpu = "navigator.gpu"; device.gpu; navigator.onLine'),
    ).toEqual([]);
  });
});

it('refuses barrels and utils by name, with the line', () => {
  expect(messages('src/lib/utils.ts', '')).toHaveLength(1);
  expect(messages('src/lib/index.ts', '')).toHaveLength(1);
  expect(checkZones('src/ui/x.ts', `\n\nimport { y } from '../state/y';`)[0]?.line).toBe(3);
});

it('lets tests import anything they compare with', () => {
  expect(messages('src/engine/ops/x.gpu.test.ts', `import { x } from '../../reference/x'; navigator.gpu`)).toEqual([]);
});
