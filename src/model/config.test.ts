import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LabError } from '../lib/errors';
import { parseConfig } from './config';
import { inverseFrequencies } from './rope-table';

const golden = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../e2e/golden/models/${name}`, import.meta.url), 'utf8'));

const llama = golden('llama/config.json') as Record<string, unknown>;

describe.each(['llama', 'llama3', 'smollm2'])('%s', (model) => {
  it('reads both spellings alike', () => {
    expect(parseConfig(golden(`${model}/config.json`))).toEqual(parseConfig(golden(`${model}/config.v4.json`)));
  });
});

it.each([
  ['an unknown architecture', { architectures: ['MambaForCausalLM'] }, 'MambaForCausalLM'],
  ['biases in attention', { attention_bias: true }, 'biases'],
  ['another activation', { hidden_act: 'relu' }, 'relu'],
  ['another rope scaling', { rope_parameters: { rope_type: 'yarn', rope_theta: 10000 } }, 'yarn'],
  ['a width that is no multiple of four', { intermediate_size: 162 }, '162'],
])('refuses %s by name', (_, change, name) => {
  const parse = () => parseConfig({ ...llama, ...change });
  expect(parse).toThrow(LabError);
  expect(parse).toThrow(name);
});

it.each([
  ['no configuration', null],
  ['heads that do not divide', { ...llama, num_key_value_heads: 3 }],
  ['a negative size', { ...llama, hidden_size: -64 }],
])('refuses %s as a bad file', (_, config) => {
  expect(() => parseConfig(config)).toThrow(LabError);
});

it('scales the frequencies of Llama 3: high ones stay, low ones are divided, those between are blended', () => {
  const config = parseConfig(golden('llama3/config.json'));
  const plain = inverseFrequencies({ ...config, ropeScaling: null });
  const scaled = inverseFrequencies(config);
  const ratios = [...scaled].map((frequency, i) => frequency / (plain[i] as number));
  const factor = 8;
  expect(ratios[0]).toBe(1);
  expect(ratios.at(-1)).toBeCloseTo(1 / factor, 12);
  expect(ratios.some((ratio) => ratio > 1 / factor + 1e-6 && ratio < 1 - 1e-6)).toBe(true);
});
