import { describe, expect, it } from 'vitest';
import { modelsIn } from './model-folder';

const tokenizer = ['config.json', 'tokenizer.json', 'tokenizer_config.json'];

it('takes of a folder what the lab needs, and nothing else', () => {
  const names = [
    ...tokenizer,
    '.gitattributes',
    'README.md',
    'chat_template.jinja',
    'consolidated.safetensors',
    'generation_config.json',
    'merges.txt',
    'model.safetensors',
    'pytorch_model.bin',
    'tokenizer.model',
  ];
  expect(modelsIn(names)).toEqual({
    safetensors: [...tokenizer, 'chat_template.jinja', 'generation_config.json', 'model.safetensors'],
    ggufs: [],
    missing: null,
  });
});

it('takes shards with their index', () => {
  const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
  expect(modelsIn([...tokenizer, ...shards, 'model.safetensors.index.json']).safetensors).toEqual([
    ...tokenizer,
    'model.safetensors.index.json',
    ...shards,
  ]);
  expect(modelsIn([...tokenizer, ...shards]).safetensors).toBeNull();
});

it('offers each GGUF that is a whole language model', () => {
  const names = ['a-Q4_K_M.gguf', 'a-Q8_0.GGUF', 'big-00001-of-00003.gguf', 'mmproj-a-f16.gguf', 'README.md'];
  expect(modelsIn(names)).toEqual({ safetensors: null, ggufs: ['a-Q4_K_M.gguf', 'a-Q8_0.GGUF'], missing: null });
});

describe('says what is missing', () => {
  for (const [names, says] of [
    [['model.safetensors', 'config.json'], 'no tokenizer.json and no tokenizer_config.json'],
    [['big-00001-of-00003.gguf', 'big-00002-of-00003.gguf'], 'split into several files'],
    [['adapter_config.json', 'adapter_model.safetensors'], 'adapter'],
    [[...tokenizer, 'pytorch_model.bin'], 'another format'],
    [['README.md'], 'neither model.safetensors'],
    [[], 'neither model.safetensors'],
  ] as const) {
    it(`where there is ${names.join(', ') || 'nothing'}`, () => {
      expect(modelsIn(names)).toMatchObject({ safetensors: null, ggufs: [], missing: expect.stringContaining(says) });
    });
  }
});
