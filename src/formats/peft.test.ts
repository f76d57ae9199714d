import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MemorySource } from './byte-source';
import { parseAdapterConfig, readPeft, writePeft } from './peft';
import { openSafetensors, type TensorToWrite, writeSafetensors } from './safetensors';

const models = new URL('../../e2e/golden/models/', import.meta.url);
const bytes = (path: string) => new Uint8Array(readFileSync(new URL(path, models)));
const config = (path: string) => readFileSync(new URL(`${path}/adapter_config.json`, models), 'utf8');
const weights = (path: string) =>
  new MemorySource('adapter_model.safetensors', bytes(`${path}/adapter_model.safetensors`));
const changed = (change: Record<string, unknown>) =>
  JSON.stringify({ ...JSON.parse(config('llama/adapter')), ...change });

describe('the files of PEFT', () => {
  it.each(['llama/adapter', 'llama/reference_adapter', 'llama/adapter_rslora', 'llama3/adapter', 'smollm2/adapter'])(
    'reads %s and writes it back byte for byte',
    async (path) => {
      const written = writePeft(await readPeft(config(path), weights(path)));
      expect(written.config).toBe(config(path));
      expect(Buffer.compare(written.weights, bytes(`${path}/adapter_model.safetensors`))).toBe(0);
    },
  );

  it('orders tensors by layer, module, matrix', async () => {
    const { tensors, config: read } = await readPeft(config('llama/adapter_rslora'), weights('llama/adapter_rslora'));
    expect(read).toEqual({ rank: 4, alpha: 8, rsLora: true, baseModel: 'llama' });
    expect(tensors).toHaveLength(3 * 7 * 2);
    expect(tensors.slice(0, 4).map((t) => `${t.layer} ${t.module} ${t.matrix} ${t.shape}`)).toEqual([
      '0 q_proj A 4,64',
      '0 q_proj B 64,4',
      '0 k_proj A 4,64',
      '0 k_proj B 32,4',
    ]);
  });

  it('escapes names as Python does', async () => {
    const adapter = await readPeft(config('llama/adapter'), weights('llama/adapter'));
    expect(writePeft({ ...adapter, config: { ...adapter.config, baseModel: 'é🙂' } }).config).toContain(
      '"\\u00e9\\ud83d\\ude42"',
    );
  });
});

describe('target_modules', () => {
  const read = (target_modules: unknown) => readPeft(changed({ target_modules }), weights('llama/adapter'));
  const all = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'];

  it.each([
    [[...all].reverse()],
    [['self_attn.q_proj', ...all.slice(1)]],
    ['.*_proj'],
    [
      '(?:.*?(?:model|text).*?(?:self_attn|mlp).*?' +
        '(?:q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj).*?)|(?:\\bmodel\\.x)',
    ],
    ['model\\.layers\\.\\d+\\.(self_attn|mlp)\\.(q|k|v|o|gate|up|down)_proj'],
  ])('accepts %j', async (targets) => {
    expect((await read(targets)).tensors).toHaveLength(42);
  });

  it.each([
    [all.slice(1), 'does not name'],
    ['.*layers\\.[01]\\..*_proj', 'does not name'],
    ['.*q_proj|q_proj', 'does not name'],
    [[...all, 'lm_head'], 'names lm_head'],
    ['(.*)*_proj', 'too many repetitions'],
    ['((a+)b?)+', 'too many repetitions'],
    ['(a|a)*x', 'too many repetitions'],
    ['.*.*.*.*.*.*x', 'too many repetitions'],
    ['*', 'not a regular expression'],
    [[], 'target_modules'],
  ])('refuses %j: %s', async (targets, message) => {
    await expect(read(targets)).rejects.toThrow(message);
  });

  it('reads an adapter of some layers and modules only', async () => {
    const file = await openSafetensors(weights('llama/adapter'));
    const some = new Map<string, TensorToWrite>();
    for (const [name, info] of file.tensors) {
      if (/layers\.[01]\..*[qv]_proj/.test(name)) some.set(name, { ...info, bytes: await file.read(name) });
    }
    const adapter = await readPeft(
      changed({ target_modules: '.*layers\\.[01]\\.self_attn\\.[qv]_proj' }),
      new MemorySource('w', writeSafetensors(some)),
    );
    expect(adapter.tensors).toHaveLength(8);
  });
});

describe('unsupported settings', () => {
  it.each([
    ['modules_to_save', ['lm_head']],
    ['use_dora', true],
    ['rank_pattern', { q_proj: 8 }],
    ['alpha_pattern', { q_proj: 8 }],
    ['bias', 'all'],
    ['lora_bias', true],
    ['layers_to_transform', [0]],
    ['fan_in_fan_out', true],
    ['trainable_token_indices', [1]],
    ['init_lora_weights', 'pissa'],
    ['a_setting_of_tomorrow', 1],
    ['peft_type', 'IA3'],
    ['r', 0],
    ['r', '4'],
    ['lora_alpha', null],
    ['task_type', 'SEQ_CLS'],
  ])('is refused by name: %s', (name, value) => {
    expect(() => parseAdapterConfig(changed({ [name]: value }))).toThrow(
      expect.objectContaining({ code: 'bad-file', message: expect.stringContaining(name) }),
    );
  });

  it.each(['', '[]', 'null', '{}'])('refuses the configuration %j', (text) => {
    expect(() => parseAdapterConfig(text)).toThrow(expect.objectContaining({ code: 'bad-file' }));
  });

  it('refuses tensors that do not match the configuration', async () => {
    await expect(readPeft(changed({ r: 8 }), weights('llama/adapter'))).rejects.toThrow('does not match the rank 8');
    const model = new MemorySource('model', bytes('llama/model.safetensors'));
    await expect(readPeft(config('llama/adapter'), model)).rejects.toThrow('not one of the seven projections');
    await expect(
      readPeft(config('llama/adapter'), new MemorySource('none', writeSafetensors(new Map()))),
    ).rejects.toThrow('no tensors');
  });
});
