import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MemorySource } from './byte-source';
import { dequantize } from './dequantize';
import { GGML_BLOCKS, isGgmlType } from './ggml-types';
import { openSafetensors } from './safetensors';

const golden = new URL('../../e2e/golden/gguf/', import.meta.url);
const load = (name: string) => new Uint8Array(readFileSync(new URL(name, golden)));

interface BlocksIndex {
  types: Record<string, { block_values: number; block_bytes: number; offset: number; bytes: number }>;
}
const { types }: BlocksIndex = JSON.parse(readFileSync(new URL('blocks.json', golden), 'utf8'));
const raw = load('blocks.bin');

describe('blocks', () => {
  it('have the sizes of their types', () => {
    const sizes = Object.entries(types).map(([type, t]) => [type, { values: t.block_values, bytes: t.block_bytes }]);
    expect(Object.fromEntries(sizes)).toEqual(GGML_BLOCKS);
  });

  it.each(Object.entries(types))(
    '%s have the values that ggml gives them, bit for bit',
    async (type, { offset, bytes }) => {
      if (!isGgmlType(type)) throw new Error(`${type} is not read`);
      const expected = await (await openSafetensors(new MemorySource('values', load('blocks.safetensors')))).read(
        type,
      );
      const values = dequantize(type, raw.slice(offset, offset + bytes));
      expect(Buffer.compare(new Uint8Array(values.buffer), expected)).toBe(0);
      // The blocks may be anywhere in a larger buffer, aligned or not.
      const shifted = new Uint8Array(bytes + 1);
      shifted.set(raw.subarray(offset, offset + bytes), 1);
      expect(dequantize(type, shifted.subarray(1))).toEqual(values);
    },
  );

  it('are refused if one is incomplete', () => {
    expect(() => dequantize('Q4_0', raw.slice(0, 17))).toThrow(
      expect.objectContaining({
        code: 'bad-file',
        message: '17 bytes are not a whole number of Q4_0 blocks (18 bytes).',
      }),
    );
    expect(dequantize('Q6_K', new Uint8Array())).toHaveLength(0);
  });
});
