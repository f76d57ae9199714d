import { describe, expect, it } from 'vitest';
import { modelsIn } from './model-folder';

const tokenizer = ['config.json', 'tokenizer.json', 'tokenizer_config.json'];

it('lists the files that the lab needs, and no others', () => {
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
    safetensors: {
      name: 'safetensors',
      files: [...tokenizer, 'chat_template.jinja', 'generation_config.json', 'model.safetensors'],
    },
    ggufs: [],
    onnx: [],
    missing: null,
  });
});

it('lists shards with their index', () => {
  const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
  expect(modelsIn([...tokenizer, ...shards, 'model.safetensors.index.json']).safetensors?.files).toEqual([
    ...tokenizer,
    'model.safetensors.index.json',
    ...shards,
  ]);
  expect(modelsIn([...tokenizer, ...shards]).safetensors).toBeNull();
});

it('offers each GGUF that is a whole language model', () => {
  const names = ['a-Q4_K_M.gguf', 'a-Q8_0.GGUF', 'big-00001-of-00003.gguf', 'mmproj-a-f16.gguf', 'README.md'];
  const ggufs = ['a-Q4_K_M.gguf', 'a-Q8_0.GGUF'].map((name) => ({ name, files: [name] }));
  expect(modelsIn(names)).toEqual({ safetensors: null, ggufs, onnx: [], missing: null });
});

describe('a judge', () => {
  const names = [
    ...tokenizer,
    ...['modules.json', '1_Pooling/config.json', 'sentence_bert_config.json', 'special_tokens_map.json'],
    ...[
      'onnx/model.onnx',
      'onnx/model_quantized.onnx',
      'onnx/model_fp16.onnx',
      'onnx/model_fp16.onnx_data',
      'onnx/decoder.onnx',
    ],
  ];

  it('is each complete graph, with the files needed to read it', () => {
    const { onnx, missing } = modelsIn(names);
    expect(missing).toBeNull();
    expect(onnx.map(({ name }) => name)).toEqual(['onnx/model.onnx', 'onnx/model_quantized.onnx']);
    expect(onnx[0]?.files).toEqual([
      ...tokenizer,
      ...['modules.json', '1_Pooling/config.json', 'sentence_bert_config.json', 'onnx/model.onnx'],
    ]);
  });

  it('may be in the same folder as a policy', () => {
    const { safetensors, onnx } = modelsIn([...tokenizer, 'model.safetensors', 'model.onnx']);
    expect(safetensors?.files).toHaveLength(4);
    expect(onnx.map(({ name }) => name)).toEqual(['model.onnx']);
  });
});

describe('says what is missing', () => {
  for (const [names, says] of [
    [['model.safetensors', 'config.json'], 'no tokenizer.json and no tokenizer_config.json'],
    [['big-00001-of-00003.gguf', 'big-00002-of-00003.gguf'], 'split into several files'],
    [['adapter_config.json', 'adapter_model.safetensors'], 'adapter'],
    [[...tokenizer, 'pytorch_model.bin'], 'another format'],
    [['model.onnx'], 'no config.json and no tokenizer.json'],
    [[...tokenizer, 'onnx/model.onnx', 'onnx/model.onnx_data'], 'in a separate file, onnx/model.onnx_data'],
    [[...tokenizer, 'onnx/decoder_model.onnx'], 'parts of a model'],
    [['README.md'], 'no model.safetensors'],
    [[], 'no model.safetensors'],
  ] as const) {
    it(`where there is ${names.join(', ') || 'nothing'}`, () => {
      expect(modelsIn(names)).toMatchObject({
        safetensors: null,
        ggufs: [],
        onnx: [],
        missing: expect.stringContaining(says),
      });
    });
  }
});
