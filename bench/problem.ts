/**
 * The work of the benchmark, equal for every contender: a frozen 4-layer Llama with tokens and a LoRA adapter, and two
 * matrix products. All values are generated from one seed.
 */

import { at } from '../src/lib/assert';
import { Random } from '../src/lib/random';
import { TARGET_MODULES, type TargetModule } from '../src/recipe/recipe';

export interface Tensor {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float32Array<ArrayBuffer>;
}

/** A small Llama. Queries and keys have the same number of heads, and the output head is tied to the embedding. */
export const MODEL = {
  layers: 4,
  channels: 128,
  heads: 4,
  headSize: 32,
  hidden: 384,
  vocabulary: 1024,
  ropeTheta: 10_000,
  epsilon: 1e-5,
} as const;
export const BATCH = 4;
export const SEQUENCE = 128;
export const LORA = { rank: 16, alpha: 32 } as const;
export const ADAM = { learningRate: 1e-3, beta1: 0.9, beta2: 0.95, epsilon: 1e-8 } as const;
/** Number of next-token targets. The last token of a sequence has none. */
export const TARGETS = BATCH * (SEQUENCE - 1);

/** Shape [out, in] of each projection. */
export const PROJECTIONS: Readonly<Record<TargetModule, readonly [number, number]>> = {
  q_proj: [MODEL.channels, MODEL.channels],
  k_proj: [MODEL.channels, MODEL.channels],
  v_proj: [MODEL.channels, MODEL.channels],
  o_proj: [MODEL.channels, MODEL.channels],
  gate_proj: [MODEL.hidden, MODEL.channels],
  up_proj: [MODEL.hidden, MODEL.channels],
  down_proj: [MODEL.channels, MODEL.hidden],
};

/** Name of a projection in transformers, without `.weight`. */
export function projectionName(layer: number, module: TargetModule): string {
  const parent = module === 'gate_proj' || module === 'up_proj' || module === 'down_proj' ? 'mlp' : 'self_attn';
  return `model.layers.${layer}.${parent}.${module}`;
}

export interface Problem {
  /** Frozen weights by their names in transformers. Projections are [out, in]. */
  readonly weights: ReadonlyMap<string, Tensor>;
  /**
   * Trained weights by their names in PEFT: A [rank, in] and B [out, rank]. B is not zero, so that no gradient
   * vanishes in the first step.
   */
  readonly adapter: ReadonlyMap<string, Tensor>;
  /** [BATCH, SEQUENCE], row-major. */
  readonly tokens: Int32Array<ArrayBuffer>;
  /** Rotary tables [SEQUENCE, headSize] in transformers' layout: both halves of a row are equal. */
  readonly cos: Float32Array<ArrayBuffer>;
  readonly sin: Float32Array<ArrayBuffer>;
  /** [512, 512] · [512, 512] */
  readonly matmul: readonly [Tensor, Tensor];
  /** Weight [4096, 1024] · vector [1024] */
  readonly matvec: readonly [Tensor, Tensor];
}

/** @param deviation standard deviation of the uniform distribution around 0 */
function uniform(random: Random, shape: readonly number[], deviation: number): Tensor {
  const bound = deviation * Math.sqrt(3);
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  for (let i = 0; i < data.length; i++) data[i] = (2 * random.float() - 1) * bound;
  return { shape, data };
}

function ropeTables(): { cos: Float32Array<ArrayBuffer>; sin: Float32Array<ArrayBuffer> } {
  const { headSize, ropeTheta } = MODEL;
  const cos = new Float32Array(SEQUENCE * headSize);
  const sin = new Float32Array(SEQUENCE * headSize);
  for (let t = 0; t < SEQUENCE; t++) {
    for (let d = 0; d < headSize; d++) {
      const angle = t * ropeTheta ** (-(2 * (d % (headSize / 2))) / headSize);
      cos[t * headSize + d] = Math.cos(angle);
      sin[t * headSize + d] = Math.sin(angle);
    }
  }
  return { cos, sin };
}

/** Names of A and B of one projection. */
export function loraNames(layer: number, module: TargetModule): readonly [a: string, b: string] {
  const name = `base_model.model.${projectionName(layer, module)}`;
  return [`${name}.lora_A.weight`, `${name}.lora_B.weight`];
}

export function makeProblem(seed = 1): Problem {
  const random = new Random(seed, 'benchmark');
  const { channels, vocabulary } = MODEL;
  const weights = new Map<string, Tensor>();
  const adapter = new Map<string, Tensor>();
  const norm = (name: string) => {
    const scale = uniform(random, [channels], 0.1);
    weights.set(name, { ...scale, data: scale.data.map((x) => 1 + x) });
  };
  weights.set('model.embed_tokens.weight', uniform(random, [vocabulary, channels], 0.1));
  for (let layer = 0; layer < MODEL.layers; layer++) {
    norm(`model.layers.${layer}.input_layernorm.weight`);
    norm(`model.layers.${layer}.post_attention_layernorm.weight`);
    for (const module of TARGET_MODULES) {
      const [out, inp] = PROJECTIONS[module];
      const [a, b] = loraNames(layer, module);
      weights.set(`${projectionName(layer, module)}.weight`, uniform(random, [out, inp], 1 / Math.sqrt(inp)));
      adapter.set(a, uniform(random, [LORA.rank, inp], 1 / Math.sqrt(3 * inp)));
      adapter.set(b, uniform(random, [out, LORA.rank], 0.02));
    }
  }
  norm('model.norm.weight');
  return {
    weights,
    adapter,
    tokens: Int32Array.from({ length: BATCH * SEQUENCE }, () => random.below(vocabulary)),
    ...ropeTables(),
    matmul: [uniform(random, [512, 512], 1), uniform(random, [512, 512], 1)],
    matvec: [uniform(random, [4096, 1024], 1), uniform(random, [1024], 1)],
  };
}

/** One-hot next tokens [BATCH · SEQUENCE, vocabulary]. All zero for a row without a next token. */
export function oneHotTargets(tokens: Int32Array): Float32Array<ArrayBuffer> {
  const targets = new Float32Array(tokens.length * MODEL.vocabulary);
  for (let row = 0; row < tokens.length; row++) {
    if (row % SEQUENCE < SEQUENCE - 1) targets[row * MODEL.vocabulary + at(tokens, row + 1)] = 1;
  }
  return targets;
}

export function weightOf<T>(weights: ReadonlyMap<string, T>, name: string): T {
  const weight = weights.get(name);
  if (weight === undefined) throw new Error(`The benchmark's model has no ${name}.`);
  return weight;
}
