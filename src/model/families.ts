/** What an architecture sets beyond its config.json, and what its config.json leaves out. Families differ here and nowhere else. */
import type { Activation } from '../engine/ops/glu';

export interface Family {
  /** Biases on q, k and v. */
  readonly qkvBias: boolean;
  /** RMS norms over each head of q and k, before the rotation. */
  readonly qkNorm: boolean;
  /** Norms behind attention and MLP, before the residual sum. */
  readonly postNorms: boolean;
  /** Added to norm weights. */
  readonly normOffset: 0 | 1;
  /** Embeddings are multiplied by √hidden. */
  readonly scaledEmbedding: boolean;
  readonly activation: Activation;
  /** Which layers have a sliding window. */
  readonly windows: 'none' | 'all' | 'from max_window_layers' | 'pattern';
  /** What transformers takes where config.json is silent. */
  readonly defaults: {
    readonly tied: boolean;
    readonly ropeTheta: number;
    /** Rotary base of layers with a window; null: that of the others. */
    readonly localRopeTheta: number | null;
    /** null: hidden size / heads. */
    readonly headSize: number | null;
    readonly slidingWindow: number;
    /** null: the head size. */
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
