import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LabError } from '../lib/errors';
import { parseConfig } from './config';
import { inverseFrequencies } from './rope-table';

const golden = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../e2e/golden/models/${name}`, import.meta.url), 'utf8'));

const llama = golden('llama/config.json') as Record<string, unknown>;

describe.each(['llama', 'llama3', 'smollm2', 'qwen2', 'qwen3', 'gemma3'])('%s', (model) => {
  it('reads both spellings equally', () => {
    expect(parseConfig(golden(`${model}/config.json`))).toEqual(parseConfig(golden(`${model}/config.v4.json`)));
  });
});

it.each([
  ['an unknown architecture', { architectures: ['MambaForCausalLM'] }, 'MambaForCausalLM'],
  ['biases in attention', { attention_bias: true }, 'biases'],
  ['another activation', { hidden_act: 'relu' }, 'relu'],
  ['another rope scaling', { rope_parameters: { rope_type: 'yarn', rope_theta: 10000 } }, 'yarn'],
  ['an odd head size', { head_dim: 17 }, '17'],
  ['rotary positions on a part of a head', { partial_rotary_factor: 0.5 }, 'part of each head'],
  ['capped logits', { architectures: ['Gemma3ForCausalLM'], final_logit_softcapping: 30 }, 'softcapping'],
  [
    'a window in both directions',
    { architectures: ['Gemma3ForCausalLM'], use_bidirectional_attention: true },
    'both directions',
  ],
  [
    'another kind of layer',
    {
      architectures: ['Qwen3ForCausalLM'],
      ...{ use_sliding_window: true, sliding_window: 4 },
      layer_types: ['full_attention', 'chunked_attention', 'full_attention'],
    },
    'chunked_attention',
  ],
])('refuses %s by name', (_, change, name) => {
  const parse = () => parseConfig({ ...llama, ...change });
  expect(parse).toThrow(LabError);
  expect(parse).toThrow(name);
});

it('lists the known architectures when it refuses one', () => {
  expect(() => parseConfig({ ...llama, architectures: ['MambaForCausalLM'] })).toThrow(
    expect.objectContaining({
      code: 'unsupported-model',
      advice: expect.stringContaining(
        'LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM, Gemma3ForCausalLM',
      ),
    }),
  );
});

describe('sliding windows', () => {
  const windows = (model: string, change: Record<string, unknown>) =>
    parseConfig({ ...(golden(`${model}/config.json`) as object), ...change }).windows;
  const mistral = { architectures: ['MistralForCausalLM'] };
  const qwen = { use_sliding_window: true, sliding_window: 5 };
  const sliding = ['sliding_attention', 'full_attention', 'sliding_attention'];

  it.each([
    ['Llama has none', 'llama', { sliding_window: 4 }, [null, null, null]],
    ['Mistral’s is for all layers', 'llama', { ...mistral, sliding_window: 4 }, [4, 4, 4]],
    ['or for none', 'llama', { ...mistral, sliding_window: null }, [null, null, null]],
    ['defaults to transformers’ value', 'llama', mistral, [4096, 4096, 4096]],
    [
      'Qwen’s must be switched on',
      'qwen2',
      { sliding_window: 5, max_window_layers: 0, layer_types: sliding },
      [null, null, null],
    ],
    ['Qwen’s begins with a layer', 'qwen3', { ...qwen, max_window_layers: 1, layer_types: null }, [null, 5, 5]],
    ['or is given per layer', 'qwen2', { ...qwen, layer_types: sliding }, [5, null, 5]],
    [
      'Gemma’s every so many layers is global',
      'gemma3',
      { layer_types: null, sliding_window_pattern: 3 },
      [8, 8, null, 8, 8, null],
    ],
  ])('%s', (_, model, change, expected) => {
    expect(windows(model, change)).toEqual(expected);
  });
});

it('reads Gemma 3’s bases, scale and linear scaling in both spellings, and defaults for omitted fields', () => {
  const scaled = { rope_type: 'linear', factor: 8 };
  const parameters = {
    full_attention: { rope_theta: 1e6, ...scaled },
    sliding_attention: { rope_theta: 1e4, rope_type: 'default' },
  };
  const now = parseConfig({ ...(golden('gemma3/config.json') as object), rope_parameters: parameters });
  const { tie_word_embeddings, rope_local_base_freq, ...published } = golden('gemma3/config.v4.json') as Record<
    string,
    unknown
  >;
  expect(parseConfig({ ...published, rope_scaling: scaled })).toEqual(now);
  expect(now).toMatchObject({
    tied: true,
    ropeTheta: 1e6,
    localRopeTheta: 1e4,
    normOffset: 1,
    embeddingScale: Math.sqrt(80),
  });
  expect(now.attentionScale).toBeCloseTo(1 / Math.sqrt(20), 12);
  const plain = inverseFrequencies({ ...now, ropeScaling: null });
  expect(inverseFrequencies(now)).toEqual(plain.map((frequency) => frequency / 8));
});

it.each([
  ['no configuration', null],
  ['heads that do not divide', { ...llama, num_key_value_heads: 3 }],
  ['a negative size', { ...llama, hidden_size: -64 }],
  [
    'a list of layers that is too short',
    { ...(golden('gemma3/config.json') as object), layer_types: ['full_attention'] },
  ],
])('refuses %s as a bad file', (_, config) => {
  expect(() => parseConfig(config)).toThrow(LabError);
});

it('scales the frequencies of Llama 3: high ones unchanged, low ones divided, those in between blended', () => {
  const config = parseConfig(golden('llama3/config.json'));
  const plain = inverseFrequencies({ ...config, ropeScaling: null });
  const scaled = inverseFrequencies(config);
  const ratios = [...scaled].map((frequency, i) => frequency / (plain[i] as number));
  const factor = 8;
  expect(ratios[0]).toBe(1);
  expect(ratios.at(-1)).toBeCloseTo(1 / factor, 12);
  expect(ratios.some((ratio) => ratio > 1 / factor + 1e-6 && ratio < 1 - 1e-6)).toBe(true);
});
