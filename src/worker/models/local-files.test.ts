import { describe, expect, it } from 'vitest';
import { localModel } from './local-files';

/** As a page hands it over: with its path below the folder that was chosen, or none. */
function file(path: string, content = ''): File {
  const made = new File([content], path.slice(path.lastIndexOf('/') + 1));
  return Object.defineProperty(made, 'webkitRelativePath', { value: path.includes('/') ? path : '' });
}

const NEEDED = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
const names = ({ files }: { files: readonly { readonly name: string }[] }) => files.map(({ name }) => name).sort();

describe('a folder', () => {
  it('is the model in it, without what is in its own folders', async () => {
    const files = ['README.md', ...NEEDED, 'onnx/config.json', 'onnx/model.onnx'].map((path) =>
      file(`my-model/${path}`),
    );
    const model = await localModel(files);
    expect(model.name).toBe('my-model');
    expect(names(model)).toEqual([...NEEDED].sort());
  });

  it('whose name nobody hands over is called as its configuration says', async () => {
    const others = NEEDED.slice(1).map((name) => file(name));
    for (const [config, name] of [
      ['{"_name_or_path": "Owner/Base-1B"}', 'Base-1B'],
      ['{"_name_or_path": "C:\\\\models\\\\mine\\\\"}', 'mine'],
      ['{}', 'model'],
    ] as const) {
      expect((await localModel([file('config.json', config), ...others])).name).toBe(name);
    }
  });

  it('with one GGUF and nothing else of a model is that file', async () => {
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

  it('is the graph with what lies in the folders of its own', async () => {
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

  it('that was dropped says by its files’ names where they lay', async () => {
    const dropped = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'onnx/model.onnx'];
    const files = dropped.map((name) =>
      Object.defineProperty(new File([], name), 'webkitRelativePath', { value: '' }),
    );
    expect(names(await localModel(files))).toEqual([...dropped].sort());
  });

  it('is taken where the folder’s safetensors are no policy, the policy where they are', async () => {
    const both = ['model.safetensors', 'model.onnx'];
    expect(names(await localModel(folder('BertForSequenceClassification', both)))).toContain('model.onnx');
    expect(names(await localModel(folder('LlamaForCausalLM', both)))).toContain('model.safetensors');
  });

  it('in several precisions is the plain one', async () => {
    const several = ['onnx/model_quantized.onnx', 'onnx/model.onnx', 'onnx/model_fp16.onnx'];
    expect(names(await localModel(folder('BertModel', several)))).toContain('onnx/model.onnx');
    await expect(localModel(folder('BertModel', ['model_a.onnx', 'model_b.onnx']))).rejects.toMatchObject({
      message: 'model_a.onnx and model_b.onnx are models of their own.',
    });
  });
});

it('a GGUF is known by how it begins', async () => {
  expect(await localModel([file('small-q8_0.GGUF', 'GGUF…')])).toMatchObject({
    name: 'small-q8_0',
    files: { length: 1 },
  });
});

describe('is refused with a sentence', () => {
  for (const [what, files, says] of [
    ['a GGUF that is none', [file('a.gguf', '<html>')], 'a.gguf is no GGUF file'],
    ['several GGUFs', [file('a.gguf', 'GGUF'), file('b.gguf', 'GGUF')], 'a.gguf and b.gguf are models of their own'],
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
