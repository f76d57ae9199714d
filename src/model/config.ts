/** A model's shape, read from Hugging Face's config.json in both of its spellings. Families differ here and nowhere else. */
import * as v from 'valibot';
import type { Activation } from '../engine/ops/glu';
import { LabError } from '../lib/errors';

export type RopeScaling =
  | {
      /** Llama 3's: low frequencies are divided by `factor`, high ones stay, those between are blended. */
      readonly kind: 'llama3';
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalContext: number;
    }
  /** [headSize/2]: each inverse frequency is divided by its own. */
  | { readonly kind: 'factors'; readonly factors: readonly number[] };

export interface ModelConfig {
  readonly architecture: string;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly ffn: number;
  readonly vocabulary: number;
  /** Tokens, prompt and completion together. */
  readonly context: number;
  readonly eps: number;
  readonly activation: Activation;
  /** The head is the embedding. */
  readonly tied: boolean;
  readonly ropeTheta: number;
  readonly ropeScaling: RopeScaling | null;
  /** Factor of q·k; 1/√headSize. */
  readonly attentionScale: number;
  /** Biases on q, k and v. */
  readonly qkvBias: boolean;
  /** Added to norm weights: 1 for Gemma. */
  readonly normOffset: number;
  readonly embeddingScale: number;
  /** Tokens that end a turn. */
  readonly ends: readonly number[];
}

const positive = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1 << 24));
const rope = v.object({
  rope_theta: v.optional(v.pipe(v.number(), v.minValue(1))),
  rope_type: v.optional(v.string()),
  type: v.optional(v.string()),
  factor: v.optional(v.number()),
  low_freq_factor: v.optional(v.number()),
  high_freq_factor: v.optional(v.number()),
  original_max_position_embeddings: v.optional(positive),
});

const ConfigSchema = v.object({
  architectures: v.pipe(v.array(v.string()), v.minLength(1)),
  num_hidden_layers: positive,
  hidden_size: positive,
  num_attention_heads: positive,
  num_key_value_heads: v.optional(positive),
  head_dim: v.nullish(positive),
  intermediate_size: positive,
  vocab_size: positive,
  max_position_embeddings: positive,
  rms_norm_eps: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  hidden_act: v.optional(v.string()),
  tie_word_embeddings: v.optional(v.boolean()),
  attention_bias: v.optional(v.boolean()),
  mlp_bias: v.optional(v.boolean()),
  rope_theta: v.optional(v.pipe(v.number(), v.minValue(1))),
  rope_scaling: v.nullish(rope),
  rope_parameters: v.nullish(rope),
  eos_token_id: v.nullish(v.union([v.number(), v.array(v.number())])),
});

/** What an architecture sets beyond its config.json. */
const ARCHITECTURES: Readonly<Record<string, Pick<ModelConfig, 'qkvBias' | 'normOffset'>>> = {
  LlamaForCausalLM: { qkvBias: false, normOffset: 0 },
};

/** @throws LabError unsupported-model, bad-file */
export function parseConfig(json: unknown): ModelConfig {
  const parsed = v.safeParse(ConfigSchema, json);
  if (!parsed.success) {
    const issue = parsed.issues[0];
    throw new LabError(
      'bad-file',
      `config.json: ${v.getDotPath(issue) ?? 'it'} ${issue.message}.`,
      'Choose the folder of a Hugging Face model.',
    );
  }
  const c = parsed.output;
  const architecture = c.architectures[0] as string;
  const family = ARCHITECTURES[architecture];
  const refuse = (what: string) =>
    new LabError(
      'unsupported-model',
      `This model needs ${what}, which the lab does not do.`,
      `Known architectures: ${Object.keys(ARCHITECTURES).join(', ')}.`,
    );
  if (family === undefined) throw refuse(`the architecture ${architecture}`);
  if (c.attention_bias === true || c.mlp_bias === true) throw refuse('biases in attention or MLP');
  if (c.hidden_act !== undefined && c.hidden_act !== 'silu') throw refuse(`the activation ${c.hidden_act}`);

  const headSize = c.head_dim ?? c.hidden_size / c.num_attention_heads;
  const kvHeads = c.num_key_value_heads ?? c.num_attention_heads;
  if (!Number.isInteger(headSize) || c.num_attention_heads % kvHeads !== 0) {
    throw new LabError(
      'bad-file',
      'config.json: heads, key/value heads and hidden size do not fit together.',
      'Choose another model.',
    );
  }
  for (const [name, size] of Object.entries({
    'hidden size': c.hidden_size,
    'head size': headSize,
    'feed-forward size': c.intermediate_size,
  })) {
    if (size % 4 !== 0) throw refuse(`a ${name} of ${size} (no multiple of four)`);
  }
  const spelled = c.rope_parameters ?? c.rope_scaling ?? null;
  const type = spelled?.rope_type ?? spelled?.type ?? 'default';
  if (type !== 'default' && type !== 'llama3') throw refuse(`rope scaling of type ${type}`);
  return {
    architecture,
    layers: c.num_hidden_layers,
    hidden: c.hidden_size,
    heads: c.num_attention_heads,
    kvHeads,
    headSize,
    ffn: c.intermediate_size,
    vocabulary: c.vocab_size,
    context: c.max_position_embeddings,
    eps: c.rms_norm_eps,
    activation: 'silu',
    tied: c.tie_word_embeddings ?? false,
    ropeTheta: spelled?.rope_theta ?? c.rope_theta ?? 10_000,
    ropeScaling:
      type === 'llama3'
        ? {
            kind: 'llama3',
            factor: spelled?.factor ?? 8,
            lowFrequencyFactor: spelled?.low_freq_factor ?? 1,
            highFrequencyFactor: spelled?.high_freq_factor ?? 4,
            originalContext: spelled?.original_max_position_embeddings ?? 8192,
          }
        : null,
    attentionScale: 1 / Math.sqrt(headSize),
    embeddingScale: 1,
    ends: c.eos_token_id == null ? [] : [c.eos_token_id].flat(),
    ...family,
  };
}
