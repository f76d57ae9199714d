import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MemorySource } from '../../formats/byte-source';
import { openGguf } from '../../formats/gguf/gguf';
import { type MadeUp, writeGguf } from '../../formats/gguf/testing';
import { parseConfig } from '../config';
import { inverseFrequencies } from '../rope-table';
import { huggingFaceConfig, readGgufConfig } from './gguf-config';

const golden = (path: string) => readFileSync(new URL(`../../../e2e/golden/${path}`, import.meta.url));
const open = (name: string) => openGguf(new MemorySource(name, new Uint8Array(golden(`gguf/${name}.gguf`))));
const made = (file: MadeUp) => openGguf(new MemorySource('made-up.gguf', writeGguf(file)));

const tokens = ['<eos>', 'a', '<end_of_turn>', '<|eom|>'];
const TINY: Required<Pick<MadeUp, 'metadata' | 'tensors'>> = {
  metadata: {
    'general.architecture': ['string', 'llama'],
    'llama.context_length': ['u32', 64],
    'llama.embedding_length': ['u32', 16],
    'llama.block_count': ['u32', 2],
    'llama.feed_forward_length': ['u32', 32],
    'llama.attention.head_count': ['u32', 2],
    'llama.attention.layer_norm_rms_epsilon': ['f32', 1e-5],
    'tokenizer.ggml.tokens': [['string'], tokens],
    'tokenizer.ggml.eos_token_id': ['u32', 0],
    'tokenizer.ggml.eom_token_id': ['u32', 3],
  },
  tensors: { 'token_embd.weight': { type: 'F32', shape: [4, 16] } },
};
const changed = (metadata: MadeUp['metadata'] = {}, tensors: MadeUp['tensors'] = {}) =>
  made({ metadata: { ...TINY.metadata, ...metadata }, tensors: { ...TINY.tensors, ...tensors } });
/** The same model with Gemma 3's architecture. */
const gemma = (metadata: MadeUp['metadata'] = {}) => {
  const own = Object.entries(TINY.metadata).map(([key, value]) => [key.replace('llama.', 'gemma3.'), value] as const);
  return made({
    metadata: {
      ...Object.fromEntries(own),
      'general.architecture': ['string', 'gemma3'],
      'gemma3.attention.sliding_window': ['u32', 8],
      ...metadata,
    },
    tensors: TINY.tensors,
  });
};

describe('metadata as config.json', () => {
  it.each(['llama', 'llama3', 'qwen2', 'qwen3', 'gemma3'])(
    'reads the config of %s like transformers',
    async (name) => {
      const { config } = JSON.parse(golden(`gguf/${name}.json`).toString());
      const own = huggingFaceConfig(await open(name));
      const ropes = config.rope_parameters.full_attention ?? config.rope_parameters;
      expect(own).toMatchObject({
        hidden_size: config.hidden_size,
        intermediate_size: config.intermediate_size,
        max_position_embeddings: config.max_position_embeddings,
        num_attention_heads: config.num_attention_heads,
        num_key_value_heads: config.num_key_value_heads,
        num_hidden_layers: config.num_hidden_layers,
        head_dim: config.head_dim ?? config.hidden_size / config.num_attention_heads,
        vocab_size: config.vocab_size,
        tie_word_embeddings: config.tie_word_embeddings,
        rms_norm_eps: Math.fround(config.rms_norm_eps),
        rope_theta: ropes.rope_theta,
        rope_scaling: null,
        eos_token_id: [2, 4],
      });
      if (name !== 'gemma3') return;
      expect(own).toMatchObject({
        sliding_window: config.sliding_window,
        query_pre_attn_scalar: config.query_pre_attn_scalar,
        sliding_window_pattern: 1 + config.layer_types.indexOf('full_attention'),
        rope_local_base_freq: config.rope_parameters.sliding_attention.rope_theta,
      });
    },
  );

  it('fills in the defaults of omitted keys', async () => {
    expect(huggingFaceConfig(await changed())).toMatchObject({
      architectures: ['LlamaForCausalLM'],
      num_key_value_heads: 2,
      head_dim: 8,
      vocab_size: 4,
      rope_theta: 10_000,
      rope_scaling: null,
      tie_word_embeddings: true,
      eos_token_id: [0, 3, 2],
    });
    const own = await changed({}, { 'output.weight': { type: 'F32', shape: [4, 16] } });
    expect(huggingFaceConfig(own).tie_word_embeddings).toBe(false);
  });

  it('has the settings that only Gemma 3 has', async () => {
    expect(huggingFaceConfig(await gemma())).toMatchObject({
      architectures: ['Gemma3ForCausalLM'],
      hidden_activation: 'gelu_pytorch_tanh',
      sliding_window: 8,
      sliding_window_pattern: 6,
      rope_local_base_freq: 10_000,
      query_pre_attn_scalar: 8,
      final_logit_softcapping: null,
    });
    const pattern = await gemma({ 'gemma3.attention.sliding_window_pattern': [['bool'], [true, false]] });
    expect(huggingFaceConfig(pattern).layer_types).toEqual(['sliding_attention', 'full_attention']);
    // The 27B's queries are scaled by hidden/heads.
    const large = { 'gemma3.block_count': ['u32', 62], 'gemma3.attention.key_length': ['u32', 4] } as const;
    expect(huggingFaceConfig(await gemma(large)).query_pre_attn_scalar).toBe(8);
  });

  it('reads the rope scaling of the file', async () => {
    const linear = { rope_type: 'linear', factor: 8 };
    const named = {
      'llama.rope.scaling.type': ['string', 'linear'],
      'llama.rope.scaling.factor': ['f32', 8],
    } as const;
    expect(huggingFaceConfig(await changed(named)).rope_scaling).toEqual(linear);
    expect(huggingFaceConfig(await changed({ 'llama.rope.scale_linear': ['f32', 8] })).rope_scaling).toEqual(linear);
    expect(
      huggingFaceConfig(await changed({ 'llama.rope.scaling.type': ['string', 'none'] })).rope_scaling,
    ).toBeNull();
  });
});

describe('a model of GGUF', () => {
  it('of Llama 3 has its factors in a tensor, with the same frequencies as in config.json', async () => {
    const config = await readGgufConfig(await open('llama3'));
    const expected = inverseFrequencies(parseConfig(JSON.parse(golden('models/llama3/config.json').toString())));
    const got = inverseFrequencies(config);
    expect(got).toHaveLength(expected.length);
    got.forEach((frequency, i) => {
      expect(frequency / (expected[i] ?? Number.NaN)).toBeCloseTo(1, 6);
    });
    expect(await readGgufConfig(await open('llama'))).toMatchObject({
      ropeScaling: null,
      normOffset: 0,
      ends: [2, 4],
    });
  });

  it.each<[string, MadeUp['metadata'], MadeUp['tensors'], string]>([
    ['another architecture', { 'general.architecture': ['string', 'mamba'] }, {}, 'the architecture mamba'],
    ['a name of Object’s', { 'general.architecture': ['string', 'constructor'] }, {}, 'the architecture constructor'],
    ['experts', { 'llama.expert_count': ['u32', 8] }, {}, 'a mixture of experts'],
    ['one part of several', { 'split.count': ['u16', 3] }, {}, 'several GGUF files together'],
    [
      'partial rotary positions',
      { 'llama.rope.dimension_count': ['u32', 4] },
      {},
      'rotary positions on a part of each head',
    ],
    ['values of another size', { 'llama.attention.value_length': ['u32', 4] }, {}, 'another head size than keys'],
    ['biases', {}, { 'blk.0.attn_q.bias': { type: 'F32', shape: [16] } }, 'biases in attention'],
    [
      'another scaling',
      { 'llama.rope.scaling.type': ['string', 'yarn'], 'llama.rope.scaling.factor': ['f32', 4] },
      {},
      'yarn',
    ],
  ])('is refused by name: %s', async (_what, metadata, tensors, message) => {
    await expect(readGgufConfig(await changed(metadata, tensors))).rejects.toMatchObject({
      code: 'unsupported-model',
      message: expect.stringContaining(message),
    });
  });

  it.each<[string, MadeUp['metadata'], MadeUp['tensors'], string]>([
    ['text for a number', { 'llama.block_count': ['string', '2'] }, {}, 'llama.block_count is not a number'],
    ['a fraction', { 'llama.block_count': ['f32', 1.5] }, {}, 'llama.block_count is not a whole number'],
    ['a number for a name', { 'general.architecture': ['u32', 1] }, {}, 'general.architecture is not a text'],
    ['no number', { 'llama.rope.freq_base': ['f32', Number.NaN] }, {}, 'llama.rope.freq_base'],
    [
      'a token list that is not a list of texts',
      { 'tokenizer.ggml.tokens': [['u32'], [1]] },
      {},
      'tokenizer.ggml.tokens is not a list of texts',
    ],
    [
      'factors of another head',
      {},
      { 'rope_freqs.weight': { type: 'F32', shape: [3] } },
      'rope_freqs.weight is not a list of 4 factors',
    ],
    [
      'factors of zero',
      {},
      { 'rope_freqs.weight': { type: 'F32', shape: [4] } },
      'rope_freqs.weight is not a list of 4 factors',
    ],
  ])('is refused with wrong metadata: %s', async (_what, metadata, tensors, message) => {
    await expect(readGgufConfig(await changed(metadata, tensors))).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining(message),
    });
  });

  it('is refused if a key is missing', async () => {
    const { 'llama.block_count': _, ...metadata } = TINY.metadata;
    await expect(readGgufConfig(await made({ ...TINY, metadata }))).rejects.toThrow(
      'made-up.gguf: llama.block_count is missing.',
    );
    await expect(readGgufConfig(await made({ ...TINY, tensors: {} }))).rejects.toThrow(
      'it has no tensor token_embd.weight',
    );
  });
});
