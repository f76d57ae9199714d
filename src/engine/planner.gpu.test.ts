import { expect, it } from 'vitest';
import { Rng } from '../lib/testing/rng';
import { layoutArena } from './arena';
import { glu } from './ops/glu';
import { linear } from './ops/linear';
import { rmsnorm } from './ops/rmsnorm';
import { Planner } from './planner';
import type { Tensor } from './tensor';
import { normals, testLab } from './testing/test-lab';
import type { Weight } from './weight';

const lab = testLab();
const [N, C, F, RANK, BLOCKS] = [10, 16, 24, 4, 3];

const weight = (p: Planner, label: string, rows: number, cols: number): Weight => {
  const bound = { tensor: p.slot(label, [rows, cols]) };
  return { label, rows, cols, parts: [{ first: 0, end: rows, storage: 'f32', bound }] };
};

/** x + down(silu(gate) · up), with an adapter on `down`. */
function block(p: Planner, index: number, inp: Tensor): Tensor {
  const slot = (name: string, ...shape: number[]) => ({ tensor: p.slot(`${name} ${index}`, shape) });
  const normed = rmsnorm(p, inp, { weight: slot('norm', C), eps: 1e-5, offset: 0 });
  const gated = glu(p, linear(p, { inp: normed, weight: weight(p, `up ${index}`, 2 * F, C) }), 'silu');
  const factors = { a: slot('a', RANK, F), b: slot('b', C, RANK), da: slot('da', RANK, F), db: slot('db', C, RANK) };
  const segments = [{ outStart: 0, outEnd: C, adapter: { hStart: 0, bStart: 0 } }];
  const lora = { ...factors, rank: RANK, totalRank: RANK, scale: 2, segments };
  return linear(p, { inp: gated, weight: weight(p, `down ${index}`, C, F), lora, residual: inp });
}

/** A chain of blocks, with the gradients of every adapter and of the input. */
function network(p: Planner, checkpointing: boolean): Record<string, Tensor> {
  const inp = p.slot('inp', [N, C], 'f32', true);
  let x = inp;
  for (let index = 0; index < BLOCKS; index++) {
    const body = (input: Tensor) => block(p, index, input);
    x = checkpointing ? p.checkpoint(x, body) : body(x);
  }
  p.setGrad(x, p.slot('dout', [N, C]));
  p.backward();
  const gradients = Array.from({ length: BLOCKS }, (_, i) => [
    [`da ${i}`, p.slot(`da ${i}`, [RANK, F])] as const,
    [`db ${i}`, p.slot(`db ${i}`, [C, RANK])] as const,
  ]);
  return { out: x, dinp: p.grad(inp), ...Object.fromEntries(gradients.flat()) };
}

it('checkpointing gives bit-equal gradients in less memory', async () => {
  const rng = new Rng(N, C);
  const perBlock = Array.from({ length: BLOCKS }, (_, i) => ({
    [`norm ${i}`]: normals(rng, C),
    [`up ${i}`]: normals(rng, 2 * F * C, 0.3),
    [`down ${i}`]: normals(rng, C * F, 0.3),
    [`a ${i}`]: normals(rng, RANK * F, 0.3),
    [`b ${i}`]: normals(rng, C * RANK, 0.3),
  }));
  const slots = Object.assign({ inp: normals(rng, N * C) }, ...perBlock);
  // The gradient of the output is modified in place, so each run gets its own.
  const run = (checkpointing: boolean) =>
    lab().run((p) => network(p, checkpointing), { slots: { ...slots, dout: normals(new Rng(9), N * C) } });
  const [plain, checkpointed] = [await run(false), await run(true)];
  for (const name of ['out', 'dinp', ...perBlock.flatMap((_, i) => [`da ${i}`, `db ${i}`])]) {
    expect(
      plain.floats(name).every((x) => Number.isFinite(x) && x !== 0),
      name,
    ).toBe(true);
    expect(checkpointed.floats(name)).toEqual(plain.floats(name));
  }

  const planned = (checkpointing: boolean) => {
    const p = new Planner();
    network(p, checkpointing);
    return layoutArena(p.dispatches).sizes.reduce((sum, size) => sum + size, 0);
  };
  expect(planned(true)).toBeLessThan(planned(false));
});
