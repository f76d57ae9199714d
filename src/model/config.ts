/** The shape of a model, read from Hugging Face's config.json in both of its spellings. */
import * as v from 'valibot';
import type { Activation } from '../engine/ops/glu';
import { LabError } from '../lib/errors';
import { FAMILIES, type Family } from './families';

export type RopeScaling =
  | {
      /**
       * Llama 3: low frequencies are divided by `factor`, high ones are unchanged, and those in between are blended.
       */
      readonly kind: 'llama3';
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalContext: number;
    }
  /** [headSize/2]: divisor of each inverse frequency. */
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
  /** Most tokens of a prompt and its completion together. */
  readonly context: number;
  readonly eps: number;
  readonly activation: Activation;
  /** True if the vocabulary head is the embedding. */
  readonly tied: boolean;
  readonly ropeTheta: number;
  readonly ropeScaling: RopeScaling | null;
  /** Rotary base of the layers with a window, if it differs. It is never scaled. */
  readonly localRopeTheta: number | null;
  /** By layer, the number of keys that a query sees, itself included. Null: all keys before it. */
  readonly windows: readonly (number | null)[];
  /** Factor of q·k, in most models 1/√headSize. */
  readonly attentionScale: number;
  /** True if q, k and v have biases. */
  readonly qkvBias: boolean;
  /** True if each head of q and k has an RMS norm before the rotation. */
  readonly qkNorm: boolean;
  /** True if attention and MLP have norms after them, before the residual sum. */
  readonly postNorms: boolean;
  /** Added to norm weights: 1 for Gemma, otherwise 0. */
  readonly normOffset: number;
  readonly embeddingScale: number;
  /** Tokens that end a turn. */
  readonly ends: readonly number[];
}

const positive = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1 << 24));
const theta = v.pipe(v.number(), v.minValue(1));
const RopeSchema = v.object({
  rope_theta: v.nullish(theta),
  rope_type: v.nullish(v.string()),
  type: v.nullish(v.string()),
  factor: v.nullish(v.pipe(v.number(), v.minValue(1e-6))),
  low_freq_factor: v.nullish(v.number()),
  high_freq_factor: v.nullish(v.number()),
  original_max_position_embeddings: v.nullish(positive),
  partial_rotary_factor: v.nullish(v.number()),
});
type Rope = v.InferOutput<typeof RopeSchema>;
/** The spelling of transformers 5 for a model with two kinds of layers. */
const RopesSchema = v.object({ full_attention: RopeSchema, sliding_attention: v.optional(RopeSchema, {}) });

const ConfigSchema = v.object({
  architectures: v.pipe(v.array(v.string()), v.minLength(1)),
  num_hidden_layers: v.pipe(positive, v.maxValue(1024)),
  hidden_size: positive,
  num_attention_heads: positive,
  num_key_value_heads: v.nullish(positive),
  head_dim: v.nullish(positive),
  intermediate_size: positive,
  vocab_size: positive,
  max_position_embeddings: positive,
  rms_norm_eps: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  hidden_act: v.nullish(v.string()),
  hidden_activation: v.nullish(v.string()),
  tie_word_embeddings: v.nullish(v.boolean()),
  attention_bias: v.nullish(v.boolean()),
  mlp_bias: v.nullish(v.boolean()),
  rope_theta: v.nullish(theta),
  rope_local_base_freq: v.nullish(theta),
  rope_scaling: v.nullish(v.union([RopesSchema, RopeSchema])),
  rope_parameters: v.nullish(v.union([RopesSchema, RopeSchema])),
  partial_rotary_factor: v.nullish(v.number()),
  sliding_window: v.nullable(positive),
  use_sliding_window: v.nullish(v.boolean()),
  max_window_layers: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0))),
  layer_types: v.nullish(v.array(v.string())),
  sliding_window_pattern: v.nullish(positive),
  _sliding_window_pattern: v.nullish(positive),
  query_pre_attn_scalar: v.nullish(v.pipe(v.number(), v.minValue(1e-6))),
  attn_logit_softcapping: v.nullish(v.number()),
  final_logit_softcapping: v.nullish(v.number()),
  use_bidirectional_attention: v.nullish(v.boolean()),
  eos_token_id: v.nullish(v.union([v.number(), v.array(v.number())])),
});
type Config = v.InferOutput<typeof ConfigSchema>;

const refuse = (what: string) =>
  new LabError(
    'unsupported-model',
    `This model needs ${what}, which is not supported.`,
    `Known architectures: ${[...FAMILIES.keys()].join(', ')}.`,
  );

const bad = (what: string) =>
  new LabError('bad-file', `config.json: ${what}.`, 'Choose the folder of a Hugging Face model.');

/** @throws LabError unsupported-model, bad-file */
export function parseConfig(json: unknown): ModelConfig {
  const withArchitecture = v.safeParse(v.pick(ConfigSchema, ['architectures']), json);
  const architecture = withArchitecture.success ? (withArchitecture.output.architectures[0] as string) : '';
  const family = FAMILIES.get(architecture);
  if (withArchitecture.success && family === undefined) throw refuse(`the architecture ${architecture}`);
  const parsed = v.safeParse(ConfigSchema, { sliding_window: family?.defaults.slidingWindow, ...Object(json) });
  if (!parsed.success || family === undefined) {
    const issue = parsed.issues?.[0];
    throw bad(
      issue === undefined
        ? 'it has no architecture'
        : `${v.getDotPath(issue) ?? 'it'} ${issue.message}`.replace(/\.$/, ''),
    );
  }
  const c = parsed.output;
  refuseVariants(c, family);

  const headSize = c.head_dim ?? family.defaults.headSize ?? Math.floor(c.hidden_size / c.num_attention_heads);
  const kvHeads = c.num_key_value_heads ?? c.num_attention_heads;
  if (headSize === 0 || c.num_attention_heads % kvHeads !== 0) {
    throw bad('heads, key/value heads and hidden size do not fit together');
  }
  if (headSize % 2 !== 0) throw refuse(`a head size of ${headSize} (rotary positions rotate pairs)`);
  const windows = windowsOf(c, family);
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
    activation: family.activation,
    tied: c.tie_word_embeddings ?? family.defaults.tied,
    ...ropes(c, family, headSize),
    windows,
    attentionScale: 1 / Math.sqrt(c.query_pre_attn_scalar ?? family.defaults.queryScalar ?? headSize),
    qkvBias: family.qkvBias,
    qkNorm: family.qkNorm,
    postNorms: family.postNorms,
    normOffset: family.normOffset,
    embeddingScale: family.scaledEmbedding ? Math.sqrt(c.hidden_size) : 1,
    ends: c.eos_token_id == null ? [] : [c.eos_token_id].flat(),
  };
}

/** Refuses settings of known architectures that are not supported. */
function refuseVariants(c: Config, { activation }: Family): void {
  if (c.attention_bias === true || c.mlp_bias === true) throw refuse('biases in attention or MLP');
  if (c.attn_logit_softcapping != null || c.final_logit_softcapping != null)
    throw refuse('capped logits (softcapping)');
  if (c.use_bidirectional_attention === true) throw refuse('attention in both directions');
  if ((c.partial_rotary_factor ?? 1) !== 1) throw refuse('rotary positions on a part of each head');
  const named = activation === 'silu' ? c.hidden_act : c.hidden_activation;
  const spelled = activation === 'silu' ? 'silu' : 'gelu_pytorch_tanh';
  if (named != null && named !== spelled) throw refuse(`the activation ${named}`);
}

function windowsOf(c: Config, { windows }: Family): (number | null)[] {
  const layers = Array.from({ length: c.num_hidden_layers }, (_, i) => i);
  const window = c.sliding_window;
  if (windows === 'none' || window === null) return layers.map(() => null);
  if (windows === 'all') return layers.map(() => window);
  if (windows === 'from max_window_layers' && c.use_sliding_window !== true) return layers.map(() => null);
  const types = c.layer_types;
  if (types != null) {
    const unknown = types.find((type) => type !== 'sliding_attention' && type !== 'full_attention');
    if (unknown !== undefined) throw refuse(`layers of type ${unknown}`);
    if (types.length !== layers.length) throw bad(`layer_types names ${types.length} layers of ${layers.length}`);
    return types.map((type) => (type === 'sliding_attention' ? window : null));
  }
  if (windows === 'pattern') {
    const every = c.sliding_window_pattern ?? c._sliding_window_pattern ?? 6;
    return layers.map((i) => ((i + 1) % every === 0 ? null : window));
  }
  const from = c.max_window_layers ?? 28;
  return layers.map((i) => (i >= from ? window : null));
}

function ropes(
  c: Config,
  { defaults }: Family,
  headSize: number,
): Pick<ModelConfig, 'ropeTheta' | 'ropeScaling' | 'localRopeTheta'> {
  const spelled = c.rope_parameters ?? c.rope_scaling ?? {};
  const [full, local]: [Rope, Rope] =
    'full_attention' in spelled ? [spelled.full_attention, spelled.sliding_attention] : [spelled, {}];
  if (scaling(local, headSize) !== null) throw refuse('scaled rotary positions in layers with a window');
  const localTheta = local.rope_theta ?? c.rope_local_base_freq ?? defaults.localRopeTheta;
  return {
    ropeTheta: full.rope_theta ?? c.rope_theta ?? defaults.ropeTheta,
    ropeScaling: scaling(full, headSize),
    localRopeTheta: defaults.localRopeTheta === null ? null : localTheta,
  };
}

function scaling(rope: Rope, headSize: number): RopeScaling | null {
  if ((rope.partial_rotary_factor ?? 1) !== 1) throw refuse('rotary positions on a part of each head');
  const type = rope.rope_type ?? rope.type ?? 'default';
  switch (type) {
    case 'default':
      return null;
    case 'linear':
      return { kind: 'factors', factors: Array.from({ length: headSize / 2 }, () => rope.factor ?? 1) };
    case 'llama3':
      return {
        kind: 'llama3',
        factor: rope.factor ?? 8,
        lowFrequencyFactor: rope.low_freq_factor ?? 1,
        highFrequencyFactor: rope.high_freq_factor ?? 4,
        originalContext: rope.original_max_position_embeddings ?? 8192,
      };
    default:
      throw refuse(`rope scaling of type ${type}`);
  }
}

/** Parses a JSON file of a model. @throws LabError bad-file */
export function parseModelJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LabError('bad-file', `${name} is not JSON.`, 'Download the model again.', { cause });
  }
}
