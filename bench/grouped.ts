/**
 * The problem in a layout that suits a library without a compiler, with equal results: projections of the same input
 * are one product, and the adapters of all layers are in one tensor, so that AdamW updates 8 tensors instead of 56.
 */
import type { TargetModule } from '../src/recipe/recipe';
import { LORA, loraNames, MODEL, PROJECTIONS, type Problem, projectionName, type Tensor, weightOf } from './problem';

export const GROUPS = {
  qkv: ['q_proj', 'k_proj', 'v_proj'],
  o: ['o_proj'],
  gateUp: ['gate_proj', 'up_proj'],
  down: ['down_proj'],
} as const satisfies Record<string, readonly TargetModule[]>;
export type Group = keyof typeof GROUPS;
export const GROUP_NAMES = ['qkv', 'o', 'gateUp', 'down'] as const satisfies readonly Group[];

export interface GroupTensors {
  /** For each layer [out, in]: the rows of the projections, stacked. */
  readonly weights: readonly Tensor[];
  /** [layers, n·rank, in] */
  readonly a: Tensor;
  /** [layers, out, n·rank], block-diagonal: each projection reads only its own rank columns. */
  readonly b: Tensor;
  /** [out, n·rank], 1 in B's blocks and 0 elsewhere. Null for a group of one projection. */
  readonly mask: Tensor | null;
}

function concatenated(tensors: readonly Tensor[], shape: readonly number[]): Tensor {
  const data = new Float32Array(shape.reduce((x, y) => x * y, 1));
  let offset = 0;
  for (const tensor of tensors) {
    data.set(tensor.data, offset);
    offset += tensor.data.length;
  }
  return { shape, data };
}

/** @param blocks each [rows, rank] @returns [sum of rows, blocks · rank], row-major */
function blockDiagonal(blocks: readonly Tensor[]): Tensor {
  const width = blocks.length * LORA.rank;
  const height = blocks.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  const data = new Float32Array(height * width);
  let row = 0;
  for (const [n, block] of blocks.entries()) {
    for (let start = 0; start < block.data.length; start += LORA.rank) {
      data.set(block.data.subarray(start, start + LORA.rank), row++ * width + n * LORA.rank);
    }
  }
  return { shape: [height, width], data };
}

export function grouped({ weights, adapter }: Problem, group: Group): GroupTensors {
  const modules: readonly TargetModule[] = GROUPS[group];
  const layers = Array.from({ length: MODEL.layers }, (_, layer) => layer);
  const out = modules.reduce((sum, module) => sum + PROJECTIONS[module][0], 0);
  const [, inp] = PROJECTIONS[GROUPS[group][0]];
  const width = modules.length * LORA.rank;
  const ofLayer = (layer: number, which: 0 | 1): Tensor[] =>
    modules.map((module) => weightOf(adapter, loraNames(layer, module)[which]));
  const ones = modules.map((module): Tensor => {
    const rows = PROJECTIONS[module][0];
    return { shape: [rows, LORA.rank], data: new Float32Array(rows * LORA.rank).fill(1) };
  });
  return {
    weights: layers.map((layer) =>
      concatenated(
        modules.map((module) => weightOf(weights, `${projectionName(layer, module)}.weight`)),
        [out, inp],
      ),
    ),
    a: concatenated(
      layers.flatMap((layer) => ofLayer(layer, 0)),
      [MODEL.layers, width, inp],
    ),
    b: concatenated(
      layers.map((layer) => blockDiagonal(ofLayer(layer, 1))),
      [MODEL.layers, out, width],
    ),
    mask: modules.length > 1 ? blockDiagonal(ones) : null,
  };
}
