/**
 * The shape of a GGUF model. Its metadata is translated to Hugging Face's config.json and read as such, and completed
 * with what GGUF keeps in tensors. Keys: llama.cpp's gguf-py/gguf/constants.py.
 */
import * as v from 'valibot';
import { readFloat32 } from '../../formats/dequantize';
import type { Gguf } from '../../formats/gguf/gguf';
import { LabError } from '../../lib/errors';
import { type ModelConfig, parseConfig } from '../config';
import { badMetadata, COUNT, FLAG, ggufValue, NUMBER, optionalGgufValue, TEXT } from './gguf-metadata';
import { turnEnds } from './gguf-tokens';

/** Hugging Face's names of GGUF's architectures. Mistral's models have GGUF's architecture llama. */
export const GGUF_ARCHITECTURES: Readonly<Record<string, string>> = {
  llama: 'LlamaForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  qwen3: 'Qwen3ForCausalLM',
  gemma3: 'Gemma3ForCausalLM',
};

/** Number of layers of the one Gemma 3 (27B) whose queries are scaled by hidden/heads instead of the head size. */
const GEMMA3_27B_LAYERS = 62;

const ROPE_FACTORS = 'rope_freqs.weight';

export function ggufArchitecture(gguf: Gguf): string {
  return ggufValue(gguf, 'general.architecture', TEXT);
}

/** @throws LabError bad-file, unsupported-model */
export async function readGgufConfig(gguf: Gguf): Promise<ModelConfig> {
  const config = parseConfig(huggingFaceConfig(gguf));
  // GGUF stores norm weights with Gemma's 1 already added.
  const plain = { ...config, normOffset: 0 };
  if (!gguf.file.tensors.has(ROPE_FACTORS)) return plain;
  const factors = [...(await readFloat32(gguf.file, ROPE_FACTORS))];
  if (factors.length !== config.headSize / 2 || !factors.every((factor) => factor > 0 && Number.isFinite(factor)))
    throw badMetadata(gguf, `${ROPE_FACTORS} is not a list of ${config.headSize / 2} factors`);
  return { ...plain, ropeScaling: { kind: 'factors', factors } };
}

/** The equivalent of config.json, as `parseConfig` reads it. @throws LabError bad-file, unsupported-model */
export function huggingFaceConfig(gguf: Gguf): Readonly<Record<string, unknown>> {
  const architecture = ggufArchitecture(gguf);
  const mapping = Object.hasOwn(GGUF_ARCHITECTURES, architecture) ? GGUF_ARCHITECTURES[architecture] : undefined;
  if (mapping === undefined) {
    throw new LabError(
      'unsupported-model',
      `This model needs the architecture ${architecture}, which is not supported.`,
      `Known architectures of GGUF files: ${Object.keys(GGUF_ARCHITECTURES).join(', ')}.`,
    );
  }
  const refuse = (what: string) =>
    new LabError('unsupported-model', `This model needs ${what}, which is not supported.`, 'Choose another model.');
  const count = (key: string) => ggufValue(gguf, `${architecture}.${key}`, COUNT);
  const optional = <S extends v.GenericSchema>(key: string, schema: S) =>
    optionalGgufValue(gguf, `${architecture}.${key}`, schema);
  if ((optionalGgufValue(gguf, 'split.count', COUNT) ?? 1) > 1) throw refuse('several GGUF files together');
  if ((optional('expert_count', COUNT) ?? 0) > 0) throw refuse('a mixture of experts');

  const hidden = count('embedding_length');
  const heads = count('attention.head_count');
  const headSize = optional('attention.key_length', COUNT) ?? hidden / heads;
  if ((optional('attention.value_length', COUNT) ?? headSize) !== headSize)
    throw refuse('values of another head size than keys');
  if ((optional('rope.dimension_count', COUNT) ?? headSize) !== headSize)
    throw refuse('rotary positions on a part of each head');
  const layers = count('block_count');
  const has = (name: string) => gguf.file.tensors.has(name);
  return {
    architectures: [mapping],
    num_hidden_layers: layers,
    hidden_size: hidden,
    num_attention_heads: heads,
    num_key_value_heads: optional('attention.head_count_kv', COUNT) ?? heads,
    head_dim: headSize,
    intermediate_size: count('feed_forward_length'),
    vocab_size: vocabularySize(gguf),
    max_position_embeddings: count('context_length'),
    rms_norm_eps: ggufValue(gguf, `${architecture}.attention.layer_norm_rms_epsilon`, NUMBER),
    tie_word_embeddings: !has('output.weight'),
    // Qwen 2 always has biases, and its config.json has no field for them.
    ...(architecture === 'llama' && { attention_bias: has('blk.0.attn_q.bias'), mlp_bias: has('blk.0.ffn_up.bias') }),
    rope_theta: optional('rope.freq_base', NUMBER) ?? 10_000,
    rope_scaling: ropeScaling(gguf, architecture),
    eos_token_id: turnEnds(gguf),
    ...(architecture === 'gemma3' && gemma3(gguf, { layers, hidden, heads, headSize })),
  };
}

function gemma3(
  gguf: Gguf,
  { layers, hidden, heads, headSize }: { layers: number; hidden: number; heads: number; headSize: number },
): Readonly<Record<string, unknown>> {
  const optional = <S extends v.GenericSchema>(key: string, schema: S) =>
    optionalGgufValue(gguf, `gemma3.${key}`, schema);
  const pattern = optional(
    'attention.sliding_window_pattern',
    v.union([COUNT, v.array(FLAG)], 'is neither a number nor a list'),
  );
  return {
    hidden_activation: 'gelu_pytorch_tanh',
    sliding_window: ggufValue(gguf, 'gemma3.attention.sliding_window', COUNT),
    ...(Array.isArray(pattern)
      ? { layer_types: pattern.map((slides) => (slides ? 'sliding_attention' : 'full_attention')) }
      : { sliding_window_pattern: pattern ?? 6 }),
    rope_local_base_freq: optional('rope.freq_base_swa', NUMBER) ?? 10_000,
    query_pre_attn_scalar: layers === GEMMA3_27B_LAYERS ? hidden / heads : headSize,
    final_logit_softcapping: optional('final_logit_softcapping', NUMBER) ?? null,
  };
}

/** Llama 3's scaling is a tensor of factors, not a key. */
function ropeScaling(gguf: Gguf, architecture: string): Readonly<Record<string, unknown>> | null {
  const type = optionalGgufValue(gguf, `${architecture}.rope.scaling.type`, TEXT) ?? 'none';
  // Older files have no key for the type.
  const linear = optionalGgufValue(gguf, `${architecture}.rope.scale_linear`, NUMBER);
  if (linear !== undefined && linear !== 1) return { rope_type: 'linear', factor: linear };
  if (type === 'none') return null;
  return { rope_type: type, factor: ggufValue(gguf, `${architecture}.rope.scaling.factor`, NUMBER) };
}

/** Rows of the embedding, because not every file has a key for it. */
function vocabularySize(gguf: Gguf): number {
  const [rows] = gguf.file.tensors.get('token_embd.weight')?.shape ?? [];
  if (rows === undefined) throw badMetadata(gguf, 'it has no tensor token_embd.weight');
  return rows;
}
