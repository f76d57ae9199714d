/**
 * The layout of a LoRA adapter in one flat buffer. Projections that share an input are next to each other, so that
 * their factors A form one matrix. Ranks and widths are padded with zeros to multiples of four, and the gradient of
 * the padding is zero.
 */
import { Random } from '../lib/random';
import type { TargetModule } from '../recipe/recipe';
import { type Axis, headAxis, plainAxis, toFour } from './axis';
import type { ModelConfig } from './config';

export interface AdapterSpec {
  readonly rank: number;
  readonly alpha: number;
  readonly rsLora: boolean;
  readonly targetModules: readonly TargetModule[];
}

/** The stacked weights of a block, and the projections in each. */
export const STACKS = {
  qkv: ['q_proj', 'k_proj', 'v_proj'],
  o: ['o_proj'],
  gateUp: ['gate_proj', 'up_proj'],
  down: ['down_proj'],
} as const satisfies Record<string, readonly TargetModule[]>;
export type StackName = keyof typeof STACKS;

/** The inputs of a stack, and the outputs of each of its projections. */
export function stackShape(config: ModelConfig, stack: StackName): { inputs: Axis; outputs: readonly Axis[] } {
  const hidden = plainAxis(config.hidden);
  const q = headAxis(config.heads, config.headSize);
  const kv = headAxis(config.kvHeads, config.headSize);
  const ffn = plainAxis(config.ffn);
  switch (stack) {
    case 'qkv':
      return { inputs: hidden, outputs: [q, kv, kv] };
    case 'o':
      return { inputs: q, outputs: [hidden] };
    case 'gateUp':
      return { inputs: hidden, outputs: [ffn, ffn] };
    case 'down':
      return { inputs: ffn, outputs: [hidden] };
  }
}

export interface AdaptedProjection {
  readonly module: TargetModule;
  readonly outputs: Axis;
  /** First row of the projection in the A of the stack, and in its B. */
  readonly aRow: number;
  readonly bRow: number;
}

export interface AdaptedStack {
  readonly layer: number;
  readonly stack: StackName;
  readonly inputs: Axis;
  /** Offsets in the buffer, in floats. Multiples of 64, because bindings begin at multiples of 256 bytes. */
  readonly aOffset: number;
  readonly bOffset: number;
  /** Rows of A and of B. */
  readonly totalRank: number;
  readonly totalOutputs: number;
  readonly projections: readonly AdaptedProjection[];
}

export interface AdapterLayout {
  readonly spec: AdapterSpec;
  /** alpha / rank; with rsLoRA alpha / √rank. */
  readonly scale: number;
  readonly paddedRank: number;
  readonly stacks: readonly AdaptedStack[];
  /** Size of the buffer in floats. */
  readonly size: number;
}

export function adapterLayout(config: ModelConfig, spec: AdapterSpec): AdapterLayout {
  const paddedRank = toFour(spec.rank);
  const stacks: AdaptedStack[] = [];
  let offset = 0;
  const take = (floats: number) => {
    const start = offset;
    offset = Math.ceil((offset + floats) / 64) * 64;
    return start;
  };
  for (let layer = 0; layer < config.layers; layer++) {
    for (const stack of Object.keys(STACKS) as StackName[]) {
      const { inputs, outputs } = stackShape(config, stack);
      const projections: AdaptedProjection[] = [];
      let bRow = 0;
      STACKS[stack].forEach((module, i) => {
        if (!spec.targetModules.includes(module)) return;
        const rows = outputs[i] as Axis;
        projections.push({ module, outputs: rows, aRow: projections.length * paddedRank, bRow });
        bRow += rows.padded;
      });
      if (projections.length === 0) continue;
      const totalRank = projections.length * paddedRank;
      const aOffset = take(totalRank * inputs.padded);
      const bOffset = take(bRow * paddedRank);
      stacks.push({ layer, stack, inputs, aOffset, bOffset, totalRank, totalOutputs: bRow, projections });
    }
  }
  const scale = spec.alpha / (spec.rsLora ? Math.sqrt(spec.rank) : spec.rank);
  return { spec, scale, paddedRank, stacks, size: offset };
}

/** One LoRA matrix with PEFT's shape, and the location of its elements in the buffer. */
export interface AdapterMatrix {
  readonly layer: number;
  readonly module: TargetModule;
  readonly factor: 'A' | 'B';
  /** A: [rank, inputs]; B: [outputs, rank]. */
  readonly shape: readonly [number, number];
  readonly rows: Axis;
  readonly cols: Axis;
  /** Offset of element [0, 0] in the buffer, in floats. Rows are `cols.padded` long. */
  readonly start: number;
}

export function adapterMatrices({ spec, paddedRank, stacks }: AdapterLayout): AdapterMatrix[] {
  const rank = plainAxis(spec.rank);
  return stacks.flatMap(({ layer, inputs, aOffset, bOffset, projections }) =>
    projections.flatMap(({ module, outputs, aRow, bRow }): AdapterMatrix[] => {
      const matrix = { layer, module };
      const a = {
        shape: [spec.rank, inputs.size] as const,
        rows: rank,
        cols: inputs,
        start: aOffset + aRow * inputs.padded,
      };
      const b = {
        shape: [outputs.size, spec.rank] as const,
        rows: outputs,
        cols: rank,
        start: bOffset + bRow * paddedRank,
      };
      return [
        { ...matrix, factor: 'A', ...a },
        { ...matrix, factor: 'B', ...b },
      ];
    }),
  );
}

/**
 * Visits each run of elements that are contiguous in both: [from, from + length) of the matrix, starting at `at` in
 * the buffer.
 */
function eachRun(
  { rows, cols, start }: AdapterMatrix,
  visit: (from: number, at: number, length: number) => void,
): void {
  for (const row of rows.runs) {
    for (let i = row.first; i < row.end; i++) {
      const line = start + (row.at + i - row.first) * cols.padded;
      for (const { first, end, at } of cols.runs) visit(i * cols.size + first, line + at, end - first);
    }
  }
}

/** Copies one matrix out of the buffer, row-major. */
export function gatherMatrix(flat: Float32Array, matrix: AdapterMatrix): Float32Array<ArrayBuffer> {
  const out = new Float32Array(matrix.rows.size * matrix.cols.size);
  eachRun(matrix, (from, at, length) => out.set(flat.subarray(at, at + length), from));
  return out;
}

export function scatterMatrix(flat: Float32Array, matrix: AdapterMatrix, values: Float32Array): void {
  eachRun(matrix, (from, at, length) => flat.set(values.subarray(from, from + length), at));
}

/**
 * A new adapter, initialised like PEFT: A is kaiming-uniform(√5), that is U(±1/√inputs), and B is zero, so that the
 * adapter changes nothing yet.
 */
export function initialAdapter(layout: AdapterLayout, seed: number): Float32Array<ArrayBuffer> {
  const flat = new Float32Array(layout.size);
  for (const matrix of adapterMatrices(layout)) {
    if (matrix.factor === 'B') continue;
    const [rows, inputs] = matrix.shape;
    const random = new Random(seed, `lora ${matrix.layer} ${matrix.module}`);
    const bound = 1 / Math.sqrt(inputs);
    scatterMatrix(
      flat,
      matrix,
      Float32Array.from({ length: rows * inputs }, () => bound * (2 * random.float() - 1)),
    );
  }
  return flat;
}
