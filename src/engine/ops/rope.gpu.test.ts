import { describe, expect, it } from 'vitest';
import { Rng } from '../../lib/testing/rng';
import { nearestHalf } from '../../reference/half';
import { rmsnormBackward, rmsnormForward } from '../../reference/rmsnorm';
import { ropeBackward, ropeForward } from '../../reference/rope';
import { beside, columns, expectClose, halves, normals, storedAs, testLab } from '../testing/test-lab';
import { TOLERANCES } from '../testing/tolerances';
import { rope } from './rope';

const lab = testLab();

describe.each([
  { N: 1, H: 1, KV: 1, D: 4 },
  { N: 7, H: 4, KV: 2, D: 16 },
  { N: 9, H: 6, KV: 1, D: 20 },
])('rope of $N rows, H=$H KV=$KV D=$D', ({ N, H, KV, D }) => {
  const rng = new Rng(H, D);
  const P = 50;
  const half = D / 2;
  const angles = Float64Array.from(
    { length: P * half },
    (_, i) => Math.floor(i / half) * 10000 ** (-(i % half) / half),
  );
  const [cos, sin] = [angles.map(Math.cos), angles.map(Math.sin)];
  const table = beside(P * half, cos, sin);
  const positions = Uint32Array.from({ length: N }, () => rng.integer(P));
  const twin = { positions, cos, sin, D };
  const heads = { heads: H, kvHeads: KV, headSize: D };
  const [Q, K] = [H * D, KV * D];
  const qkv = normals(rng, N * (Q + 2 * K));
  const q = ropeForward({ ...twin, H, inp: columns(qkv, N, 0, Q) });
  const kv = beside(
    N,
    ropeForward({ ...twin, H: KV, inp: columns(qkv, N, Q, Q + K) }),
    columns(qkv, N, Q + K, Q + 2 * K),
  );

  it('rotates queries and keys, copies values, and rotates gradients back', async () => {
    const dq = normals(rng, N * Q);
    const dkv = normals(rng, N * 2 * K);
    const outputs = await lab().run(
      (p) => {
        const inp = p.slot('qkv', [N, Q + 2 * K], 'f32', true);
        const where = { positions: p.slot('positions', [N], 'u32'), kvRows: p.slot('kvRows', [N], 'u32') };
        const result = rope(p, {
          qkv: inp,
          ...where,
          table: { tensor: p.slot('table', [P, D]), stride: half, start: 0 },
          heads,
        });
        p.setGrad(result.q, p.slot('dq', [N, Q]));
        p.setGrad(result.kv, p.slot('dkv', [N, 2 * K]));
        p.backward();
        return { ...result, dqkv: p.grad(inp) };
      },
      { slots: { qkv, positions, kvRows: Uint32Array.from({ length: N }, (_, n) => n), table, dq, dkv } },
    );
    expectClose(outputs.floats('q'), q, TOLERANCES.rope);
    expectClose(outputs.floats('kv'), kv, TOLERANCES.rope);
    const dkey = ropeBackward({ ...twin, H: KV, dout: columns(dkv, N, 0, K) });
    const dqkv = beside(N, ropeBackward({ ...twin, H, dout: dq }), dkey, columns(dkv, N, K, 2 * K));
    expectClose(outputs.floats('dqkv'), dqkv, TOLERANCES.rope);
  });

  it.each(['f32', 'f16'] as const)(
    'writes keys and values to their rows of a cache of %s, and to no others',
    async (type) => {
      const R = N + 6;
      const kvRows = Uint32Array.from(rng.shuffle(Array.from({ length: R }, (_, row) => row)).slice(0, N));
      const before = halves(normals(rng, R * 2 * K));
      const outputs = await lab().run(
        (p) => {
          const where = { positions: p.slot('positions', [N], 'u32'), kvRows: p.slot('kvRows', [N], 'u32') };
          const cache = p.slot('cache', [R, 2 * K], type);
          rope(p, {
            qkv: p.slot('qkv', [N, Q + 2 * K]),
            ...where,
            table: { tensor: p.slot('table', [P, D]), stride: half, start: 0 },
            heads,
            kv: cache,
          });
          return { cache };
        },
        { slots: { qkv, positions, kvRows, table, cache: storedAs(type, before) } },
      );
      const cache = type === 'f32' ? outputs.floats('cache') : outputs.halves('cache');
      const expected = type === 'f32' ? kv : kv.map(nearestHalf);
      const tolerance = type === 'f32' ? TOLERANCES.rope : TOLERANCES.halfTie;
      const rowOf = (values: Float64Array, row: number) => values.subarray(row * 2 * K, (row + 1) * 2 * K);
      for (let row = 0; row < R; row++) {
        const n = kvRows.indexOf(row);
        if (n < 0) expect(rowOf(cache, row)).toEqual(rowOf(before, row));
        else {
          expectClose(rowOf(cache, row), rowOf(expected, n), tolerance);
          // Values are not rotated, so they are exact.
          expect(rowOf(cache, row).subarray(K)).toEqual(rowOf(expected, n).subarray(K));
        }
      }
    },
  );
});

/** Values whose rounding to f16 WGSL leaves open: beside and at ties, and beyond the range. */
const HARD = [
  0, -0, 2049, 2051, -2049, 1.00048828125, 1.00146484375, 0.333, 65503, 65504, 65519, 65520, 65536, -70000, 1e30,
  -3e38,
];
/** May be rounded either way. */
const SUBNORMAL = [2 ** -14 - 2 ** -24, -(2 ** -24), 6.1e-5, 1e-12];

it('rounds values to the nearest f16, and keeps those beyond its range at its end', async () => {
  const values = [...HARD, ...SUBNORMAL];
  const D = values.length;
  const outputs = await lab().run(
    (p) =>
      rope(p, {
        qkv: p.slot('qkv', [1, 3 * D]),
        positions: p.slot('positions', [1], 'u32'),
        kvRows: p.slot('kvRows', [1], 'u32'),
        table: { tensor: p.slot('table', [1, D]), stride: D / 2, start: 0 },
        heads: { heads: 1, kvHeads: 1, headSize: D },
        kv: p.slot('kv', [1, 2 * D], 'f16'),
      }),
    { slots: { qkv: Float64Array.from([...new Float64Array(2 * D), ...values]) } },
  );
  const got = outputs.halves('kv').subarray(D);
  const expected = Float64Array.from(values, (x) => nearestHalf(Math.fround(x)));
  expect(got.subarray(0, HARD.length)).toEqual(expected.subarray(0, HARD.length));
  for (const [i, x] of got.entries()) expect(Math.abs(x - (expected[i] ?? Number.NaN))).toBeLessThanOrEqual(2 ** -24);
});

describe.each(['software', 'hardware'])('normed rope, %s', (kernels) => {
  it.each([
    { N: 5, H: 3, KV: 1, D: 16, size: 16, offset: 0 },
    { N: 4, H: 10, KV: 2, D: 12, size: 10, offset: 1 },
  ])('$N rows, H=$H KV=$KV D=$D of which $size are true', async ({ N, H, KV, D, size, offset }) => {
    const rng = new Rng(N, H);
    const [P, half, pad] = [20, size / 2, (D - size) / 2];
    // The second of two bases in the table.
    const angles = Float64Array.from(
      { length: P * half },
      (_, i) => Math.floor(i / half) * 100 ** (-(i % half) / half),
    );
    const [cos, sin] = [angles.map(Math.cos), angles.map(Math.sin)];
    const zeros = (count: number) => new Float64Array(count);
    const table = beside(P, normals(rng, P * D), beside(P * half, cos, sin), zeros(P * pad * 2));
    const positions = Uint32Array.from({ length: N }, () => rng.integer(P));
    /** Heads in the layout of the device: zeros after each half. */
    const padded = (values: Float64Array) => beside(values.length / half, values, zeros((values.length / half) * pad));
    const [x, y, v] = [normals(rng, N * H * size), normals(rng, N * KV * size), normals(rng, N * KV * size)];
    const [dq, dk, dv] = [normals(rng, N * H * size), normals(rng, N * KV * size), normals(rng, N * KV * size)];
    const [wq, wk] = [normals(rng, size), normals(rng, size)];
    const outputs = await lab().run(
      (p) => {
        const qkv = p.slot('qkv', [N, (H + 2 * KV) * D], 'f32', true);
        const where = { positions: p.slot('positions', [N], 'u32'), kvRows: p.slot('kvRows', [N], 'u32') };
        const result = rope(p, {
          ...{ qkv, ...where, heads: { heads: H, kvHeads: KV, headSize: D } },
          table: { tensor: p.slot('table', [P, 2 * D]), stride: D, start: D / 2 },
          norm: { weight: { tensor: p.slot('weight', [2, D]) }, eps: 1e-6, offset, size },
        });
        p.setGrad(result.q, p.slot('dq', [N, H * D]));
        p.setGrad(result.kv, p.slot('dkv', [N, 2 * KV * D]));
        p.backward();
        return { ...result, dqkv: p.grad(qkv) };
      },
      {
        slots: {
          qkv: beside(N, padded(x), padded(y), padded(v)),
          ...{ positions, kvRows: Uint32Array.from({ length: N }, (_, n) => n), table },
          weight: beside(1, padded(wq), padded(wk)),
          ...{ dq: padded(dq), dkv: beside(N, padded(dk), padded(dv)) },
        },
        tuning: { software: kernels === 'software' },
      },
    );
    const twin = (inp: Float64Array, weight: Float64Array, dout: Float64Array, heads: number) => {
      const [norm, turn] = [
        { inp, weight, eps: 1e-6, offset },
        { positions, cos, sin, H: heads, D: size },
      ];
      const out = ropeForward({ ...turn, inp: rmsnormForward(norm) });
      return { out: padded(out), dinp: padded(rmsnormBackward({ ...norm, dout: ropeBackward({ ...turn, dout }) })) };
    };
    const [q, k] = [twin(x, wq, dq, H), twin(y, wk, dk, KV)];
    expectClose(outputs.floats('q'), q.out, TOLERANCES.rmsnorm);
    expectClose(outputs.floats('kv'), beside(N, k.out, padded(v)), TOLERANCES.rmsnorm);
    expectClose(outputs.floats('dqkv'), beside(N, q.dinp, k.dinp, padded(dv)), TOLERANCES.rmsnorm);
  });

  it('writes a cache of f16', async () => {
    const { N, H, KV, D } = { N: 3, H: 2, KV: 2, D: 16 };
    const rng = new Rng(N, D);
    const [cos, sin] = [normals(rng, (N * D) / 2), normals(rng, (N * D) / 2)];
    const positions = Uint32Array.from({ length: N }, (_, n) => n);
    const [qkv, weight] = [normals(rng, N * (H + 2 * KV) * D), normals(rng, 2 * D)];
    const outputs = await lab().run(
      (p) =>
        rope(p, {
          qkv: p.slot('qkv', [N, (H + 2 * KV) * D]),
          positions: p.slot('positions', [N], 'u32'),
          kvRows: p.slot('kvRows', [N], 'u32'),
          heads: { heads: H, kvHeads: KV, headSize: D },
          table: { tensor: p.slot('table', [N, D]), stride: D / 2, start: 0 },
          norm: { weight: { tensor: p.slot('weight', [2, D]) }, eps: 1e-6, offset: 0, size: D },
          kv: p.slot('kv', [N, 2 * KV * D], 'f16'),
        }),
      {
        slots: { qkv, weight, positions, kvRows: positions, table: beside((N * D) / 2, cos, sin) },
        tuning: { software: kernels === 'software' },
      },
    );
    const keys = columns(qkv, N, H * D, (H + KV) * D);
    const normed = rmsnormForward({ inp: keys, weight: weight.subarray(D), eps: 1e-6, offset: 0 });
    const rotated = ropeForward({ positions, cos, sin, D, H: KV, inp: normed });
    const expected = beside(N, rotated, columns(qkv, N, (H + KV) * D, (H + 2 * KV) * D)).map(nearestHalf);
    expectClose(outputs.halves('kv'), expected, TOLERANCES.halfTie);
  });
});
