/** The golden models for unit tests in Node, read without the parsers under test. */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import type { Pairs } from '../src/reference/pairs';
import type { Adapter, Architecture } from '../src/reference/transformer';

const GOLDEN = new URL('./golden/models/', import.meta.url);

const HeaderSchema = v.record(
  v.string(),
  v.object({
    dtype: v.picklist(['F32', 'I32']),
    shape: v.array(v.number()),
    data_offsets: v.tuple([v.number(), v.number()]),
  }),
);

/** All tensors of a safetensors file as f64. */
export function readTensors(path: string): Map<string, Float64Array> {
  const bytes = new Uint8Array(readFileSync(new URL(path, GOLDEN)));
  const dataStart = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const { __metadata__, ...header } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, dataStart)));
  return new Map(
    Object.entries(v.parse(HeaderSchema, header)).map(
      ([
        name,
        {
          dtype,
          data_offsets: [begin, end],
        },
      ]) => {
        const data = bytes.slice(dataStart + begin, dataStart + end).buffer;
        return [name, Float64Array.from(dtype === 'F32' ? new Float32Array(data) : new Int32Array(data))];
      },
    ),
  );
}

export function readJson<T extends v.GenericSchema>(path: string, schema: T): v.InferOutput<T> {
  return v.parse(schema, JSON.parse(readFileSync(new URL(path, GOLDEN), 'utf8')));
}

const RopeSchema = v.object({
  rope_theta: v.number(),
  factor: v.optional(v.number(), 1),
  low_freq_factor: v.optional(v.number()),
  high_freq_factor: v.optional(v.number()),
  original_max_position_embeddings: v.optional(v.number()),
});

/** The fields of config.json (transformers 5) that all families share, and those in which they differ. */
const ConfigSchema = v.object({
  model_type: v.string(),
  num_hidden_layers: v.number(),
  hidden_size: v.number(),
  num_attention_heads: v.number(),
  num_key_value_heads: v.number(),
  head_dim: v.optional(v.number()),
  intermediate_size: v.number(),
  rms_norm_eps: v.number(),
  rope_parameters: v.union([RopeSchema, v.object({ full_attention: RopeSchema, sliding_attention: RopeSchema })]),
  layer_types: v.optional(v.array(v.picklist(['full_attention', 'sliding_attention']))),
  sliding_window: v.nullish(v.number()),
  query_pre_attn_scalar: v.optional(v.number()),
});

/**
 * θ^(−2i/D); with Llama 3's scaling, wavelengths above the original context are stretched by `factor`, those between
 * blended.
 */
function inverseFrequencies(rope: v.InferOutput<typeof RopeSchema>, D: number): Float64Array {
  const {
    rope_theta,
    factor,
    low_freq_factor: low = 1,
    high_freq_factor: high = 2,
    original_max_position_embeddings: context,
  } = rope;
  return Float64Array.from({ length: D / 2 }, (_, i) => {
    const frequency = rope_theta ** ((-2 * i) / D);
    if (context === undefined) return frequency;
    const turns = (context * frequency) / (2 * Math.PI);
    const smooth = Math.min(1, Math.max(0, (turns - low) / (high - low)));
    return smooth * frequency + ((1 - smooth) * frequency) / factor;
  });
}

export function readArchitecture(model: string): Architecture {
  const config = readJson(`${model}/config.json`, ConfigSchema);
  const gemma = config.model_type === 'gemma3_text';
  const D = config.head_dim ?? config.hidden_size / config.num_attention_heads;
  const layers = config.num_hidden_layers;
  const types = Array.from({ length: layers }, (_, layer) => config.layer_types?.[layer] ?? 'full_attention');
  const ropes = config.rope_parameters;
  return {
    layers,
    C: config.hidden_size,
    H: config.num_attention_heads,
    KV: config.num_key_value_heads,
    D,
    F: config.intermediate_size,
    eps: config.rms_norm_eps,
    normOffset: gemma ? 1 : 0,
    embeddingScale: gemma ? Math.sqrt(config.hidden_size) : 1,
    attentionScale: 1 / Math.sqrt(config.query_pre_attn_scalar ?? D),
    activation: gemma ? 'gelu_tanh' : 'silu',
    frequencies: types.map((type) => inverseFrequencies('rope_theta' in ropes ? ropes : ropes[type], D)),
    windows: types.map((type) => (type === 'sliding_attention' ? (config.sliding_window ?? Infinity) : Infinity)),
  };
}

/** A folder as PEFT's save_pretrained writes it. */
export function readAdapter(path: string): Adapter {
  const schema = v.object({ r: v.number(), lora_alpha: v.number(), use_rslora: v.boolean() });
  const { r: rank, lora_alpha, use_rslora } = readJson(`${path}/adapter_config.json`, schema);
  const tensors = [...readTensors(`${path}/adapter_model.safetensors`)];
  const matrices = (matrix: 'A' | 'B') =>
    new Map(
      tensors
        .filter(([name]) => name.endsWith(`.lora_${matrix}.weight`))
        .map(([name, values]) => [
          name.replace('base_model.model.', '').replace(`.lora_${matrix}.weight`, ''),
          values,
        ]),
    );
  return { rank, scale: lora_alpha / (use_rslora ? Math.sqrt(rank) : rank), a: matrices('A'), b: matrices('B') };
}

export type Tensors = ReadonlyMap<string, Float64Array>;

export function tensor(tensors: Tensors, name: string): Float64Array {
  const values = tensors.get(name);
  if (!values) throw new Error(`no golden tensor ${name}`);
  return values;
}

/** A right-padded batch without its padding. */
export function readSequences(tensors: Tensors, rows: number, batch = ''): number[][] {
  const ids = tensor(tensors, `${batch}input_ids`);
  const mask = tensor(tensors, `${batch}attention_mask`);
  const T = ids.length / rows;
  return Array.from({ length: rows }, (_, b) =>
    [...ids.subarray(b * T, (b + 1) * T)].filter((_, t) => mask[b * T + t] === 1),
  );
}

/** The three pairs of a dpo.safetensors, or of its second batch (`micro2.`). */
export function readPairs(tensors: Tensors, batch: '' | 'micro2.' = ''): Pairs {
  const sequences = readSequences(tensors, 6, batch);
  const mask = tensor(tensors, `${batch}completion_mask`);
  const T = mask.length / 6;
  const parts = (kept: 0 | 1): number[][] =>
    sequences.map((tokens, b) => tokens.filter((_, t) => mask[b * T + t] === kept));
  return { prompts: parts(0).slice(0, 3), chosen: parts(1).slice(0, 3), rejected: parts(1).slice(3) };
}
