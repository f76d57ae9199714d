import { expect, it } from 'vitest';
import { baseModelName, billionsOf, hubModelId, localModelId, parseModelId } from './model-id';

const commit = '0123456789abcdef0123456789abcdef01234567';

it('reads the ids that it writes', () => {
  expect(parseModelId(hubModelId('Owner/Model-1.5B', commit, 'model-q4_1.gguf'))).toEqual({
    source: 'hub',
    repository: 'Owner/Model-1.5B',
    revision: commit,
    choice: 'model-q4_1.gguf',
  });
  expect(parseModelId(hubModelId('a/b', commit, 'onnx/model.onnx'))).toMatchObject({
    repository: 'a/b',
    choice: 'onnx/model.onnx',
  });
  expect(parseModelId(localModelId('my / model-x', 'abcdef012345'.padEnd(64, '6')))).toEqual({
    source: 'local',
    name: 'my - model-x',
    hash: 'abcdef012345',
  });
  expect(parseModelId('tiny-thinker')).toEqual({ source: 'bundled', name: 'tiny-thinker' });
});

it('rejects other texts', () => {
  for (const id of [
    '',
    '../x',
    'a/b',
    `hub/owner@${commit}/safetensors`,
    'hub/a/b@main/safetensors',
    'local/x',
    `hub/a/b@${commit}/c/d`,
  ])
    expect(parseModelId(id), id).toBeNull();
});

it('names the base model as from_pretrained expects it', () => {
  expect(baseModelName(hubModelId('Owner/Model', commit, 'safetensors'))).toBe('Owner/Model');
  expect(baseModelName(localModelId('folder', 'a'.repeat(64)))).toBe('folder');
  expect(baseModelName('tiny-thinker')).toBe('tiny-thinker');
});

it.each([
  ['Qwen2.5-7B-Instruct-q4f16_1-MLC', 7],
  ['SmolLM2-135M-Instruct-q4f32_1-MLC', 0.135],
  ['qwen2.5:0.5b', 0.5],
  ['meta-llama/Llama-3.3-70B-Instruct', 70],
  ['mistralai/Mixtral-8x7B-Instruct-v0.1', 56],
  ['gpt-4o', null],
  ['llama3.2', null],
  ['', null],
])('reads the size of %s: %j', (name, billions) => {
  expect(billionsOf(name)).toBe(billions);
});
