import { describe, expect, it } from 'vitest';
import { dequantize } from '../formats/dequantize';
import { GGML_BLOCKS, type GgmlType } from '../formats/ggml-types';
import { Rng } from '../lib/testing/rng';
import { linearBackward, linearForward } from '../reference/linear';
import { embedding } from './ops/embedding';
import { linear } from './ops/linear';
import { expectClose, normals, testLab } from './testing/test-lab';
import { TOLERANCES } from './testing/tolerances';
import { packBlocks, storedBytes, WEIGHT_FORMATS, type WeightStorage } from './weight';

const lab = testLab();

const TYPES = Object.keys(GGML_BLOCKS).filter((type): type is GgmlType => !['F32', 'F16', 'BF16'].includes(type));
const storageOf = (type: GgmlType) =>
  Object.keys(WEIGHT_FORMATS).find((name) => name === type.toLowerCase()) as WeightStorage;

/** Random codes. The upper exponent bits of every f16 scale of a block are cleared, so that scales are small. */
function blocks(type: GgmlType, values: number, rng: Rng): Uint8Array<ArrayBuffer> {
  const block = GGML_BLOCKS[type];
  const bytes = Uint8Array.from({ length: (values / block.values) * block.bytes }, () => rng.integer(256));
  const scales = { Q3_K: [108], Q6_K: [208], Q2_K: [80, 82], Q4_1: [0, 2], Q5_1: [0, 2], Q4_K: [0, 2], Q5_K: [0, 2] };
  const places = (scales as Partial<Record<GgmlType, number[]>>)[type] ?? [0];
  for (let at = 0; at < bytes.length; at += block.bytes) {
    // Exponents 2⁻⁸ to 2⁻¹, either sign: 0b?001xxxx and the mantissa as it came.
    for (const place of places) bytes[at + place + 1] = ((bytes[at + place + 1] as number) & 0x9f) | 0x20;
  }
  return bytes;
}

describe.each(TYPES)('%s on the device', (type) => {
  const storage = storageOf(type);

  it.each([true, false])('reads every block exactly, bytes for software adapters: %s', async (software) => {
    // Three rows: in formats with pairs of blocks, the last block is paired with zeros.
    const [rows, cols] = [3, 256];
    const stored = blocks(type, rows * cols, new Rng(1, 2));
    const tokens = Uint32Array.of(2, 0, 1);
    const packed = packBlocks(storage, stored);
    expect(packed.length).toBe(storedBytes(storage, rows * cols));
    const outputs = await lab().run(
      (p) => {
        const part = { first: 0, end: rows, storage, bound: { tensor: p.slot('weight', [packed.length / 4]) } };
        return { out: embedding(p, p.slot('tokens', [3], 'u32'), { label: 'weight', rows, cols, parts: [part] }) };
      },
      { slots: { tokens, weight: new Uint32Array(packed.buffer) }, tuning: { software } },
    );
    const table = dequantize(type, stored);
    const expected = [...tokens].flatMap((token) => [...table.subarray(token * cols, (token + 1) * cols)]);
    // One rounding, fused or not.
    expectClose(outputs.floats('out'), Float64Array.from(expected), TOLERANCES.copy);
  });
});

// All types are read through the same two functions, which the tests above compare for every value. One type with
// pairs of blocks and one with two scales in a run stand for all in the products.
describe.each([
  { type: 'Q4_0', variant: '4x4', software: true },
  { type: 'Q4_0', variant: '1x4', software: true },
  { type: 'Q4_0', variant: 'split4', software: false },
  { type: 'Q4_0', variant: 'split8', software: false },
  // Four rows in a thread instead of eight.
  { type: 'Q5_0', variant: 'split8', software: false },
  { type: 'Q5_0', variant: 'split8 wide', software: false },
  { type: 'Q4_0', variant: 'tiled 4x4', software: false },
  { type: 'Q6_K', variant: '4x4', software: false },
  { type: 'Q6_K', variant: '1x4', software: true },
  { type: 'Q6_K', variant: 'split1', software: false },
] as const)('a product with $type, variant $variant', ({ type, variant, software }) => {
  it('forward and backward', async () => {
    const [N, I, O] = [11, 512, 36];
    const storage = storageOf(type);
    const rng = new Rng(3, 4);
    const stored = blocks(type, O * I, rng);
    const weight = Float64Array.from(dequantize(type, stored));
    const [inp, dout] = [normals(rng, N * I), normals(rng, N * O)];
    const outputs = await lab().run(
      (p) => {
        const x = p.slot('inp', [N, I], 'f32', true);
        const part = {
          first: 0,
          end: O,
          storage,
          bound: { tensor: p.slot('weight', [storedBytes(storage, O * I) / 4]) },
        };
        const out = linear(p, { inp: x, weight: { label: 'weight', rows: O, cols: I, parts: [part] } });
        p.setGrad(out, p.slot('dout', [N, O]));
        p.backward();
        return { out, dinp: p.grad(x) };
      },
      {
        slots: { inp, dout, weight: new Uint32Array(packBlocks(storage, stored).buffer) },
        variant,
        // Where a variant has no backward pass, the one that is quickest to compile is used.
        tuning: { software, choices: { [`linear.backward ${storage} ≤Infinity`]: '4x4' } },
      },
    );
    expectClose(outputs.floats('out'), linearForward({ inp, weight, I }), TOLERANCES.product);
    expectClose(outputs.floats('dinp'), linearBackward({ weight, I, dout }), TOLERANCES.product);
  });
});
