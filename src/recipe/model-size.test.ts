import { expect, it } from 'vitest';
import { billionsOf } from './model-id';

it.each([
  ['Qwen2.5-7B-Instruct-q4f16_1-MLC', 7],
  ['SmolLM2-135M-Instruct-q4f32_1-MLC', 0.135],
  ['qwen2.5:0.5b', 0.5],
  ['meta-llama/Llama-3.3-70B-Instruct', 70],
  ['mistralai/Mixtral-8x7B-Instruct-v0.1', 56],
  ['gpt-4o', null],
  ['llama3.2', null],
  ['', null],
])('%s: %j', (name, billions) => {
  expect(billionsOf(name)).toBe(billions);
});
