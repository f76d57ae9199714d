/**
 * Where the tensors of a LoRA adapter stand in its one flat buffer: projections that share an input are neighbours, so that
 * their A is one matrix. Ranks are padded with zeros to a multiple of four; the padding's gradient is zero.
 */
import type { TargetModule } from '../recipe/recipe';
import type { ModelConfig } from './config';

export interface AdapterSpec {
  readonly rank: number;
  readonly alpha: number;
  readonly rsLora: boolean;
  readonly targetModules: readonly TargetModule[];
}

/** Stacked weights of a block, with the projections in each. */
export const STACKS = {
  qkv: ['q_proj', 'k_proj', 'v_proj'],
  o: ['o_proj'],
  gateUp: ['gate_proj', 'up_proj'],
  down: ['down_proj'],
} as const satisfies Record<string, readonly TargetModule[]>;
export type StackName = keyof typeof STACKS;

/** Inputs of a stack and outputs of each of its projections. */
export function stackShape(config: ModelConfig, stack: StackName): { inputs: number; outputs: readonly number[] } {
  const q = config.heads * config.headSize;
  const kv = config.kvHeads * config.headSize;
  switch (stack) {
    case 'qkv':
      return { inputs: config.hidden, outputs: [q, kv, kv] };
    case 'o':
      return { inputs: q, outputs: [config.hidden] };
    case 'gateUp':
      return { inputs: config.hidden, outputs: [config.ffn, config.ffn] };
    case 'down':
      return { inputs: config.ffn, outputs: [config.hidden] };
  }
}

export interface AdaptedProjection {
  readonly module: TargetModule;
  readonly outputs: number;
  /** First row of the projection in the stack's A, and in its B. */
  readonly aRow: number;
  readonly bRow: number;
}

export interface AdaptedStack {
  readonly layer: number;
  readonly stack: StackName;
  readonly inputs: number;
  /** Floats from the buffer's start; multiples of 64 (256 bytes, as bindings need). */
  readonly aOffset: number;
  readonly bOffset: number;
  /** Rows of A and of B. */
  readonly totalRank: number;
  readonly totalOutputs: number;
  readonly projections: readonly AdaptedProjection[];
}

export interface AdapterLayout {
  readonly spec: AdapterSpec;
  /** alpha / rank, or alpha / √rank with rsLoRA. */
  readonly scale: number;
  readonly paddedRank: number;
  readonly stacks: readonly AdaptedStack[];
  /** Floats. */
  readonly size: number;
}

export function adapterLayout(config: ModelConfig, spec: AdapterSpec): AdapterLayout {
  const paddedRank = Math.ceil(spec.rank / 4) * 4;
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
        projections.push({ module, outputs: outputs[i] as number, aRow: projections.length * paddedRank, bRow });
        bRow += outputs[i] as number;
      });
      if (projections.length === 0) continue;
      const totalRank = projections.length * paddedRank;
      const aOffset = take(totalRank * inputs);
      const bOffset = take(bRow * paddedRank);
      stacks.push({ layer, stack, inputs, aOffset, bOffset, totalRank, totalOutputs: bRow, projections });
    }
  }
  const scale = spec.alpha / (spec.rsLora ? Math.sqrt(spec.rank) : spec.rank);
  return { spec, scale, paddedRank, stacks, size: offset };
}

/** One LoRA matrix as PEFT has it, and where its elements are. */
export interface AdapterMatrix {
  readonly layer: number;
  readonly module: TargetModule;
  readonly factor: 'A' | 'B';
  /** A: [rank, inputs]; B: [outputs, rank]. */
  readonly shape: readonly [number, number];
  /** Element [i, j] is at start + i · stride + j. */
  readonly start: number;
  readonly stride: number;
}

export function adapterMatrices({ spec, paddedRank, stacks }: AdapterLayout): AdapterMatrix[] {
  return stacks.flatMap(({ layer, inputs, aOffset, bOffset, projections }) =>
    projections.flatMap(({ module, outputs, aRow, bRow }): AdapterMatrix[] => [
      { layer, module, factor: 'A', shape: [spec.rank, inputs], start: aOffset + aRow * inputs, stride: inputs },
      { layer, module, factor: 'B', shape: [outputs, spec.rank], start: bOffset + bRow * paddedRank, stride: paddedRank },
    ]),
  );
}

/** The elements of one matrix, row-major. */
export function gatherMatrix(
  flat: Float32Array,
  { shape: [rows, cols], start, stride }: AdapterMatrix,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(rows * cols);
  for (let i = 0; i < rows; i++) out.set(flat.subarray(start + i * stride, start + i * stride + cols), i * cols);
  return out;
}

export function scatterMatrix(
  flat: Float32Array,
  { shape: [rows, cols], start, stride }: AdapterMatrix,
  values: Float32Array,
): void {
  for (let i = 0; i < rows; i++) flat.set(values.subarray(i * cols, (i + 1) * cols), start + i * stride);
}
