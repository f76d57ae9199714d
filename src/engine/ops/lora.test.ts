import { describe, expect, it } from 'vitest';
import { Planner } from '../planner';
import { capacity } from '../tensor';
import { loraDown } from './lora';

/** Threads of the product h = inp · Aᵀ on a GPU, and the inputs that each of them reads of a row. */
function divided(rows: number, inputs: number, totalRank: number): { threads: number; walk: number } {
  const p = new Planner();
  const [a, b] = [{ tensor: p.slot('a', [totalRank, inputs]) }, { tensor: p.slot('b', [64, totalRank]) }];
  const segments = [{ outStart: 0, outEnd: 64, adapter: { hStart: 0, bStart: 0 } }];
  const lora = { a, b, da: null, db: null, rank: totalRank, totalRank, scale: 1, segments };
  loraDown(p, p.slot('inp', [rows, inputs]), lora);
  const [dispatch, ...others] = p.dispatches;
  if (dispatch === undefined || others.length > 0) throw new Error('the product takes one dispatch');
  const { SPLIT, GROUP_COLS, GROUP_ROWS } = dispatch.variant.constants;
  const groups = dispatch.grid.map(({ extent, per }) => Math.ceil(capacity(extent) / per)).reduce((x, y) => x * y, 1);
  return {
    threads: groups * Number(SPLIT) * Number(GROUP_COLS) * Number(GROUP_ROWS),
    walk: 4 * Math.ceil(inputs / 4 / Number(SPLIT)),
  };
}

// A decode step with rank 16, at the widths of SmolLM2-135M and Llama-3.2-1B.
describe.each([576, 1536, 2048, 8192])('lora of %i inputs', (inputs) => {
  it.each([1, 2, 3, 4, 8, 16, 32])('keeps a GPU busy with %i rows', (rows) => {
    const { threads, walk } = divided(rows, inputs, 16);
    expect(threads).toBeGreaterThanOrEqual(1024);
    expect(walk).toBeLessThanOrEqual(Math.max(128, inputs / 16));
  });
});
