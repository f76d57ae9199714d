import { describe, expect, it } from 'vitest';
import { Rng } from '../../lib/testing/rng';
import { embeddingForward } from '../../reference/embedding';
import { expectClose, testLab, testWeight } from '../testing/test-lab';
import { TOLERANCES } from '../testing/tolerances';
import { embedding } from './embedding';

const lab = testLab();

describe.each(['f32', 'f16', 'bf16'] as const)('embedding of %s', (storage) => {
  it.each([
    { N: 1, V: 3, C: 4, cuts: [], scale: 1 },
    { N: 5, V: 20, C: 256, cuts: [8], scale: 4 },
    { N: 70, V: 21, C: 260, cuts: [7, 14], scale: 0.5 },
  ])('$N of $V rows of $C, cut at $cuts', async ({ N, V, C, cuts, scale }) => {
    const rng = new Rng(N, C);
    const table = testWeight(rng, { rows: V, cols: C, storage, cuts });
    const tokens = Uint32Array.from({ length: N }, () => rng.integer(V));
    // First and last row of the table, and of each of its parts.
    [V - 1, 0, ...cuts, ...cuts.map((cut) => cut - 1)].slice(0, N).forEach((token, n) => {
      tokens[n] = token;
    });
    const outputs = await lab().run(
      (p) => ({ out: embedding(p, p.slot('tokens', [N], 'u32'), table.weight(p), scale) }),
      {
        slots: { tokens, ...table.slots },
      },
    );
    expectClose(outputs.floats('out'), embeddingForward({ tokens, weight: table.values, C, scale }), TOLERANCES.copy);
  });
});

/** Value of a bit pattern: sign, exponent, fraction. */
function decode(bits: number, exponentBits: number, fractionBits: number): number {
  const bias = 2 ** (exponentBits - 1) - 1;
  const exponent = (bits >>> fractionBits) & (2 ** exponentBits - 1);
  const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  const size = exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias);
  return bits >>> 15 === 0 ? size : -size;
}

it.each([
  { storage: 'f16', exponentBits: 5, fractionBits: 10 },
  { storage: 'bf16', exponentBits: 8, fractionBits: 7 },
] as const)('every finite $storage is read exactly', async ({ storage, exponentBits, fractionBits }) => {
  const infinite = (2 ** exponentBits - 1) * 2 ** fractionBits;
  const bits = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i).filter(
    (pattern) => (pattern & infinite) !== infinite,
  );
  const rows = bits.length / 4;
  const outputs = await lab().run(
    (p) => {
      const bound = { tensor: p.slot('weight', [bits.length / 2]) };
      const table = { label: 'weight', rows, cols: 4, parts: [{ first: 0, end: rows, storage, bound }] };
      return { out: embedding(p, p.slot('tokens', [rows], 'u32'), table) };
    },
    { slots: { tokens: Uint32Array.from({ length: rows }, (_, row) => row), weight: bits } },
  );
  const expected = Float64Array.from(bits, (pattern) => decode(pattern, exponentBits, fractionBits));
  const smallestNormal = 2 ** (2 - 2 ** (exponentBits - 1));
  const wrong = [...outputs.floats('out')].filter((value, i) => {
    const right = expected[i] ?? Number.NaN;
    // WGSL lets an adapter take subnormal numbers for 0.
    return value !== right && !(value === 0 && Math.abs(right) < smallestNormal);
  });
  expect(wrong).toEqual([]);
});
