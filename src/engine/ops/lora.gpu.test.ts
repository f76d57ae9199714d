import { describe, expect, it } from 'vitest';
import { Rng } from '../../lib/testing/rng';
import { loraBackward as loraBackwardTwin, loraForward } from '../../reference/lora';
import { rmsnormForward } from '../../reference/rmsnorm';
import { Dim } from '../tensor';
import { beside, expectClose, normals, plus, testLab } from '../testing/test-lab';
import { TOLERANCES } from '../testing/tolerances';
import {
  downVariants,
  hiddenVariants,
  type Lora,
  type LoraSegment,
  loraBackward,
  loraDown,
  normedDown,
  normedVariants,
  weightVariants,
} from './lora';

const lab = testLab();

interface Shape {
  readonly N: number;
  readonly I: number;
  readonly rank: number;
  /** Widths of the stacked projections. A negative width has no adapter. */
  readonly widths: readonly number[];
}

/** Data of a shape, and what the twin computes from it. */
function example({ N, I, rank, widths }: Shape) {
  const rng = new Rng(N, I);
  const scale = 0.5;
  const segments: LoraSegment[] = [];
  let [outStart, bStart, hStart] = [0, 0, 0];
  for (const width of widths) {
    const outEnd = outStart + Math.abs(width);
    segments.push({ outStart, outEnd, adapter: width < 0 ? null : { hStart, bStart } });
    outStart = outEnd;
    if (width > 0) {
      bStart += width;
      hStart += rank;
    }
  }
  const [O, adapted, totalRank] = [outStart, bStart, hStart];
  const a = normals(rng, totalRank * I);
  const b = normals(rng, adapted * rank);
  const inp = normals(rng, N * I);
  const dout = normals(rng, N * O);
  const twinSegments = segments.map(({ outStart, outEnd, adapter }) => {
    return { outStart, outEnd, rank: adapter ? rank : 0, hStart: adapter?.hStart ?? 0 };
  });
  const twin = { inp, a, b, scale, segments: twinSegments, I, O };
  const { h } = loraForward(twin);
  const before = { da: normals(rng, a.length), db: normals(rng, b.length) };
  const { da, db, dh } = loraBackwardTwin({ ...twin, h, dout });
  return {
    slots: { inp, a, b, dout, ...before },
    expected: { h, dh, da: plus(before.da, da), db: plus(before.db, db) },
    shape: { O, adapted, totalRank, rank, scale, segments },
  };
}

/** Compares every product with the twin. The plan has room for `spare` more rows, which nothing may write. */
async function check(shape: Shape, variant?: string, tuning = {}, spare = 0): Promise<void> {
  const { N, I } = shape;
  const { slots, expected, shape: made } = example(shape);
  const { O, adapted, totalRank, rank, scale, segments } = made;
  const rows = spare === 0 ? N : new Dim('rows', N + spare);
  const outputs = await lab().run(
    (p) => {
      const da = p.slot('da', [totalRank, I]);
      const db = p.slot('db', [adapted, rank]);
      const factors = { a: { tensor: p.slot('a', [totalRank, I]) }, b: { tensor: p.slot('b', [adapted, rank]) } };
      const lora: Lora = { ...factors, da: { tensor: da }, db: { tensor: db }, rank, totalRank, scale, segments };
      const x = p.slot('inp', [rows, I]);
      const h = loraDown(p, x, lora);
      const dh = loraBackward(p, { inp: x, h, dout: p.slot('dout', [rows, O]), lora });
      return { h, dh, da, db };
    },
    { slots, tuning, replays: [{ rows: N }], ...(variant !== undefined && { variant }) },
  );
  for (const name of ['h', 'dh'] as const) {
    const values = outputs.floats(name);
    expectClose(values.subarray(0, N * totalRank), expected[name], TOLERANCES.product);
    expect(values.subarray(N * totalRank).every(Number.isNaN)).toBe(true);
  }
  expectClose(outputs.floats('da'), expected.da, TOLERANCES.product);
  expectClose(outputs.floats('db'), expected.db, TOLERANCES.product);
}

const VARIANTS = [...new Set([downVariants(4), hiddenVariants(4), weightVariants(4, 4)].flatMap(Object.keys))];

describe.each(VARIANTS)('lora, variant %s', (variant) => {
  it.each<Shape>([
    { N: 1, I: 4, rank: 4, widths: [4] },
    { N: 16, I: 64, rank: 16, widths: [64] },
    { N: 67, I: 20, rank: 8, widths: [16, -8, 8] },
    { N: 33, I: 300, rank: 20, widths: [24, 260, -12] },
    { N: 41, I: 68, rank: 64, widths: [20, 72, 4] },
  ])('$N rows, $I inputs, rank $rank, projections $widths', (shape) => check(shape, variant));

  it('fewer rows than the plan has room for', () =>
    check({ N: 19, I: 24, rank: 12, widths: [-28, 16, 16] }, variant, {}, 7));
});

describe.each(Object.keys(normedVariants(4)))('the norm and h, variant %s', (variant) => {
  it.each([
    { N: 1, size: 4, I: 4, totalRank: 4, offset: 0 },
    { N: 8, size: 256, I: 256, totalRank: 48, offset: 0 },
    { N: 19, size: 298, I: 300, totalRank: 20, offset: 1 },
  ])('$N rows, $size of $I inputs, rank $totalRank', async ({ N, size, I, totalRank, offset }) => {
    const rng = new Rng(N, I);
    const [inp, weight, narrow] = [normals(rng, N * size), normals(rng, size), normals(rng, totalRank * size)];
    const padded = (values: Float64Array, rows: number) => beside(rows, values, new Float64Array(rows * (I - size)));
    const a = padded(narrow, totalRank);
    let dispatches = 0;
    const outputs = await lab().run(
      (p) => {
        const x = p.slot('inp', [new Dim('rows', N + 3), I]);
        const factors = { a: { tensor: p.slot('a', [totalRank, I]) }, b: { tensor: p.slot('b', [4, totalRank]) } };
        const lora = { ...factors, da: null, db: null, rank: totalRank, totalRank, scale: 1, segments: [] };
        const made = normedDown(p, x, lora, { weight: { tensor: p.slot('weight', [I]) }, eps: 1e-5, offset, size });
        dispatches = p.dispatches.length;
        return made;
      },
      {
        slots: { inp: padded(inp, N), a, weight: padded(weight, 1) },
        variant,
        tuning: { software: false },
        replays: [{ rows: N }],
      },
    );
    expect(dispatches).toBe(variant === 'separate' ? 2 : 1);
    const normed = padded(rmsnormForward({ inp, weight, eps: 1e-5, offset }), N);
    const segments = [{ outStart: 0, outEnd: 4, rank: totalRank, hStart: 0 }];
    const b = new Float64Array(4 * totalRank);
    const { h } = loraForward({ inp: normed, a, b, scale: 1, segments, I, O: 4 });
    const [gotNormed, gotH] = [outputs.floats('normed'), outputs.floats('h')];
    expectClose(gotNormed.subarray(0, N * I), normed, TOLERANCES.rmsnorm);
    expectClose(gotH.subarray(0, N * totalRank), h, TOLERANCES.product);
    expect([...gotNormed.subarray(N * I), ...gotH.subarray(N * totalRank)].every(Number.isNaN)).toBe(true);
  });
});

// The variants that are chosen without measurements, in the row classes of a GPU and of software.
describe.each([false, true])('lora, software %s', (software) => {
  it.each([1, 2, 3, 8, 13, 32, 100, 300])('%i rows', async (N) => {
    await check({ N, I: 36, rank: 8, widths: [20, 12] }, undefined, { software });
  });
});
