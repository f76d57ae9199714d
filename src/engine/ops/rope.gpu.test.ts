import { describe, expect, it } from 'vitest';
import { Rng } from '../../lib/threefry';
import { ropeBackward, ropeForward } from '../../reference/rope';
import { beside, columns, expectClose, normals, testLab } from '../testing';
import { TOLERANCES } from '../tolerances';
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
  const angles = Float64Array.from({ length: P * half }, (_, i) => Math.floor(i / half) * 10000 ** (-(i % half) / half));
  const [cos, sin] = [angles.map(Math.cos), angles.map(Math.sin)];
  const table = beside(P * half, cos, sin);
  const positions = Uint32Array.from({ length: N }, () => rng.integer(P));
  const twin = { positions, cos, sin, D };
  const heads = { heads: H, kvHeads: KV, headSize: D };
  const [Q, K] = [H * D, KV * D];
  const qkv = normals(rng, N * (Q + 2 * K));
  const q = ropeForward({ ...twin, H, inp: columns(qkv, N, 0, Q) });
  const kv = beside(N, ropeForward({ ...twin, H: KV, inp: columns(qkv, N, Q, Q + K) }), columns(qkv, N, Q + K, Q + 2 * K));

  it('rotates queries and keys, leaves values, and turns gradients back', async () => {
    const dq = normals(rng, N * Q);
    const dkv = normals(rng, N * 2 * K);
    const outputs = await lab().run(
      (p) => {
        const inp = p.slot('qkv', [N, Q + 2 * K], 'f32', true);
        const where = { positions: p.slot('positions', [N], 'u32'), place: p.slot('place', [N], 'u32') };
        const result = rope(p, { qkv: inp, ...where, table: p.slot('table', [P, D]), heads });
        p.setGrad(result.q, p.slot('dq', [N, Q]));
        p.setGrad(result.kv, p.slot('dkv', [N, 2 * K]));
        p.backward();
        return { ...result, dqkv: p.grad(inp) };
      },
      { slots: { qkv, positions, place: Uint32Array.from({ length: N }, (_, n) => n), table, dq, dkv } },
    );
    expectClose(outputs.floats('q'), q, TOLERANCES.rope);
    expectClose(outputs.floats('kv'), kv, TOLERANCES.rope);
    const dkey = ropeBackward({ ...twin, H: KV, dout: columns(dkv, N, 0, K) });
    const dqkv = beside(N, ropeBackward({ ...twin, H, dout: dq }), dkey, columns(dkv, N, K, 2 * K));
    expectClose(outputs.floats('dqkv'), dqkv, TOLERANCES.rope);
  });

  it('puts keys and values into their rows of a cache, and touches no others', async () => {
    const R = N + 6;
    const place = Uint32Array.from(rng.shuffle(Array.from({ length: R }, (_, row) => row)).slice(0, N));
    const before = normals(rng, R * 2 * K);
    const outputs = await lab().run(
      (p) => {
        const where = { positions: p.slot('positions', [N], 'u32'), place: p.slot('place', [N], 'u32') };
        const cache = p.slot('cache', [R, 2 * K]);
        rope(p, { qkv: p.slot('qkv', [N, Q + 2 * K]), ...where, table: p.slot('table', [P, D]), heads, kv: cache });
        return { cache };
      },
      { slots: { qkv, positions, place, table, cache: before } },
    );
    const cache = outputs.floats('cache');
    const rowOf = (values: Float64Array, row: number) => values.subarray(row * 2 * K, (row + 1) * 2 * K);
    for (let row = 0; row < R; row++) {
      const n = place.indexOf(row);
      if (n < 0) expect(rowOf(cache, row)).toEqual(rowOf(before, row));
      else expectClose(rowOf(cache, row), rowOf(kv, n), TOLERANCES.rope);
    }
  });
});
