import { describe, expect, it } from 'vitest';
import { everyChoice } from '../../src/engine/testing/every-choice';
import { parseConfig } from '../../src/model/config';
import { fewBlocks, modelPlan } from '../../src/training/testing/model-plans';
import type { Ranges, ResolvedDispatch } from './dispatches';
import { GPUS } from './gpus';
import { shapeOf } from './shapes';
import { configOf, MODELS, task, taskDispatches } from './tasks';
import { UNTUNED } from './tuned';

it.each(MODELS.map((model) => [model.name, model] as const))('describes the kernels of %s', (_, model) => {
  const config = fewBlocks(parseConfig(configOf(model)));
  const kernels = new Set<string>();
  for (const name of ['decode 8', 'prefill', 'training'] as const) {
    const of = task(model, name);
    const plans = everyChoice((choices) =>
      modelPlan({ config, storage: model.storage, ...of.sizes, tuning: { ...UNTUNED, choices } }),
    );
    for (const plan of plans)
      for (const dispatch of taskDispatches(of, plan)) {
        kernels.add(dispatch.kernel);
        expect(shapeOf(dispatch, GPUS.m2).loops).toBeInstanceOf(Array);
      }
  }
  expect(kernels.size).toBeGreaterThan(20);
});

describe('attention', () => {
  const gpu = GPUS.m2;
  const attention = (kernel: string, constants: object, uniforms: object, ranges: Ranges, grid: readonly number[]) => {
    const dispatch: ResolvedDispatch = {
      variant: { source: { name: kernel, code: '' }, entry: '', libs: [], constants: {} },
      kernel,
      constants: { ...constants },
      uniforms: { heads: 2, kvHeads: 1, window: 0xffffffff, ...uniforms },
      ...{ weights: null, threads: 256, grid, bindings: {}, flops: 0, ranges },
    };
    return shapeOf(dispatch, gpu);
  };
  const tile = { G: 2, WIDTH: 16, ACROSS: 16, DOWN: 16, EACH: 2, COLUMNS: 1, SLICE: 8, STAGE: 16 };

  it('multiplies the tiles of keys that a row of the tile sees', () => {
    // 32 rows of 2 heads in each of two workgroups: the first sees keys 0 … 31, the second 0 … 63, by 32.
    const causal = Array.from({ length: 64 }, (_, n) => [0, 0, 0, n + 1] as const);
    const { loops } = attention('attention-tiled.forward', tile, {}, causal, [2, 1]);
    expect(loops[0]).toMatchObject({ trips: 2, inner: [{ trips: 1.5 / 2, most: 2 / 2 }] });
  });

  it('goes from the keys to the rows that see one of them', () => {
    // 64 keys for a workgroup. The first is seen by all of 128 rows of 2 heads, 32 at a time, the second by half.
    const causal = Array.from({ length: 128 }, (_, n) => [0, 0, 0, n + 1] as const);
    const { loops } = attention('attention-tiled.backward_kv', tile, { first: 0 }, causal, [2, 1]);
    expect(loops[0]).toMatchObject({ trips: 2, inner: [{ trips: 6 / 2, most: 8 / 2 }] });
  });

  it('shares the chunks of a prefix between rows', () => {
    // 2 chunks of a prefix, and 4 rows with one of their own.
    const lanes = Array.from({ length: 4 }, (_, lane) => [0, 64, 64 + 16 * lane, 80 + 16 * lane] as const);
    const keys = { WIDTH: 16, KEYS: 32, SPAN: 4, COLUMNS: 4, BLOCK: 2 };
    const uniforms = { prefixChunks: 3, chunks: 5 };
    const apart = attention('attention-keys.forward_keys', { ...keys, ROWS: 1 }, uniforms, lanes, [1, 5, 4]);
    expect(apart).toMatchObject({ groups: 4 * 3 });
    const shared = attention('attention-keys.forward_keys', { ...keys, ROWS: 8 }, uniforms, lanes, [1, 5, 4]);
    // A round for each pair of queries: 4 of 4 rows with 2 heads, 1 of a single row.
    expect(shared).toMatchObject({ groups: 2 + 4, loops: [{}, { trips: (2 * 4 + 4 * 1) / 6, most: 4 }] });
  });
});
