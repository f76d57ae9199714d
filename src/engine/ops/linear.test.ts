/** Limits that every plan of a product keeps, whichever variant is chosen. */
import { describe, expect, it } from 'vitest';
import { largestGrid, MOST_WORKGROUPS } from '../grid';
import { kernelKey } from '../kernel';
import { type Dispatch, Planner } from '../planner';
import { capacity, Dim } from '../tensor';
import { workgroupSize } from '../testing/workgroup-size';
import { candidatesOf, rowClass, type Tuning, UNTUNED } from '../tuning';
import type { Weight } from '../weight';
import { gatedLinear, linear, linearKey } from './linear';
import { LINEAR_VARIANTS } from './linear-variants';
import { logprob } from './logprob';

const HARDWARE = { software: false, features: [] };

function q4(p: Planner, rows: number, cols: number): Weight {
  const bound = { tensor: p.slot('weight', [(rows * cols * 9) / 64]) };
  return { label: 'weight', rows, cols, parts: [{ first: 0, end: rows, storage: 'q4_0', bound }] };
}

/** The dispatches of one product, forward and backward, with each variant that a GPU is offered for so many rows. */
function planned(
  rows: number,
  inputs: number,
  outputs: number,
): { variant: string; dispatches: readonly Dispatch[] }[] {
  const { measured } = rowClass(rows, HARDWARE);
  const shape = { storage: 'q4_0', rows, inputs, outputs } as const;
  const names = new Set(
    Object.values(LINEAR_VARIANTS).flatMap((variants) => candidatesOf(variants, measured, HARDWARE)),
  );
  return [...names].map((variant) => {
    const choices = {
      [linearKey({ pass: 'forward', ...shape }, HARDWARE)]: variant,
      [linearKey({ pass: 'backward', ...shape }, HARDWARE)]: variant,
    };
    const p = new Planner({ ...HARDWARE, choices });
    const inp = p.slot('inp', [new Dim('rows', rows), inputs], 'f32', true);
    const out = linear(p, { inp, weight: q4(p, outputs, inputs) });
    p.setGrad(out, p.slot('dout', [new Dim('rows', rows), outputs]));
    p.backward();
    return { variant, dispatches: p.dispatches };
  });
}

const flops = ({ work }: Dispatch) => work.flops * capacity(work.extent);

it.each([1, 2, 8, 16, 64, 512])('a vocabulary of 262,144 fits the grid, %i rows', (rows) => {
  for (const { dispatches } of planned(rows, 640, 262_144)) {
    expect(Math.max(...dispatches.flatMap(largestGrid))).toBeLessThanOrEqual(MOST_WORKGROUPS);
  }
});

describe('no dispatch has more than 10 GFLOP', () => {
  it.each([
    { rows: 1024, inputs: 2048, outputs: 16_384 },
    { rows: 8192, inputs: 2048, outputs: 16_384 },
    { rows: 32_768, inputs: 8192, outputs: 2048 },
  ])('$rows rows, $inputs → $outputs', ({ rows, inputs, outputs }) => {
    for (const { dispatches } of planned(rows, inputs, outputs)) {
      expect(Math.max(...dispatches.map(flops))).toBeLessThanOrEqual(10e9);
      const total = 2 * 2 * rows * inputs * outputs;
      expect(dispatches.reduce((sum, dispatch) => sum + flops(dispatch), 0)).toBe(total);
    }
  });

  it('in the chunks of a head', () => {
    for (const variant of Object.keys(LINEAR_VARIANTS.backward)) {
      const rows = new Dim('scored', 1536);
      const shape = { pass: 'backward', storage: 'q4_0', rows, inputs: 2048, outputs: 128_256 } as const;
      const tuning: Tuning = { ...UNTUNED, choices: { [linearKey(shape, HARDWARE)]: variant } };
      const p = new Planner(tuning);
      const logps = logprob(p, {
        hidden: p.slot('hidden', [rows, 2048], 'f32', true),
        head: q4(p, 128_256, 2048),
        targets: p.slot('targets', [1536], 'u32'),
        branches: p.slot('branches', [1536], 'u32'),
        dbranch: p.slot('dbranch', [2]),
        chunk: 128_256,
      });
      p.setGrad(logps, p.slot('d', [rows]));
      p.backward();
      expect(Math.max(...p.dispatches.map(flops))).toBeLessThanOrEqual(10e9);
    }
  });
});

it.each([1, 2, 4, 8, 16])('%i rows: at least 1,024 threads divide the sums of each product', (rows) => {
  for (const { dispatches } of planned(rows, 576, 576)) {
    const [forward] = dispatches;
    if (forward === undefined) throw new Error('a product has a dispatch');
    const [x = 0, y = 0] = largestGrid(forward);
    expect(x * y * workgroupSize(forward.variant)).toBeGreaterThanOrEqual(1024);
    expect(forward.work.sum?.terms).toBe(576);
    expect(forward.work.sum?.inTurn).toBeLessThanOrEqual(128);
  }
});

/** The kernels of the dispatches that the autotuner measures for each candidate of a decision. */
function measuredKernels(tuning: Tuning, plan: (p: Planner) => void): string[][] {
  const p = new Planner(tuning);
  plan(p);
  return [...p.decisions.values()].map(({ key, candidates, measure }) =>
    candidates.map((name) => {
      const alone = new Planner({ ...tuning, choices: { [key]: name } });
      measure(alone);
      return alone.dispatches.map(({ variant }) => kernelKey(variant)).join(' ');
    }),
  );
}

describe.each([8, 16, 64, 512])('%i rows: the autotuner measures different kernels for each candidate', (rows) => {
  it.each([960, 128_256])('%i outputs', (outputs) => {
    const [kernels, ...others] = measuredKernels(UNTUNED, (p) => {
      linear(p, { inp: p.slot('inp', [rows, 576]), weight: q4(p, outputs, 576) });
    });
    expect(others).toEqual([]);
    expect(new Set(kernels).size).toBe(candidatesOf(LINEAR_VARIANTS.forward, rows, HARDWARE).length);
  });

  it('of a gated product', () => {
    const [kernels, ...others] = measuredKernels(UNTUNED, (p) => {
      gatedLinear(p, { inp: p.slot('inp', [rows, 576]), weight: q4(p, 3072, 576) }, 'silu');
    });
    expect(others).toEqual([]);
    expect(new Set(kernels).size).toBe(candidatesOf(LINEAR_VARIANTS.forward, rows, HARDWARE).length);
    const fused = kernels?.filter((kernel) => kernel.includes('forward_gated')).length;
    expect(fused).toBe({ 8: 1, 16: 2, 64: 1, 512: 0 }[rows]);
  });
});
