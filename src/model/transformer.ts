/** The decoder, written once as calls of operations on symbolic tensors; every plan (prefill, decode, scoring, training) is made of it. */

import { attention } from '../engine/ops/attention';
import { embedding } from '../engine/ops/embedding';
import { glu } from '../engine/ops/glu';
import { linear } from '../engine/ops/linear';
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
  /** Behind attention and MLP, before the residual sums. */
  readonly postNorms: { readonly attention: BoundTensor; readonly ffn: BoundTensor } | null;
  readonly qkvBias: BoundTensor | null;
  /** [2, D]: the norms of q's heads and of k's. */
  readonly qkNorm: BoundTensor | null;
  readonly stacks: Readonly<Record<StackName, Weight>>;
}

/** The adapter's flat buffers, as slots; `grad` where the plan trains. */
export interface AdapterSlots {
  readonly layout: AdapterLayout;
  readonly parameters: Tensor;
  readonly grad: Tensor | null;
}

/** What the rows of a batch are: u32 [N] each (ranges [N, 4], visibleTo [R, 4]); see `attention`. */
export interface RowInputs {
  readonly tokens: Tensor;
  readonly positions: Tensor;
  readonly kvRows: Tensor;
  readonly ranges: Tensor;
  readonly visibleTo: Tensor | null;
  /** (cos, sin) by position, of rope-table.ts. */
  readonly ropeTable: Tensor;
}

export interface TransformerOptions {
  readonly weights: ModelWeights;
  readonly adapter: AdapterSlots | null;
  readonly rows: RowInputs;
  /** The cache of each block [R, 2·KV·D]; without one, the batch's own rows are the keys. */
  readonly cache?: readonly Tensor[];
  /** Rows whose final hidden state is wanted: the first of N. */
  readonly scored: Extent;
  readonly checkpointing: boolean;
  /** Sees the hidden state before the first block and after each. */
  readonly onHidden?: (hidden: Tensor) => void;
}

/** → the final, normed hidden states [scored, C]. */
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

/** The keys and values of a prompt are all that prefill leaves behind: the last block ends with them. */
export function prefill(p: Planner, o: TransformerOptions & { cache: readonly Tensor[] }): void {
  const last = o.weights.blocks.length - 1;
  let x = embedding(p, o.rows.tokens, o.weights.embedding, o.weights.config.embeddingScale);
  o.weights.blocks.forEach((block, layer) => {
    if (layer < last) x = transformerBlock(p, o, block, layer, x);
    else projectRows(p, o, block, layer, x);
  });
}

/** Heads as the device has them. */
export function paddedHeads({ heads, kvHeads, headSize }: ModelConfig): Heads {
  return { heads, kvHeads, headSize: toFour(headSize) };
}

function normOf({ eps, normOffset, hidden }: ModelConfig) {
  return { eps, offset: normOffset, size: hidden };
}

function transformerBlock(p: Planner, o: TransformerOptions, block: BlockWeights, layer: number, inp: Tensor): Tensor {
  const { config } = o.weights;
  const { postNorms } = block;
  /** x + f, or x + norm(f) where the family has such norms. */
  const project = (x: Tensor, f: Tensor, stack: 'o' | 'down', post: BoundTensor | undefined) => {
    const inputs = { inp: f, weight: block.stacks[stack], lora: lora(o, layer, stack) };
    if (post === undefined) return linear(p, { ...inputs, residual: x });
    return rmsnorm(p, linear(p, inputs), { weight: post, ...normOf(config), residual: x });
  };
  const { q, kv } = projectRows(p, o, block, layer, inp);
  const { ranges, visibleTo } = o.rows;
  const view = { ranges, visibleTo, window: config.windows[layer] ?? null };
  const mixed = attention(p, { q, kv, ...view, heads: paddedHeads(config), scale: config.attentionScale });
  const attended = project(inp, mixed, 'o', postNorms?.attention);
  const normed = rmsnorm(p, attended, { weight: block.ffnNorm, ...normOf(config) });
  const gateUp = linear(p, { inp: normed, weight: block.stacks.gateUp, lora: lora(o, layer, 'gateUp') });
  return project(attended, glu(p, gateUp, config.activation), 'down', postNorms?.ffn);
}

function projectRows(
  p: Planner,
  o: TransformerOptions,
  block: BlockWeights,
  layer: number,
  inp: Tensor,
): { q: Tensor; kv: Tensor } {
  const { config } = o.weights;
  const normed = rmsnorm(p, inp, { weight: block.attentionNorm, ...normOf(config) });
  const qkv = linear(p, { inp: normed, weight: block.stacks.qkv, bias: block.qkvBias, lora: lora(o, layer, 'qkv') });
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
