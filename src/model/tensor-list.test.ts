import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MemorySource } from '../formats/byte-source';
import { openSafetensors } from '../formats/safetensors';
import { parseConfig } from './config';
import { storedBytes, tensorList } from './tensor-list';
import { parameterCount } from './testing/parameter-count';

const golden = (model: string, file: string) =>
  readFileSync(new URL(`../../e2e/golden/models/${model}/${file}`, import.meta.url));
const configOf = (model: string) => parseConfig(JSON.parse(golden(model, 'config.json').toString()));

describe('the tensors of a configuration', () => {
  it.each(['llama', 'llama3', 'smollm2', 'qwen2', 'qwen3', 'gemma3'])('are those of its file: %s', async (model) => {
    const { tensors } = await openSafetensors(
      new MemorySource('model.safetensors', new Uint8Array(golden(model, 'model.safetensors'))),
    );
    const listed = tensorList(configOf(model), { matrices: 'F32', vectors: 'F32' });
    const inFile = [...tensors].map(([name, { dtype, shape }]) => [name, { dtype, shape }] as const);
    expect(new Map(listed)).toEqual(new Map(inFile));
    expect(storedBytes(listed)).toBe([...tensors.values()].reduce((sum, { length }) => sum + length, 0));
  });

  it('are stored by rule, in whole blocks', () => {
    const config = configOf('llama3');
    const plain = tensorList(config, { matrices: 'F32', vectors: 'F32' });
    const blocks = tensorList(config, { matrices: 'Q8_0', vectors: 'F32' });
    const vectors = [...plain.values()]
      .filter(({ shape }) => shape.length === 1)
      .reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
    const matrices = parameterCount(plain) - vectors;
    expect(parameterCount(blocks)).toBe(parameterCount(plain));
    expect(storedBytes(blocks)).toBe((matrices / 32) * 34 + vectors * 4);
  });

  it('need rows of whole blocks', () => {
    expect(() => tensorList(configOf('smollm2'), { matrices: 'Q8_0', vectors: 'F32' })).toThrow(
      'whole blocks of Q8_0',
    );
  });
});
