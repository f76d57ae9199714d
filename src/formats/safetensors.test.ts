import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Random } from '../lib/random';
import { BlobSource, type ByteSource, MemorySource } from './byte-source';
import { readFloat32 } from './dequantize';
import { openSafetensors, openSharded, parseShardIndex, type TensorToWrite, writeSafetensors } from './safetensors';

const golden = new URL('../../e2e/golden/', import.meta.url);
const load = (path: string) => new Uint8Array(readFileSync(new URL(path, golden)));
const open = (path: string) => openSafetensors(new MemorySource(path, load(path)));

interface BadIndex {
  well_formed: string;
  malformed: { file: string; wrong: string }[];
}
const index: BadIndex = JSON.parse(readFileSync(new URL('safetensors/bad/index.json', golden), 'utf8'));

/** Counts the bytes that are read, to show that only small parts are. */
class CountingSource implements ByteSource {
  bytes = 0;
  constructor(private readonly inner: ByteSource) {}
  get name() {
    return this.inner.name;
  }
  get size() {
    return this.inner.size;
  }
  read(offset: number, length: number) {
    this.bytes += length;
    return this.inner.read(offset, length);
  }
}

describe('malformed files', () => {
  it.each(index.malformed)('refuses $file: $wrong', async ({ file }) => {
    const source = new CountingSource(new MemorySource(file, load(`safetensors/bad/${file}`)));
    await expect(openSafetensors(source)).rejects.toMatchObject({
      name: 'LabError',
      code: 'bad-file',
      message: expect.stringMatching(
        new RegExp(`^${file.replace('.', '\\.')} is not a valid safetensors file: [^.]+\\.$`),
      ),
    });
    expect(source.bytes).toBeLessThanOrEqual(source.size);
  });

  it('loads the well-formed one', async () => {
    const file = await open(`safetensors/bad/${index.well_formed}`);
    expect(file.tensors.get('a')?.shape).toEqual([4, 2]);
    expect(file.tensors.get('b')?.shape).toEqual([8]);
    expect(await readFloat32(file, 'a')).toHaveLength(8);
  });

  it('are refused with a LabError, whichever byte is changed and wherever the file is cut', async () => {
    const good = load(`safetensors/bad/${index.well_formed}`);
    const random = new Random(5);
    const attempt = async (bytes: Uint8Array<ArrayBuffer>) => {
      try {
        const file = await openSafetensors(new MemorySource('x', bytes));
        for (const name of file.tensors.keys()) await file.read(name);
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-file' });
      }
    };
    for (let i = 0; i < good.length; i++) {
      const changed = good.slice();
      changed[i] = random.below(256);
      await attempt(changed);
      await attempt(good.slice(0, i));
    }
  });
});

describe('reading', () => {
  it('reads one tensor without the others', async () => {
    const source = new CountingSource(new BlobSource('model', new Blob([load('models/llama/model.safetensors')])));
    const file = await openSafetensors(source);
    const header = source.bytes;
    const values = await readFloat32(file, 'model.norm.weight');
    expect(values).toHaveLength(64);
    expect(source.bytes - header).toBe(64 * 4);
  });

  it('reads rows without the others, and refuses rows that do not exist', async () => {
    const source = new CountingSource(new BlobSource('model', new Blob([load('models/llama/model.safetensors')])));
    const file = await openSafetensors(source);
    const header = source.bytes;
    const rows = await file.readRows('model.embed_tokens.weight', 5, 9);
    expect(source.bytes - header).toBe(4 * 64 * 4);
    expect(rows).toEqual((await file.read('model.embed_tokens.weight')).slice(5 * 64 * 4, 9 * 64 * 4));
    expect(await file.readRows('model.norm.weight', 64, 64)).toHaveLength(0);
    for (const [first, end] of [
      [-1, 2],
      [2, 1],
      [0, 65],
    ] as const) {
      await expect(file.readRows('model.norm.weight', first, end)).rejects.toThrow(
        `rows ${first} to ${end} were asked for`,
      );
    }
    await expect(file.readRows('nope', 0, 1)).rejects.toThrow('has no tensor nope');
  });

  it('rounds bf16 and f16 copies of a model as PyTorch did', async () => {
    const exact = await open('models/llama/model.safetensors');
    for (const [folder, step] of [
      ['bf16', 2 ** -8],
      ['f16', 2 ** -11],
    ] as const) {
      const rounded = await open(`models/llama/${folder}/model.safetensors`);
      expect([...rounded.tensors.keys()].sort()).toEqual([...exact.tensors.keys()].sort());
      for (const name of exact.tensors.keys()) {
        const a = await readFloat32(exact, name);
        const b = await readFloat32(rounded, name);
        expect(a.every((x, i) => Math.abs(x - (b[i] ?? Number.NaN)) <= Math.abs(x) * step + 2 ** -24)).toBe(true);
      }
    }
  });

  it('names a missing tensor and an unsupported data type', async () => {
    const file = await open('models/llama/forward.safetensors');
    await expect(file.read('nope')).rejects.toThrow('has no tensor nope');
    await expect(readFloat32(file, 'input_ids')).rejects.toThrow('stored as I32');
  });
});

describe('writing', () => {
  it.each([
    'models/llama/forward.safetensors',
    'models/llama/model.safetensors',
    'models/llama/adapter/adapter_model.safetensors',
  ])('writes %s byte for byte like the Python library', async (path) => {
    const file = await open(path);
    const tensors = new Map<string, TensorToWrite>();
    for (const [name, { dtype, shape }] of file.tensors)
      tensors.set(name, { dtype, shape, bytes: await file.read(name) });
    const original = load(path);
    const written = writeSafetensors(tensors, file.metadata);
    expect(Buffer.compare(written, original)).toBe(0);
  });

  it('reads back what it wrote, aligned or not', async () => {
    const random = new Random(9);
    const tensors = new Map<string, TensorToWrite>();
    for (const [name, dtype, shape, size] of [
      ['half', 'F16', [3], 6],
      ['byte', 'U8', [5], 5],
      ['float', 'F32', [2, 3], 24],
      ['none', 'F32', [0, 7], 0],
      ['one', 'F64', [], 8],
    ] as const) {
      tensors.set(name, { dtype, shape, bytes: Uint8Array.from({ length: size }, () => random.below(256)) });
    }
    const file = await openSafetensors(new MemorySource('own', writeSafetensors(tensors)));
    expect(file.metadata).toEqual({ format: 'pt' });
    for (const [name, { bytes }] of tensors) expect([...(await file.read(name))]).toEqual([...bytes]);
  });
});

const folder = new URL('../../e2e/golden/models/llama/', import.meta.url);
const source = async (name: string) => new MemorySource(name, new Uint8Array(readFileSync(new URL(name, folder))));
const indexText = readFileSync(new URL('sharded/model.safetensors.index.json', folder), 'utf8');

describe('sharded weights', () => {
  it('are the same tensors as the single file', async () => {
    const whole = await openSafetensors(await source('model.safetensors'));
    const sharded = await openSharded(parseShardIndex(indexText), (file) => source(`sharded/${file}`));
    expect([...sharded.tensors.keys()].sort()).toEqual([...whole.tensors.keys()].sort());
    for (const name of whole.tensors.keys()) {
      expect(await readFloat32(sharded, name)).toEqual(await readFloat32(whole, name));
      expect(await sharded.readRows(name, 3, 17)).toEqual(await whole.readRows(name, 3, 17));
    }
  });

  it('must be where the index says', async () => {
    const index = new Map(parseShardIndex(indexText)).set('nope', 'model-00001-of-00002.safetensors');
    await expect(openSharded(index, (file) => source(`sharded/${file}`))).rejects.toThrow('nope is in model-00001');
  });

  it.each([
    '',
    '[]',
    '{}',
    '{"weight_map":{}}',
    '{"weight_map":{"a":3}}',
    '{"weight_map":{"a":"../b.safetensors"}}',
    '{"weight_map":{"a":"b.bin"}}',
  ])('refuses the index %s', (text) => {
    expect(() => parseShardIndex(text)).toThrow(expect.objectContaining({ code: 'bad-file' }));
  });
});
