import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MemorySource } from '../formats/byte-source';
import { readFloat32 } from '../formats/dequantize';
import { LabError } from '../lib/errors';
import { openGgufModel } from './gguf/gguf-model';
import { openModel } from './language-model';
import type { ModelSource } from './model-source';
import { directTemplates } from './tokenizer/testing/direct-templates';

const golden = (file: string) => readFileSync(new URL(`../../e2e/golden/gguf/${file}`, import.meta.url));
const bundled = (file: string) =>
  readFileSync(new URL(`../../public/models/tiny-thinker/${file}`, import.meta.url), 'utf8');

/** The golden GGUF file, and the files next to it. */
const source = (beside: Readonly<Record<string, string>> = {}): ModelSource => ({
  name: 'tiny',
  gguf: 'llama.gguf',
  text: async (file) => beside[file] ?? Promise.reject(new LabError('not-found', `no ${file}`)),
  optionalText: async (file) => beside[file] ?? null,
  bytes: async (file) => new MemorySource(file, new Uint8Array(golden(file))),
});

describe('a model of one GGUF file', () => {
  it('needs no other file', async () => {
    const { name, config, tokenizer, template, weights } = await openModel(source(), directTemplates, openGgufModel);
    expect(name).toBe('tiny');
    expect(config).toMatchObject({ layers: 3, hidden: 64, tied: false, context: 256, ends: [4, 2] });
    const messages = [{ role: 'user', content: 'the question' }] as const;
    const text = '<|im_start|>user\nthe question<|im_end|>\n<|im_start|>assistant\n';
    expect(await template.render(messages, true)).toBe(text);
    expect(await template.encode(messages, true)).toEqual(tokenizer.encode(text));
    expect(tokenizer.specialId('<|im_end|>')).toBe(4);
    expect(await readFloat32(weights, 'model.layers.0.self_attn.q_proj.weight')).toHaveLength(64 * 64);
    expect(weights.tensors.get('lm_head.weight')).toMatchObject({ dtype: 'Q8_0', shape: [320, 64] });
  });

  it('prefers the tokenizer, the template and the ends of files next to it', async () => {
    const opened = await openModel(
      source({
        'tokenizer.json': bundled('tokenizer.json'),
        'tokenizer_config.json': JSON.stringify({ eos_token: '<|im_end|>' }),
        'generation_config.json': JSON.stringify({ eos_token_id: 7 }),
      }),
      directTemplates,
      openGgufModel,
    );
    expect(opened.tokenizer.specialId('<|im_end|>')).toBe(2);
    expect((await opened.template.endsOfTurn())[0]).toBe(2);
    // The token of the template, the declared ones, then the well-known special tokens.
    expect(opened.config.ends).toEqual([2, 7, 4, 0]);
    // No template is next to it, so the one in the file is used.
    expect(await opened.template.render([{ role: 'user', content: 'x' }], false)).toBe(
      '<|im_start|>user\nx<|im_end|>\n',
    );
    const template = await openModel(
      source({ 'chat_template.jinja': '{{ bos_token }}{{ messages[0].content }}' }),
      directTemplates,
      openGgufModel,
    );
    expect(await template.template.render([{ role: 'user', content: 'x' }], true)).toBe('<s>x');
    await expect(
      openModel(source({ 'tokenizer_config.json': '{' }), directTemplates, openGgufModel),
    ).rejects.toMatchObject({
      code: 'bad-file',
    });
  });
});
