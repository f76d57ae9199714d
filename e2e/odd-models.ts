/** Models of odd sizes with random weights, for the engine and for the twins: no width is a multiple of four. */
import { bf16Bits, f16Bits } from '../src/engine/testing/test-lab';
import { MemorySource } from '../src/formats/byte-source';
import { type PeftAdapter, tensorName } from '../src/formats/peft';
import { openSafetensors, writeSafetensors } from '../src/formats/safetensors';
import type { SafetensorsDtype, TensorFile } from '../src/formats/tensor-file';
import { Rng } from '../src/lib/testing/rng';
import { type ModelConfig, parseConfig } from '../src/model/config';
import { TARGET_MODULES } from '../src/recipe/recipe';
import type { Adapter, Architecture } from '../src/reference/transformer';

export interface Odd {
  readonly architecture: string;
  readonly dtype: 'F32' | 'F16' | 'BF16';
  /** Largest binding in bytes. Larger weights are split into parts. */
  readonly binding: number;
  readonly sizes: Pick<Architecture, 'C' | 'H' | 'KV' | 'D' | 'F'> & { readonly V: number };
  readonly tied: boolean;
  readonly more: Readonly<Record<string, unknown>>;
  /** By layer, the window that is passed to the twin. */
  readonly windows: readonly number[];
  readonly thetas: readonly number[];
}

export const ODD: readonly Odd[] = [
  {
    ...{ architecture: 'LlamaForCausalLM', dtype: 'BF16', binding: 2 ** 13, tied: false },
    sizes: { C: 75, H: 6, KV: 3, D: 18, F: 203, V: 333 },
    more: { rope_theta: 10_000, torch_dtype: 'bfloat16' },
    ...{ windows: [Infinity], thetas: [10_000] },
  },
  {
    ...{ architecture: 'MistralForCausalLM', dtype: 'F32', binding: 2 ** 27, tied: false },
    sizes: { C: 50, H: 3, KV: 1, D: 14, F: 63, V: 101 },
    more: { rope_parameters: { rope_theta: 5_000, rope_type: 'default' }, sliding_window: 3 },
    ...{ windows: [3, 3], thetas: [5_000, 5_000] },
  },
  {
    ...{ architecture: 'Qwen2ForCausalLM', dtype: 'F16', binding: 2 ** 27, tied: true },
    sizes: { C: 66, H: 6, KV: 3, D: 22, F: 150, V: 157 },
    more: { rope_theta: 1_000_000, use_sliding_window: true, sliding_window: 5, max_window_layers: 1 },
    ...{ windows: [Infinity, 5], thetas: [1_000_000, 1_000_000] },
  },
  {
    ...{ architecture: 'Qwen3ForCausalLM', dtype: 'F32', binding: 2 ** 14, tied: true },
    sizes: { C: 90, H: 4, KV: 2, D: 10, F: 98, V: 331 },
    more: { rope_theta: 1_000_000, sliding_window: null },
    ...{ windows: Array(5).fill(Infinity), thetas: Array(5).fill(1_000_000) },
  },
  {
    ...{ architecture: 'Gemma3ForCausalLM', dtype: 'BF16', binding: 2 ** 27, tied: true },
    sizes: { C: 78, H: 3, KV: 1, D: 26, F: 101, V: 222 },
    more: {
      rope_theta: 100_000,
      rope_local_base_freq: 500,
      sliding_window: 4,
      sliding_window_pattern: 2,
      query_pre_attn_scalar: 33,
    },
    ...{ windows: [4, Infinity, 4], thetas: [500, 100_000, 500] },
  },
];

export interface Made {
  readonly odd: Odd;
  readonly config: ModelConfig;
  readonly file: TensorFile;
  readonly twin: Architecture;
  readonly weights: ReadonlyMap<string, Float64Array>;
  readonly peft: PeftAdapter;
  readonly adapter: Adapter;
}

export async function makeOdd(odd: Odd): Promise<Made> {
  const { C, H, KV, D, F, V } = odd.sizes;
  const gemma = odd.architecture.startsWith('Gemma');
  const layers = odd.windows.length;
  const rng = new Rng(C, V);
  const projections: Readonly<Record<string, readonly [number, number]>> = {
    ...{ q_proj: [H * D, C], k_proj: [KV * D, C], v_proj: [KV * D, C], o_proj: [C, H * D] },
    ...{ gate_proj: [F, C], up_proj: [F, C], down_proj: [C, F] },
  };
  const shapes = new Map<string, readonly number[]>([
    ['model.embed_tokens.weight', [V, C]],
    ['model.norm.weight', [C]],
    ...(odd.tied ? [] : [['lm_head.weight', [V, C]] as const]),
  ]);
  for (let layer = 0; layer < layers; layer++) {
    const add = (name: string, shape: readonly number[]) => shapes.set(`model.layers.${layer}.${name}`, shape);
    for (const [module, shape] of Object.entries(projections)) {
      add(`${'qkvo'.includes(module[0] as string) ? 'self_attn' : 'mlp'}.${module}.weight`, shape);
    }
    for (const norm of ['input', 'post_attention', ...(gemma ? ['pre_feedforward', 'post_feedforward'] : [])]) {
      add(`${norm}_layernorm.weight`, [C]);
    }
    if (odd.architecture.startsWith('Qwen2')) {
      for (const [module, size] of [['q', H * D] as const, ['k', KV * D] as const, ['v', KV * D] as const]) {
        add(`self_attn.${module}_proj.bias`, [size]);
      }
    }
    if (gemma || odd.architecture.startsWith('Qwen3')) for (const x of 'qk') add(`self_attn.${x}_norm.weight`, [D]);
  }
  const weights = new Map<string, Float64Array>();
  for (const [name, shape] of shapes) {
    // k/64 by a power of two, or 1 + k/128: every storage type holds it.
    const scale =
      name.includes('embed') && gemma ? 1 / 16 : shape.length === 2 ? 2 ** -Math.round(Math.log2(C) / 2) : 1 / 2;
    const middle = name.includes('norm') && !gemma ? 1 : 0;
    const size = shape.reduce((product, n) => product * n, 1);
    weights.set(
      name,
      Float64Array.from(
        { length: size },
        () => middle + ((rng.integer(127) - 63) / 64) * scale * (shape.length === 2 ? 2 : 1),
      ),
    );
  }
  const peft: PeftAdapter = {
    config: { rank: 3, alpha: 6, rsLora: false, baseModel: 'odd' },
    tensors: Array.from({ length: layers }, (_, layer) =>
      TARGET_MODULES.flatMap((module) =>
        (['A', 'B'] as const).map((matrix) => {
          const [outputs, inputs] = projections[module] as readonly [number, number];
          const shape = matrix === 'A' ? ([3, inputs] as const) : ([outputs, 3] as const);
          const scale = matrix === 'A' ? 1 / Math.sqrt(inputs) : 0.1;
          const values = Float32Array.from({ length: shape[0] * shape[1] }, () => scale * rng.normal());
          return { layer, module, matrix, shape, values };
        }),
      ),
    ).flat(),
  };
  const factor = (matrix: 'A' | 'B') =>
    new Map(
      peft.tensors
        .filter((tensor) => tensor.matrix === matrix)
        .map(({ layer, module, values }) => [moduleOf(layer, module), Float64Array.from(values)]),
    );
  return {
    odd,
    config: parseConfig({
      architectures: [odd.architecture],
      ...{ num_hidden_layers: layers, hidden_size: C, intermediate_size: F, vocab_size: V, head_dim: D },
      ...{ num_attention_heads: H, num_key_value_heads: KV, max_position_embeddings: 64, rms_norm_eps: 1e-5 },
      ...{ tie_word_embeddings: odd.tied, ...odd.more },
    }),
    file: await stored(odd.dtype, shapes, weights),
    twin: {
      ...{ layers, C, H, KV, D, F, eps: 1e-5, normOffset: gemma ? 1 : 0, embeddingScale: gemma ? Math.sqrt(C) : 1 },
      attentionScale: 1 / Math.sqrt(gemma ? 33 : D),
      activation: gemma ? 'gelu_tanh' : 'silu',
      frequencies: odd.thetas.map((theta) => Float64Array.from({ length: D / 2 }, (_, i) => theta ** ((-2 * i) / D))),
      windows: odd.windows,
    },
    weights,
    peft,
    adapter: { rank: 3, scale: 2, a: factor('A'), b: factor('B') },
  };
}

/** Name of an adapted projection in the twins. */
export const moduleOf = (layer: number, module: PeftAdapter['tensors'][number]['module']) =>
  tensorName(layer, module, 'A').replace('base_model.model.', '').replace('.lora_A.weight', '');

function stored(
  dtype: Extract<SafetensorsDtype, 'F32' | 'F16' | 'BF16'>,
  shapes: ReadonlyMap<string, readonly number[]>,
  weights: ReadonlyMap<string, Float64Array>,
): Promise<TensorFile> {
  const entries = [...weights].map(([name, values]) => {
    const array =
      dtype === 'F32' ? Float32Array.from(values) : Uint16Array.from(values, dtype === 'F16' ? f16Bits : bf16Bits);
    return [name, { dtype, shape: shapes.get(name) ?? [], bytes: new Uint8Array(array.buffer) }] as const;
  });
  return openSafetensors(new MemorySource('model.safetensors', writeSafetensors(new Map(entries))));
}
