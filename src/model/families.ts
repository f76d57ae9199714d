/**
 * The fields that each architecture adds to its config.json, and the defaults of the fields that config.json may
 * omit. Families differ only here.
 */
import type { Activation } from '../engine/ops/glu';

export interface Family {
  /** True if q, k and v have biases. */
  readonly qkvBias: boolean;
  /** True if each head of q and k has an RMS norm before the rotation. */
  readonly qkNorm: boolean;
  /** True if attention and MLP have norms after them, before the residual sum. */
  readonly postNorms: boolean;
  /** Added to norm weights. */
  readonly normOffset: 0 | 1;
  /** True if embeddings are multiplied by √hidden. */
  readonly scaledEmbedding: boolean;
  readonly activation: Activation;
  /** Which layers have a sliding window. */
  readonly windows: 'none' | 'all' | 'from max_window_layers' | 'pattern';
  /** The defaults of transformers where config.json has no value. */
  readonly defaults: {
    readonly tied: boolean;
    readonly ropeTheta: number;
    /** Rotary base of the layers with a window. Null: the same as the other layers. */
    readonly localRopeTheta: number | null;
    /** Null: hidden size / heads. */
    readonly headSize: number | null;
    readonly slidingWindow: number;
    /** Null: the head size. */
    readonly queryScalar: number | null;
  };
}

const LLAMA: Family = {
  qkvBias: false,
  qkNorm: false,
  postNorms: false,
  normOffset: 0,
  scaledEmbedding: false,
  activation: 'silu',
  windows: 'none',
  defaults: {
    tied: false,
    ropeTheta: 10_000,
    localRopeTheta: null,
    headSize: null,
    slidingWindow: 4096,
    queryScalar: null,
  },
};

export const FAMILIES: ReadonlyMap<string, Family> = new Map<string, Family>([
  ['LlamaForCausalLM', LLAMA],
  ['MistralForCausalLM', { ...LLAMA, windows: 'all' }],
  ['Qwen2ForCausalLM', { ...LLAMA, qkvBias: true, windows: 'from max_window_layers' }],
  [
    'Qwen3ForCausalLM',
    { ...LLAMA, qkNorm: true, windows: 'from max_window_layers', defaults: { ...LLAMA.defaults, headSize: 128 } },
  ],
  [
    'Gemma3ForCausalLM',
    {
      qkvBias: false,
      qkNorm: true,
      postNorms: true,
      normOffset: 1,
      scaledEmbedding: true,
      activation: 'gelu_tanh',
      windows: 'pattern',
      defaults: {
        tied: true,
        ropeTheta: 1_000_000,
        localRopeTheta: 10_000,
        headSize: 256,
        slidingWindow: 4096,
        queryScalar: 256,
      },
    },
  ],
]);
