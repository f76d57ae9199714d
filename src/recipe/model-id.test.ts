import { expect, it } from 'vitest';
import { baseModelName, hubModelId, localModelId, parseModelId } from './model-id';

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

it('knows no others', () => {
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

it('calls the base as from_pretrained finds it', () => {
  expect(baseModelName(hubModelId('Owner/Model', commit, 'safetensors'))).toBe('Owner/Model');
  expect(baseModelName(localModelId('folder', 'a'.repeat(64)))).toBe('folder');
  expect(baseModelName('tiny-thinker')).toBe('tiny-thinker');
});
