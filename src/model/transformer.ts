/**
 * The decoder, defined once as calls of operations on symbolic tensors. Every plan (prefill, decode, scoring,
 * training) is made from it.
 */

import { attention } from '../engine/ops/attention';
import type { KeyCapacity } from '../engine/ops/attention-keys';
import { embedding } from '../engine/ops/embedding';
import { glu } from '../engine/ops/glu';
import { gatedLinear, type Linear, linear } from '../engine/ops/linear';
import type { Lora, LoraSegment } from '../engine/ops/lora';
import { rmsnorm } from '../engine/ops/rmsnorm';
import { type Heads, rope } from '../engine/ops/rope';
import type { Planner } from '../engine/planner';
import type { BoundTensor, Extent, Tensor } from '../engine/tensor';
import type { Weight } from '../engine/weight';
import { type AdapterLayout, STACKS, type StackName, stackShape } from './adapter-layout';
import { type Axis, toFour } from './axis';
import type { ModelConfig } from './config';
import { ropeColumns } from './rope-table';

/** The frozen model, as slots of a plan. */
export interface ModelWeights {
  readonly config: ModelConfig;
  readonly embedding: Weight;
  readonly head: Weight;
  readonly finalNorm: BoundTensor;
  readonly blocks: readonly BlockWeights[];
}

export interface BlockWeights {
  readonly attentionNorm: BoundTensor;
  readonly ffnNorm: BoundTensor;
  /** Norms after attention and MLP, before the residual sums. */
  readonly postNorms: { readonly attention: BoundTensor; readonly ffn: BoundTensor } | null;
  readonly qkvBias: BoundTensor | null;
  /** [2, D]: the weights of the norms for the heads of q and of k. */
  readonly qkNorm: BoundTensor | null;
  readonly stacks: Readonly<Record<StackName, Weight>>;
}

/** The flat buffers of the adapter as slots. `grad` is null in plans that do not train. */
export interface AdapterSlots {
  readonly layout: AdapterLayout;
  readonly parameters: Tensor;
  readonly grad: Tensor | null;
}

/** The rows of a batch: u32 [N] each, ranges [N, 4], visibleTo [R, 4]. See `attention`. */
export interface RowInputs {
  readonly tokens: Tensor;
  readonly positions: Tensor;
  readonly kvRows: Tensor;
  readonly ranges: Tensor;
  readonly visibleTo: Tensor | null;
  /**
   * (cos, sin) for each position, see rope-table.ts. Its size is not known here; batches are checked against it when
   * they are written.
   */
  readonly ropeTable: Tensor;
}

export interface TransformerOptions {
  readonly weights: ModelWeights;
  readonly adapter: AdapterSlots | null;
  readonly rows: RowInputs;
  /** The cache of each block [R, 2·KV·D]. Without a cache, the rows of the batch are the keys. */
  readonly cache?: readonly Tensor[];
  /** Most keys that a row sees. By default all that there are. */
  readonly longest?: KeyCapacity | undefined;
  /** Keys that a row sees on average, see `attention`. */
  readonly keys?: number | undefined;
  /** Number of rows, from the first, whose final hidden state is needed. */
  readonly scored: Extent;
  readonly checkpointing: boolean;
  /** Called with the hidden state before the first block and after each block. */
  readonly onHidden?: (hidden: Tensor) => void;
}

/** Returns the hidden states after the final norm [scored, C]. */
export function transformer(p: Planner, o: TransformerOptions): Tensor {
  const { config } = o.weights;
  let x = embedding(p, o.rows.tokens, o.weights.embedding, config.embeddingScale);
  o.onHidden?.(x);
  o.weights.blocks.forEach((block, layer) => {
    const body = (inp: Tensor) => transformerBlock(p, o, block, layer, inp);
    x = o.checkpointing ? p.checkpoint(x, body) : body(x);
    o.onHidden?.(x);
  });
  return rmsnorm(p, x, { weight: o.weights.finalNorm, ...normOf(config) }, o.scored);
}

/** Prefill needs only the keys and values of a prompt, so the last block ends with them. */
export function prefill(p: Planner, o: TransformerOptions & { cache: readonly Tensor[] }): void {
  const last = o.weights.blocks.length - 1;
  let x = embedding(p, o.rows.tokens, o.weights.embedding, o.weights.config.embeddingScale);
  o.weights.blocks.forEach((block, layer) => {
    if (layer < last) x = transformerBlock(p, o, block, layer, x);
    else projectRows(p, o, block, layer, x);
  });
}

/** The heads with their size on the device. */
export function paddedHeads({ heads, kvHeads, headSize }: ModelConfig): Heads {
  return { heads, kvHeads, headSize: toFour(headSize) };
}

function normOf({ eps, normOffset, hidden }: ModelConfig) {
  return { eps, offset: normOffset, size: hidden };
}

/**
 * The norm of x as the input of a product. Only a plan that generates leaves it to the product, which may compute it
 * in the same dispatch. The others do not fuse anything, so that scoring is equal to the forward pass of training to
 * the bit.
 */
function normedRows(p: Planner, o: TransformerOptions, x: Tensor, weight: BoundTensor): Pick<Linear, 'inp' | 'norm'> {
  const norm = { weight, ...normOf(o.weights.config) };
  return o.cache === undefined ? { inp: rmsnorm(p, x, norm) } : { inp: x, norm };
}

function transformerBlock(p: Planner, o: TransformerOptions, block: BlockWeights, layer: number, inp: Tensor): Tensor {
  const { config } = o.weights;
  const { postNorms } = block;
  /** x + f, or x + norm(f) in families with such norms. */
  const project = (x: Tensor, f: Tensor, stack: 'o' | 'down', post: BoundTensor | undefined) => {
    const inputs = { inp: f, weight: block.stacks[stack], lora: lora(o, layer, stack) };
    if (post === undefined) return linear(p, { ...inputs, residual: x });
    return rmsnorm(p, linear(p, inputs), { weight: post, ...normOf(config), residual: x });
  };
  const { q, kv } = projectRows(p, o, block, layer, inp);
  const { ranges, visibleTo } = o.rows;
  const view = { ranges, visibleTo, window: config.windows[layer] ?? null };
  const heads = paddedHeads(config);
  const seen = { longest: o.longest, keys: o.keys };
  const mixed = attention(p, { q, kv, ...view, ...seen, heads, scale: config.attentionScale });
  const attended = project(inp, mixed, 'o', postNorms?.attention);
  const normed = normedRows(p, o, attended, block.ffnNorm);
  const gateUp = { ...normed, weight: block.stacks.gateUp, lora: lora(o, layer, 'gateUp') };
  const unit =
    o.cache === undefined ? glu(p, linear(p, gateUp), config.activation) : gatedLinear(p, gateUp, config.activation);
  return project(attended, unit, 'down', postNorms?.ffn);
}

function projectRows(
  p: Planner,
  o: TransformerOptions,
  block: BlockWeights,
  layer: number,
  inp: Tensor,
): { q: Tensor; kv: Tensor } {
  const { config } = o.weights;
  const normed = normedRows(p, o, inp, block.attentionNorm);
  const qkv = linear(p, { ...normed, weight: block.stacks.qkv, bias: block.qkvBias, lora: lora(o, layer, 'qkv') });
  const { positions, kvRows, ropeTable } = o.rows;
  return rope(p, {
    qkv,
    positions,
    kvRows,
    table: { tensor: ropeTable, ...ropeColumns(config, config.windows[layer] !== null) },
    norm: block.qkNorm && { weight: block.qkNorm, eps: config.eps, offset: config.normOffset, size: config.headSize },
    heads: paddedHeads(config),
    kv: o.cache?.[layer],
  });
}

function lora({ adapter, weights }: TransformerOptions, layer: number, stack: StackName): Lora | null {
  const found = adapter?.layout.stacks.find((candidate) => candidate.layer === layer && candidate.stack === stack);
  if (!adapter || !found) return null;
  const { layout, parameters, grad } = adapter;
  const { outputs } = stackShape(weights.config, stack);
  let outStart = 0;
  const segments = STACKS[stack].map((module, i): LoraSegment => {
    const start = outStart;
    outStart += (outputs[i] as Axis).padded;
    const projection = found.projections.find((candidate) => candidate.module === module);
    return {
      outStart: start,
      outEnd: outStart,
      adapter: projection ? { hStart: projection.aRow, bStart: projection.bRow } : null,
    };
  });
  const a = { offset: found.aOffset * 4, bytes: found.totalRank * found.inputs.padded * 4 };
  const b = { offset: found.bOffset * 4, bytes: found.totalOutputs * layout.paddedRank * 4 };
  return {
    a: { tensor: parameters, ...a },
    b: { tensor: parameters, ...b },
    da: grad && { tensor: grad, ...a },
    db: grad && { tensor: grad, ...b },
    rank: layout.paddedRank,
    totalRank: found.totalRank,
    scale: layout.scale,
    segments,
  };
}
