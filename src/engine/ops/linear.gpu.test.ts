import { describe, expect, it } from 'vitest';
import { Rng } from '../../lib/testing/rng';
import { gluBackward, gluForward } from '../../reference/glu';
import { linearBackward, linearForward } from '../../reference/linear';
import { loraBackward, loraForward } from '../../reference/lora';
import { rmsnormBackward, rmsnormForward } from '../../reference/rmsnorm';
import { Dim } from '../tensor';
import { expectClose, normals, plus, testLab, testWeight } from '../testing/test-lab';
import { TOLERANCES } from '../testing/tolerances';
import { gatedLinear, linear } from './linear';
import { gatedVariant, LINEAR_VARIANTS } from './linear-variants';

const lab = testLab();
/** Each is used in the direction, or in both, that has it. */
const VARIANTS = [...new Set(Object.values(LINEAR_VARIANTS).flatMap(Object.keys))];

describe.each([
  ...VARIANTS.map((variant) => ({ variant, storage: 'f32' as const })),
  { variant: '4x4', storage: 'f16' as const },
  { variant: '1x4', storage: 'bf16' as const },
])('linear, variant $variant, $storage', ({ variant, storage }) => {
  it.each([
    { N: 1, I: 4, O: 4 },
    { N: 64, I: 32, O: 64 },
    { N: 67, I: 20, O: 76 },
  ])('$N rows, $I → $O', async ({ N, I, O }) => {
    const rng = new Rng(N, I);
    const table = testWeight(rng, { rows: O, cols: I, storage });
    const inp = normals(rng, N * I);
    const dout = normals(rng, N * O);
    const outputs = await lab().run(
      (p) => {
        const x = p.slot('inp', [N, I], 'f32', true);
        const out = linear(p, { inp: x, weight: table.weight(p) });
        p.setGrad(out, p.slot('dout', [N, O]));
        p.backward();
        return { out, dinp: p.grad(x) };
      },
      { slots: { inp, dout, ...table.slots }, variant },
    );
    const twin = { inp, weight: table.values, I };
    expectClose(outputs.floats('out'), linearForward(twin), TOLERANCES.product);
    expectClose(outputs.floats('dinp'), linearBackward({ ...twin, dout }), TOLERANCES.product);
  });
});

describe.each([
  ...VARIANTS.map((variant) => ({ variant, cuts: [] })),
  // A weight in three parts, cut inside the first and the last projection.
  { variant: '8x4', cuts: [12, 48] },
  { variant: '1x4', cuts: [12, 48] },
  { variant: 'split4', cuts: [12, 48] },
  { variant: 'tiled 4x4', cuts: [12, 48] },
])('linear with all its terms, variant $variant, cut at $cuts', ({ variant, cuts }) => {
  // q, k and v, where k has no adapter and no projection has the width of a tile.
  const [N, I, O, rank] = [19, 24, 60, 8];
  const SEGMENTS = [
    { outStart: 0, outEnd: 28, adapter: { hStart: 0, bStart: 0 } },
    { outStart: 28, outEnd: 44, adapter: null },
    { outStart: 44, outEnd: 60, adapter: { hStart: 8, bStart: 28 } },
  ];
  const rng = new Rng(N, O);
  const scale = 0.25;
  const table = testWeight(rng, { rows: O, cols: I, cuts });
  const inp = normals(rng, N * I);
  const [bias, residual, dout] = [normals(rng, O), normals(rng, N * O), normals(rng, N * O)];
  const [a, b] = [normals(rng, 2 * rank * I), normals(rng, 44 * rank)];

  it('bias, residual, adapters, and a gradient for all', async () => {
    const outputs = await lab().run(
      (p) => {
        const x = p.slot('inp', [new Dim('rows', N + 5), I], 'f32', true);
        const before = p.slot('residual', [new Dim('rows', N + 5), O], 'f32', true);
        const da = p.slot('da', [2 * rank, I]);
        const db = p.slot('db', [44, rank]);
        const factors = { a: { tensor: p.slot('a', [2 * rank, I]) }, b: { tensor: p.slot('b', [44, rank]) } };
        const lora = {
          ...factors,
          da: { tensor: da },
          db: { tensor: db },
          rank,
          totalRank: 2 * rank,
          scale,
          segments: SEGMENTS,
        };
        const out = linear(p, {
          inp: x,
          weight: table.weight(p),
          bias: { tensor: p.slot('bias', [O]) },
          lora,
          residual: before,
        });
        const d = p.slot('dout', [new Dim('rows', N + 5), O]);
        p.setGrad(out, d);
        p.backward();
        expect(p.grad(before)).toBe(d);
        return { out, dinp: p.grad(x), da, db };
      },
      {
        slots: { inp, bias, residual, a, b, dout, ...table.slots },
        variant,
        replays: [{ rows: N }],
      },
    );
    const segments = SEGMENTS.map(({ outStart, outEnd, adapter }) => {
      return { outStart, outEnd, rank: adapter ? rank : 0, hStart: adapter?.hStart ?? 0 };
    });
    const lora = { inp, a, b, scale, segments, I, O };
    const { h, delta } = loraForward(lora);
    const twin = { inp, weight: table.values, I };
    const out = outputs.floats('out');
    expectClose(out.subarray(0, N * O), linearForward({ ...twin, bias, residual, delta }), TOLERANCES.product);
    expect(out.subarray(N * O).every(Number.isNaN)).toBe(true);
    const { da, db, dinp } = loraBackward({ ...lora, h, dout });
    expectClose(
      outputs.floats('dinp').subarray(0, N * I),
      plus(linearBackward({ ...twin, dout }), dinp),
      TOLERANCES.product,
    );
    expectClose(outputs.floats('da'), da, TOLERANCES.product);
    expectClose(outputs.floats('db'), db, TOLERANCES.product);
  });
});

it.each(['8x4', 'split4', 'tiled 4x4'])(
  'a product that is cut into dispatches is equal to one, %s',
  async (variant) => {
    const [N, I, O, rank] = [70, 200, 204, 4];
    const rng = new Rng(N, O);
    const table = testWeight(rng, { rows: O, cols: I });
    const slots = {
      inp: normals(rng, N * I),
      dout: normals(rng, N * O),
      bias: normals(rng, O),
      a: normals(rng, rank * I),
      b: normals(rng, O * rank),
      ...table.slots,
    };
    const run = async (mostFlops: number) => {
      let dispatches = 0;
      const outputs = await lab().run(
        (p) => {
          const x = p.slot('inp', [N, I], 'f32', true);
          const out = linear(p, {
            inp: x,
            weight: table.weight(p),
            bias: { tensor: p.slot('bias', [O]) },
            lora: {
              a: { tensor: p.slot('a', [rank, I]) },
              b: { tensor: p.slot('b', [O, rank]) },
              da: null,
              db: null,
              rank,
              totalRank: rank,
              scale: 0.5,
              segments: [{ outStart: 0, outEnd: O, adapter: { hStart: 0, bStart: 0 } }],
            },
          });
          p.setGrad(out, p.slot('dout', [N, O]));
          p.backward();
          dispatches = p.dispatches.filter(({ variant: { source } }) => source.name === 'linear').length;
          return { out, dinp: p.grad(x) };
        },
        { slots, variant, mostFlops, replays: [{ rows: N }] },
      );
      return { dispatches, out: outputs.floats('out'), dinp: outputs.floats('dinp') };
    };
    const [whole, cut] = [await run(1e9), await run(2e6)];
    expect(whole.dispatches).toBe(2);
    // Parts of at most 71 columns: 64 with tiles of 64, of 32 or of 8 columns.
    expect(cut.dispatches).toBeGreaterThanOrEqual(6);
    expect(cut.out).toEqual(whole.out);
    expect(cut.dinp).toEqual(whole.dinp);
  },
);

/** Variants with a gated linear unit in the same dispatch, and their columns; and one without. */
const GATED_VARIANTS = Object.entries(LINEAR_VARIANTS.forward)
  .map(([variant, tile]) => ({ variant, cols: gatedVariant(tile, 'silu')?.cols ?? null }))
  .filter(({ variant, cols }) => variant === '4x4' || cols !== null);

describe.each([
  ...GATED_VARIANTS.map((each) => ({ ...each, activation: 'silu' as const })),
  ...GATED_VARIANTS.filter(({ variant }) => variant === 'split4').map((each) => ({
    ...each,
    activation: 'gelu_tanh' as const,
  })),
])('a gated product, variant $variant, $activation', ({ variant, cols, activation }) => {
  it.each([
    { N: 1, I: 4, F: 4 },
    { N: 19, I: 72, F: 28 },
    { N: 70, I: 64, F: 76 },
  ])('$N rows, $I → $F, with a bias and an adapter', async ({ N, I, F }) => {
    const [O, rank, scale] = [2 * F, 8, 0.25];
    const rng = new Rng(N, F);
    const table = testWeight(rng, { rows: O, cols: I });
    const [inp, bias] = [normals(rng, N * I), normals(rng, O)];
    // Only up has an adapter.
    const [a, b] = [normals(rng, rank * I), normals(rng, F * rank)];
    const fused = cols !== null;
    const run = async (mostFlops: number) => {
      let dispatches = 0;
      const outputs = await lab().run(
        (p) => {
          const product = {
            inp: p.slot('inp', [new Dim('rows', N + 5), I]),
            weight: table.weight(p),
            bias: { tensor: p.slot('bias', [O]) },
            lora: {
              a: { tensor: p.slot('a', [rank, I]) },
              b: { tensor: p.slot('b', [F, rank]) },
              da: null,
              db: null,
              rank,
              totalRank: rank,
              scale,
              segments: [
                { outStart: 0, outEnd: F, adapter: null },
                { outStart: F, outEnd: O, adapter: { hStart: 0, bStart: 0 } },
              ],
            },
          };
          const out = gatedLinear(p, product, activation);
          dispatches = p.dispatches.filter(({ variant: { source } }) => source.name !== 'lora').length;
          return { out };
        },
        { slots: { inp, bias, a, b, ...table.slots }, variant, mostFlops, replays: [{ rows: N }] },
      );
      return { dispatches, out: outputs.floats('out') };
    };
    const segments = [
      { outStart: 0, outEnd: F, rank: 0, hStart: 0 },
      { outStart: F, outEnd: O, rank, hStart: 0 },
    ];
    const { delta } = loraForward({ inp, a, b, scale, segments, I, O });
    const gateUp = linearForward({ inp, weight: table.values, I, bias, delta });
    const { dispatches, out } = await run(1e9);
    expect(dispatches).toBe(fused ? 1 : 2);
    expectClose(out.subarray(0, N * F), gluForward({ gateUp, F, activation }), TOLERANCES.product);
    // The unit of a NaN is NaN, so rows beyond the batch say something only if one kernel computes both.
    if (fused) expect(out.subarray(N * F).every(Number.isNaN)).toBe(true);
    const cut = await run(1);
    expect(cut.dispatches).toBeGreaterThanOrEqual(cols === null ? 2 : Math.ceil(F / cols));
    expect(cut.out).toEqual(out);
  });
});

it('a gated product has the gradient of its parts', async () => {
  const [N, I, F] = [5, 12, 8];
  const rng = new Rng(N, F);
  const table = testWeight(rng, { rows: 2 * F, cols: I });
  const [inp, dout] = [normals(rng, N * I), normals(rng, N * F)];
  const outputs = await lab().run(
    (p) => {
      const x = p.slot('inp', [N, I], 'f32', true);
      const out = gatedLinear(p, { inp: x, weight: table.weight(p) }, 'silu');
      p.setGrad(out, p.slot('dout', [N, F]));
      p.backward();
      return { out, dinp: p.grad(x) };
    },
    { slots: { inp, dout, ...table.slots } },
  );
  const gateUp = linearForward({ inp, weight: table.values, I });
  const unit = { gateUp, F, activation: 'silu' as const };
  const dinp = linearBackward({ weight: table.values, I, dout: gluBackward({ ...unit, dout }) });
  expectClose(outputs.floats('out'), gluForward(unit), TOLERANCES.product);
  expectClose(outputs.floats('dinp'), dinp, TOLERANCES.product);
});

describe.each(['generating', 'training'])('a product of normed rows with an adapter, %s', (purpose) => {
  it('equals the norm and the product', async () => {
    const [N, I, O, rank] = [6, 68, 12, 4];
    const trains = purpose === 'training';
    const rng = new Rng(N, O);
    const table = testWeight(rng, { rows: O, cols: I });
    const [inp, gain, dout] = [normals(rng, N * I), normals(rng, I), normals(rng, N * O)];
    const [a, b] = [normals(rng, rank * I), normals(rng, O * rank)];
    const outputs = await lab().run(
      (p) => {
        const x = p.slot('inp', [N, I], 'f32', trains);
        const lora = {
          a: { tensor: p.slot('a', [rank, I]) },
          b: { tensor: p.slot('b', [O, rank]) },
          da: null,
          db: null,
          rank,
          totalRank: rank,
          scale: 0.5,
          segments: [{ outStart: 0, outEnd: O, adapter: { hStart: 0, bStart: 0 } }],
        };
        const norm = { weight: { tensor: p.slot('gain', [I]) }, eps: 1e-5, offset: 0 };
        const out = linear(p, { inp: x, norm, weight: table.weight(p), lora });
        expect(p.dispatches.length).toBe(trains ? 3 : 2);
        if (!trains) return { out, dinp: p.none };
        p.setGrad(out, p.slot('dout', [N, O]));
        p.backward();
        return { out, dinp: p.grad(x) };
      },
      { slots: { inp, gain, a, b, ...(trains && { dout }), ...table.slots } },
    );
    const norm = { inp, weight: gain, eps: 1e-5 };
    const normed = rmsnormForward(norm);
    const segments = [{ outStart: 0, outEnd: O, rank, hStart: 0 }];
    const lora = { inp: normed, a, b, scale: 0.5, segments, I, O };
    const { h, delta } = loraForward(lora);
    const twin = { inp: normed, weight: table.values, I };
    expectClose(outputs.floats('out'), linearForward({ ...twin, delta }), TOLERANCES.product);
    if (!trains) return;
    const dnormed = plus(linearBackward({ ...twin, dout }), loraBackward({ ...lora, h, dout }).dinp);
    expectClose(outputs.floats('dinp'), rmsnormBackward({ ...norm, dout: dnormed }), TOLERANCES.product);
  });
});

it('two products of one input add their gradients', async () => {
  const [N, I] = [9, 12];
  const rng = new Rng(N, I);
  const [first, second] = [testWeight(rng, { rows: 8, cols: I }), testWeight(rng, { rows: 20, cols: I })];
  const inp = normals(rng, N * I);
  const [dfirst, dsecond] = [normals(rng, N * 8), normals(rng, N * 20)];
  const slots = { first: first.slots['weight from 0'] ?? inp, second: second.slots['weight from 0'] ?? inp };
  const outputs = await lab().run(
    (p) => {
      const x = p.slot('inp', [N, I], 'f32', true);
      const product = (label: 'first' | 'second', rows: number) => {
        const bound = { tensor: p.slot(label, [rows, I]) };
        const out = linear(p, {
          inp: x,
          weight: { label, rows, cols: I, parts: [{ first: 0, end: rows, storage: 'f32', bound }] },
        });
        p.setGrad(out, p.slot(`d${label}`, [N, rows]));
      };
      product('first', 8);
      product('second', 20);
      p.backward();
      return { dinp: p.grad(x) };
    },
    { slots: { inp, ...slots, dfirst, dsecond } },
  );
  const dinp = plus(
    linearBackward({ weight: first.values, I, dout: dfirst }),
    linearBackward({ weight: second.values, I, dout: dsecond }),
  );
  expectClose(outputs.floats('dinp'), dinp, TOLERANCES.product);
});
