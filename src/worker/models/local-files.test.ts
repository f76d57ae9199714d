import { describe, expect, it } from 'vitest';
import { localModel } from './local-files';

/** A file as the page sends it: with its path below the folder that was chosen, or without a path. */
function file(path: string, content = ''): File {
  const made = new File([content], path.slice(path.lastIndexOf('/') + 1));
  return Object.defineProperty(made, 'webkitRelativePath', { value: path.includes('/') ? path : '' });
}

const NEEDED = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
const names = ({ files }: { files: readonly { readonly name: string }[] }) => files.map(({ name }) => name).sort();

describe('a folder', () => {
  it('is read as the model in it, without the files of its subfolders', async () => {
    const files = ['README.md', ...NEEDED, 'onnx/config.json', 'onnx/model.onnx'].map((path) =>
      file(`my-model/${path}`),
    );
    const model = await localModel(files);
    expect(model.name).toBe('my-model');
    expect(names(model)).toEqual([...NEEDED].sort());
  });

  it('whose name is unknown gets the name in its configuration', async () => {
    const others = NEEDED.slice(1).map((name) => file(name));
    for (const [config, name] of [
      ['{"_name_or_path": "Owner/Base-1B"}', 'Base-1B'],
      ['{"_name_or_path": "C:\\\\models\\\\mine\\\\"}', 'mine'],
      ['{}', 'model'],
    ] as const) {
      expect((await localModel([file('config.json', config), ...others])).name).toBe(name);
    }
  });

  it('with one GGUF file and no other model is read as that file', async () => {
    expect(await localModel([file('a/README.md'), file('a/small-q8_0.gguf', 'GGUF…')])).toMatchObject({
      name: 'small-q8_0',
    });
  });
});

describe('a judge', () => {
  const config = (architecture: string) => `{"architectures": ["${architecture}"]}`;
  const folder = (architecture: string, more: readonly string[]) => [
    file('judge/config.json', config(architecture)),
    ...['tokenizer.json', 'tokenizer_config.json', ...more].map((path) => file(`judge/${path}`)),
  ];

  it('consists of its graph and the files of its subfolders', async () => {
    const more = ['onnx/model.onnx', 'onnx/config.json', '1_Pooling/config.json', 'other/model.onnx', 'modules.json'];
    const model = await localModel(folder('BertModel', more));
    expect(model.name).toBe('judge');
    expect(names(model)).toEqual(
      [
        'config.json',
        'tokenizer.json',
        'tokenizer_config.json',
        'modules.json',
        '1_Pooling/config.json',
        'onnx/model.onnx',
      ].sort(),
    );
    expect(model.files.find(({ name }) => name === '1_Pooling/config.json')?.file.name).toBe('config.json');
  });

  it('that was dropped has the paths of its files as their names', async () => {
    const dropped = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'onnx/model.onnx'];
    const files = dropped.map((name) =>
      Object.defineProperty(new File([], name), 'webkitRelativePath', { value: '' }),
    );
    expect(names(await localModel(files))).toEqual([...dropped].sort());
  });

  it('is chosen if the folder’s safetensors are not a policy; otherwise the policy is', async () => {
    const both = ['model.safetensors', 'model.onnx'];
    expect(names(await localModel(folder('BertForSequenceClassification', both)))).toContain('model.onnx');
    expect(names(await localModel(folder('LlamaForCausalLM', both)))).toContain('model.safetensors');
  });

  it('in several precisions is read in full precision', async () => {
    const several = ['onnx/model_quantized.onnx', 'onnx/model.onnx', 'onnx/model_fp16.onnx'];
    expect(names(await localModel(folder('BertModel', several)))).toContain('onnx/model.onnx');
    await expect(localModel(folder('BertModel', ['model_a.onnx', 'model_b.onnx']))).rejects.toMatchObject({
      message: 'model_a.onnx and model_b.onnx are separate models.',
    });
  });
});

it('a GGUF file is recognised by its first bytes', async () => {
  expect(await localModel([file('small-q8_0.GGUF', 'GGUF…')])).toMatchObject({
    name: 'small-q8_0',
    files: { length: 1 },
  });
});

describe('files are refused with a sentence', () => {
  for (const [what, files, says] of [
    ['a file that is not GGUF', [file('a.gguf', '<html>')], 'a.gguf is not a GGUF file'],
    ['several GGUFs', [file('a.gguf', 'GGUF'), file('b.gguf', 'GGUF')], 'a.gguf and b.gguf are separate models'],
    ['a folder without a tokenizer', [file('m/config.json'), file('m/model.safetensors')], 'no tokenizer.json'],
    ['two folders at once', [...NEEDED, ...NEEDED].map((name) => file(name)), 'the same name'],
    ['nothing', [], 'no model.safetensors'],
  ] as const) {
    it(what, async () => {
      await expect(localModel(files)).rejects.toMatchObject({
        code: 'bad-file',
        message: expect.stringContaining(says),
        advice: expect.stringMatching(/^Nothing was kept\. .+\.$/),
      });
    });
  }
});
