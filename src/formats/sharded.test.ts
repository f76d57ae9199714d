import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MemorySource } from './byte-source';
import { openSafetensors } from './safetensors';
import { openSharded, parseShardIndex } from './sharded';
import { readFloat32 } from './tensor-file';

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
