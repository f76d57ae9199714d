import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { at } from '../../lib/assert';
import { Random } from '../../lib/random';
import { BlobSource, type ByteSource, MemorySource } from '../byte-source';
import { readFloat32 } from '../dequantize';
import { openGguf } from './gguf';
import { writeGguf } from './testing';

const golden = new URL('../../../e2e/golden/gguf/', import.meta.url);
const load = (path: string) => new Uint8Array(readFileSync(new URL(path, golden)));
const open = (bytes: Uint8Array<ArrayBuffer>) => openGguf(new MemorySource('made-up.gguf', bytes));

interface BadIndex {
  well_formed: string;
  malformed: { file: string; wrong: string }[];
}
const index: BadIndex = JSON.parse(readFileSync(new URL('bad/index.json', golden), 'utf8'));

/** The expected reason by file. */
const REASONS: Readonly<Record<string, string>> = {
  'empty.gguf': 'the file ends inside the fixed header',
  'truncated-header.gguf': 'the file ends inside the fixed header',
  'truncated-metadata.gguf': 'it claims 2 tensors, but there is room for 1 at most',
  'truncated-tensor-info.gguf': 'the file ends inside a tensor name',
  'truncated-data.gguf': 'b.weight ends 10 bytes after the end of the file: it is cut off',
  'wrong-magic.gguf': 'it does not begin with GGUF',
  'big-endian.gguf': 'it is big-endian; only little-endian files are read',
  'unknown-version.gguf': 'its version is 99; versions 2 and 3 are read',
  'tensor-count-263.gguf': 'it claims 9223372036854775808 tensors',
  'tensor-count-large.gguf': 'it claims 1099511627776 tensors',
  'kv-count-263.gguf': 'it claims 9223372036854775808 metadata values',
  'key-length-263.gguf': 'a metadata key claims 9223372036854775808 bytes',
  'string-length-beyond-file.gguf': 'the value of general.architecture claims 4294967296 bytes',
  'array-length-262.gguf': 'it claims 4611686018427387904 values in tokenizer.ggml.tokens',
  'array-nested-deep.gguf': 'the value of deep has arrays nested more than 4 deep',
  'unknown-value-type.gguf': 'the value of x is of the unknown type 99',
  'duplicate-key.gguf': 'the key llama.block_count appears twice',
  'alignment-0.gguf': 'general.alignment is 0, not a power of two',
  'alignment-3.gguf': 'general.alignment is 3, not a power of two',
  'alignment-string.gguf': 'general.alignment is "32", not a power of two',
  'offset-beyond-file.gguf': 'b.weight begins at 1048576, beyond the end of the file',
  'offset-264-1.gguf': 'b.weight begins at 18446744073709551584, beyond the end of the file',
  'offset-unaligned.gguf': 'b.weight begins at 65, not a multiple of the alignment 32',
  'overlapping-offsets.gguf': 'b.weight overlaps the tensor before it',
  'duplicate-tensor.gguf': 'two tensors are named a.weight',
  'unknown-tensor-type.gguf': 'a.weight is of the unknown tensor type 250',
  'removed-tensor-type.gguf': 'a.weight is of the type Q4_2, which was removed from the format',
  'too-many-dimensions.gguf': 'a.weight has 100 dimensions; 4 are allowed',
  'shape-overflow.gguf':
    'a.weight has the shape [1099511627776, 1099511627776] of F32, more than the whole file holds',
  'negative-dimension.gguf': 'a.weight has the shape [2, 18446744073709551608] of F32, more than the whole file holds',
  'ragged-blocks.gguf': 'a.weight has 31 columns, not a multiple of the 32 in a block of Q4_0',
  'name-not-utf8.gguf': 'a tensor name is not UTF-8',
  'name-length-263.gguf': 'a tensor name claims 9223372036854775808 bytes',
};

/** Counts the bytes that are read, to show that only small parts are. */
class CountingSource implements ByteSource {
  bytes = 0;
  largest = 0;
  constructor(private readonly inner: ByteSource) {}
  get name() {
    return this.inner.name;
  }
  get size() {
    return this.inner.size;
  }
  read(offset: number, length: number) {
    this.bytes += length;
    this.largest = Math.max(this.largest, length);
    return this.inner.read(offset, length);
  }
}

describe('malformed files', () => {
  it.each(index.malformed)('refuses $file: $wrong', async ({ file }) => {
    const source = new CountingSource(new MemorySource(file, load(`bad/${file}`)));
    const began = performance.now();
    await expect(openGguf(source)).rejects.toMatchObject({
      name: 'LabError',
      code: 'bad-file',
      message: expect.stringContaining(`${file} is not a valid GGUF file: ${REASONS[file]}`),
    });
    expect(performance.now() - began).toBeLessThan(1000);
    expect(source.bytes).toBeLessThanOrEqual(source.size);
  });

  it('loads the well-formed one', async () => {
    const { file, metadata } = await open(load(`bad/${index.well_formed}`));
    expect(file.tensors.get('a.weight')).toMatchObject({ dtype: 'F32', shape: [2, 8], length: 64 });
    expect(file.tensors.get('b.weight')).toMatchObject({ dtype: 'Q4_0', shape: [1, 32], length: 18 });
    expect(await readFloat32(file, 'b.weight')).toHaveLength(32);
    expect(metadata.get('general.architecture')).toBe('llama');
  });

  it('are refused with a LabError, whichever byte is changed and wherever the file is cut', async () => {
    const good = load(`bad/${index.well_formed}`);
    const random = new Random(5);
    const attempt = async (bytes: Uint8Array<ArrayBuffer>) => {
      try {
        const { file } = await open(bytes);
        for (const name of file.tensors.keys()) await file.read(name);
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^(bad-file|unsupported-model)$/) });
      }
    };
    for (let i = 0; i < good.length; i++) {
      const changed = good.slice();
      changed[i] = random.below(256);
      await attempt(changed);
      await attempt(good.slice(0, i));
    }
  });

  it('names an unsupported ggml type, and the supported ones', async () => {
    const bytes = load(`bad/${index.well_formed}`);
    const text = Buffer.from(bytes.buffer);
    // Skips the name, the number of dimensions, two sizes and the type.
    bytes[text.indexOf('b.weight') + 8 + 4 + 16] = 23;
    await expect(open(bytes)).rejects.toMatchObject({
      code: 'unsupported-model',
      message: expect.stringMatching(/stores b\.weight as IQ4_XS; the lab reads F32, F16, BF16, Q4_0, .*, IQ4_NL\.$/),
    });
  });

  it('refuses version 1, whose counts have another size', async () => {
    await expect(open(writeGguf({ version: 1 }))).rejects.toMatchObject({
      code: 'unsupported-model',
      message: expect.stringContaining('version 1'),
    });
  });
});

describe('metadata', () => {
  it('is read, of every type', async () => {
    const metadata = {
      u8: ['u8', 255],
      i8: ['i8', -128],
      u16: ['u16', 65535],
      i16: ['i16', -32768],
      u32: ['u32', 4294967295],
      i32: ['i32', -2147483648],
      f32: ['f32', Math.fround(0.1)],
      true: ['bool', true],
      false: ['bool', false],
      string: ['string', 'grüße 🙂 \u0000'],
      empty: ['string', ''],
      u64: ['u64', 2 ** 53 - 1],
      'u64 beyond': ['u64', 2n ** 64n - 1n],
      i64: ['i64', -(2n ** 63n)],
      f64: ['f64', 0.1],
      list: [['string'], ['a', '', 'ü']],
      none: [['f32'], []],
      nested: [[['u16']], [[1, 2], [], [3]]],
    } as const;
    const read = (await open(writeGguf({ metadata }))).metadata;
    expect([...read]).toEqual(Object.entries(metadata).map(([key, [, value]]) => [key, value]));
  });

  it('is the same in version 2 and version 3, at any alignment', async () => {
    const tensors = {
      a: { type: 'F32', shape: [1], bytes: Uint8Array.of(0, 0, 128, 63) },
      b: { type: 'F32', shape: [], bytes: Uint8Array.of(0, 0, 0, 64) },
      c: { type: 'Q8_0', shape: [2, 0] },
    } as const;
    for (const alignment of [1, 8, 256]) {
      const { file, metadata } = await open(writeGguf({ version: 2, alignment, metadata: { x: ['u8', 3] }, tensors }));
      expect(metadata.get('x')).toBe(3);
      expect(at(await readFloat32(file, 'a'), 0)).toBe(1);
      expect(at(await readFloat32(file, 'b'), 0)).toBe(2);
      expect(await readFloat32(file, 'c')).toHaveLength(0);
      expect((file.tensors.get('b')?.offset ?? Number.NaN) % alignment).toBe(0);
    }
  });

  it('that is an invalid boolean, or not UTF-8, is refused', async () => {
    const flag = writeGguf({ metadata: { flag: ['bool', true] } });
    flag[flag.length - 1] = 2;
    await expect(open(flag)).rejects.toThrow('the value of flag is neither true nor false');
    const list = writeGguf({ metadata: { list: [['string'], ['ok', 'x']] } });
    list[list.length - 1] = 0xff;
    await expect(open(list)).rejects.toThrow('a value in list is not UTF-8');
  });

  it.each([2n ** 63n, 2n ** 53n + 2n, -1, 0.5, true])('with an alignment of %s is refused', async (alignment) => {
    const type = typeof alignment === 'bigint' ? 'u64' : alignment === true ? 'bool' : 'f64';
    const metadata = { 'general.alignment': [type, alignment] } as const;
    await expect(open(writeGguf({ metadata }))).rejects.toThrow(
      `general.alignment is ${alignment}, not a power of two`,
    );
  });

  it('and tensors cannot claim more entries than fit into the file', async () => {
    const large = new Uint8Array(4 << 20);
    large.set(writeGguf({}));
    new DataView(large.buffer).setUint32(16, 65_537, true);
    await expect(open(large)).rejects.toThrow('more than the 65536 tensors and metadata values');
  });

  it('has a limited number of values', async () => {
    const bytes = writeGguf({ metadata: { a: [['u8'], []] } });
    const large = new Uint8Array(bytes.length + (1 << 22) + 1);
    large.set(bytes);
    new DataView(large.buffer).setUint32(bytes.length - 8, (1 << 22) + 1, true);
    await expect(open(large)).rejects.toThrow('more than the 4194304 values that are allowed');
  });

  it('with a large vocabulary is read fast, in pieces, and without the tensors', async () => {
    const random = new Random(3);
    const token = () =>
      Array.from({ length: 1 + random.below(9) }, () => String.fromCharCode(97 + random.below(400))).join('');
    const tokens = Array.from({ length: 262_144 }, token);
    const merges = Array.from(
      { length: 500_000 },
      (_, i) => `${tokens[i % tokens.length]} ${tokens[(i * 7) % tokens.length]}`,
    );
    const bytes = writeGguf({
      metadata: {
        tokens: [['string'], tokens],
        scores: [['f32'], tokens.map((_, i) => -i)],
        types: [['i32'], tokens.map(() => 1)],
        merges: [['string'], merges],
      },
      tensors: { big: { type: 'F32', shape: [1024, 4096] } },
    });
    const source = new CountingSource(new BlobSource('large.gguf', new Blob([bytes])));
    const began = performance.now();
    const { metadata } = await openGguf(source);
    // Takes a third of a second on an idle machine.
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(metadata.get('tokens')).toEqual(tokens);
    expect(metadata.get('merges')).toEqual(merges);
    expect(metadata.get('scores')).toHaveLength(tokens.length);
    expect(source.largest).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(source.bytes).toBeLessThan(source.size - 1024 * 4096 * 4 + 8 * 1024 * 1024);
  });
});

describe('tensors', () => {
  it('are read whole or in rows of blocks', async () => {
    const source = new CountingSource(new MemorySource('llama.gguf', load('llama.gguf')));
    const { file } = await openGguf(source);
    const info = file.tensors.get('blk.0.ffn_down.weight');
    expect(info).toMatchObject({ dtype: 'Q8_0', shape: [64, 160] });
    const whole = await file.read('blk.0.ffn_down.weight');
    source.bytes = 0;
    const rows = await file.readRows('blk.0.ffn_down.weight', 3, 6);
    expect(source.bytes).toBe(3 * 5 * 34);
    expect(rows).toEqual(whole.slice(3 * 5 * 34, 6 * 5 * 34));
    await expect(file.readRows('blk.0.ffn_down.weight', 60, 65)).rejects.toThrow('rows 60 to 65 were asked for');
    await expect(file.read('nope')).rejects.toThrow('llama.gguf has no tensor nope');
  });
});
