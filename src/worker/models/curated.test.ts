import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { UNTUNED } from '../../engine/tuning';
import { at } from '../../lib/assert';
import { parseConfig } from '../../model/config';
import { storedBytes, type TensorList, tensorList } from '../../model/tensor-list';
import { parameterCount } from '../../model/testing/parameter-count';
import type { PlanningDevice } from '../device/device-info';
import { type CuratedEntry, curatedCosts, curatedModels, parseCurated } from './curated';

const json: unknown = JSON.parse(
  readFileSync(new URL('../../../public/models/curated.json', import.meta.url), 'utf8'),
);
const entries = parseCurated(json);
const named = (name: string): CuratedEntry =>
  at(
    entries.filter((entry) => entry.name === name),
    0,
  );

/** The GPU of a laptop. */
const device: PlanningDevice = {
  traits: { maxStorageBufferBindingSize: 2 ** 31 - 4, expandWeights: false, tuning: UNTUNED },
  limits: { maxBufferSize: 2 ** 31, maxStorageBufferBindingSize: 2 ** 31 - 4 },
};

/** Bytes of the files at the pinned commits, as the Hub publishes them. */
const FILES: Readonly<Record<string, number>> = {
  'SmolLM2 135M Instruct': 269_060_552,
  'Gemma 3 270M': 536_223_056,
  'SmolLM2 360M Instruct': 723_674_912,
  'Qwen2.5 0.5B Instruct': 988_097_824,
  'Qwen3 0.6B': 639_446_688,
  'TinyLlama 1.1B Chat': 1_170_781_568,
  'Llama 3.2 1B Instruct': 1_321_083_008,
  'Qwen2.5 1.5B Instruct': 1_646_573_312,
  'SmolLM2 1.7B Instruct': 1_820_414_944,
  'Qwen3 1.7B': 1_834_426_016,
  'Llama 3.2 3B Instruct': 3_421_899_296,
};

/** The header that the safetensors library writes for tensors of one type, in the order of their names. */
function headerBytes(tensors: TensorList): number {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let end = 0;
  for (const [name, tensor] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const begin = end;
    end += storedBytes(new Map([[name, tensor]]));
    header[name] = { ...tensor, data_offsets: [begin, end] };
  }
  return 8 + Math.ceil(JSON.stringify(header).length / 8) * 8;
}

describe('the curated list', () => {
  it('names twelve different models, each at a commit', () => {
    expect(entries.length).toBe(12);
    expect(new Set(entries.map(({ repository, choice }) => `${repository}/${choice}`)).size).toBe(12);
  });

  it.each(entries.map((entry) => [entry.name, entry] as const))('has the right sizes: %s', (name, entry) => {
    const tensors = tensorList(parseConfig(entry.config), entry.storage);
    expect(parameterCount(tensors)).toBe(entry.parameters);
    expect(storedBytes(tensors)).toBe(entry.bytes);
    const file = FILES[name];
    if (file === undefined) return;
    if (entry.choice === null) expect(entry.bytes + headerBytes(tensors)).toBe(file);
    else {
      // A GGUF file also contains the tokenizer, which has some megabytes.
      expect(file - entry.bytes).toBeGreaterThan(1_000_000);
      expect(file - entry.bytes).toBeLessThan(0.01 * file + 1_000_000);
    }
  });

  it.each([
    [{ version: 2, models: [] }, 'version'],
    [{ version: 1, models: [{ ...named('Qwen3 0.6B'), revision: 'main' }] }, 'revision'],
    [{ version: 1, models: [{ ...named('Qwen3 0.6B'), storage: { matrices: 'Q9', vectors: 'F32' } }] }, 'matrices'],
    [null, 'damaged'],
  ])('is refused if it is damaged: %#', (damaged, what) => {
    expect(() => parseCurated(damaged)).toThrow(
      expect.objectContaining({ code: 'bad-file', message: expect.stringContaining(what) }),
    );
  });
});

describe('costs from the configuration alone', () => {
  const as = (name: string, matrices: CuratedEntry['storage']['matrices']): CuratedEntry => ({
    ...named(name),
    storage: { matrices, vectors: matrices === 'BF16' ? 'BF16' : 'F32' },
  });

  it('SmolLM2-135M trains in less than 1.5 GB', () => {
    const costs = curatedCosts(named('SmolLM2 135M Instruct'), device);
    expect(costs.refused).toBeNull();
    expect(costs.trainingCheckpointed).toBeLessThan(1.5e9);
    expect(costs.trainingCheckpointed).toBeGreaterThan(costs.generation);
    expect(costs.training).toBeGreaterThan(costs.trainingCheckpointed);
    expect(costs.generation).toBeGreaterThan(269_030_016);
  });

  it.each([
    ['Qwen2.5 0.5B Instruct', 'Q8_0'],
    ['Qwen2.5 0.5B Instruct', 'Q4_0'],
    ['Llama 3.2 1B Instruct', 'Q8_0'],
    ['Llama 3.2 1B Instruct', 'Q4_0'],
  ] as const)('%s in %s trains in less than 4 GB', (name, matrices) => {
    const costs = curatedCosts(as(name, matrices), device);
    expect(costs.refused).toBeNull();
    expect(costs.trainingCheckpointed).toBeLessThan(4e9);
  });

  it('say what does not fit a small device, and which configuration cannot be read', () => {
    const small = { maxBufferSize: 2 ** 24, maxStorageBufferBindingSize: 2 ** 24 };
    const traits = { ...device.traits, ...small };
    expect(curatedCosts(as('Llama 3.2 1B Instruct', 'BF16'), { traits, limits: small }).refused).toContain(
      'this device allows at most 16 MiB',
    );
    const unknown = {
      ...named('Qwen3 0.6B'),
      config: { ...named('Qwen3 0.6B').config, architectures: ['MambaForCausalLM'] },
    };
    expect(curatedCosts(unknown, device)).toMatchObject({
      training: 0,
      refused: expect.stringContaining('MambaForCausalLM'),
    });
  });

  it('are part of the list, without the configurations that they were planned from', async () => {
    const [first] = await curatedModels(json, device);
    const { config: _, storage: __, ...model } = at(entries, 0);
    expect(first).toEqual({ ...model, costs: curatedCosts(at(entries, 0), device) });
  });
});
