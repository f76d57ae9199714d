/** The loops of linear.wgsl and lora.wgsl. */
import { WEIGHT_FORMATS } from '../../src/engine/weight';
import { assert } from '../../src/lib/assert';
import { numberOf, type ResolvedDispatch } from './dispatches';
import type { Gpu } from './gpus';
import { inRegisters, type KernelShape, type LoopShape, linesOf } from './shape';

type Describe = (dispatch: ResolvedDispatch, gpu: Gpu) => KernelShape;

/** Bytes of a stored value. */
export function valueBytes({ weights }: Pick<ResolvedDispatch, 'weights'>): number {
  assert(weights !== null, 'a product has a type of weights');
  const { bytes, values } = WEIGHT_FORMATS[weights];
  return bytes / values;
}

/** Lines that a subgroup touches at addresses `across` apart, and in its other dimension `down` apart. */
function scattered(gpu: Gpu, across: number, step: { across: number; down: number }, bytes: number): number {
  const lines = new Set<number>();
  for (let lane = 0; lane < gpu.subgroup; lane++) {
    const at = (lane % across) * step.across + Math.floor(lane / across) * step.down;
    lines.add(Math.floor(at / gpu.line)).add(Math.floor((at + bytes - 1) / gpu.line));
  }
  return lines.size;
}

const LARGE = 1 << 20;

/** The second half of LoRA in the forward pass. */
const lora = (d: ResolvedDispatch, across = 1): LoopShape => ({ trips: Math.ceil(numberOf(d, 'rank') / across) });

const forward: Describe = (d, gpu) => {
  const [tileRows, tileCols] = [numberOf(d, 'TILE_ROWS'), numberOf(d, 'TILE_COLS')];
  const [across, run, steps] = [numberOf(d, 'GROUP_COLS'), numberOf(d, 'RUN'), numberOf(d, 'STEPS')];
  const row = 4 * numberOf(d, 'inps') * valueBytes(d);
  const x = scattered(gpu, across, { across: 0, down: LARGE }, 16);
  const { l1, dram } = gpu.latency;
  // Iterations that use a line of a row of the weight.
  const perLine = gpu.line / (4 * valueBytes(d) * steps);
  return {
    loops: [
      {
        trips: numberOf(d, 'inps') / steps,
        wait: l1 + (dram - l1) / Math.max(1, perLine),
        loads: [{ count: tileRows * steps, different: x }],
        lines: scattered(gpu, across, { across: 4 * tileCols * row, down: 0 }, 4),
        guarded: steps === run ? 1 : 1 / run,
      },
      ...Array.from({ length: tileCols }, () => lora(d)),
    ],
  };
};

const forwardSplit: Describe = (d, gpu) => {
  const [lanes, rows, run] = [numberOf(d, 'LANES'), numberOf(d, 'SPLIT_ROWS'), numberOf(d, 'RUN')];
  const pair = run === 1 ? 1 : 2;
  const bytes = 4 * valueBytes(d) * pair;
  const sums = rows * numberOf(d, 'ROW_GROUPS') * numberOf(d, 'COL_GROUPS');
  return {
    // One thread adds the partial sums of a vector, each of two threads.
    shared: [{ count: lanes / 2, different: Math.min(gpu.subgroup, sums) }],
    loops: [
      {
        trips: Math.ceil(numberOf(d, 'inps') / pair / lanes),
        wait: gpu.latency.dram,
        loads: [{ count: rows * pair, different: pair * linesOf(gpu, lanes, 16) }],
        // Scales and codes of a block may be in different lines.
        lines: linesOf(gpu, lanes, bytes) + (run === 1 ? 0 : 0.3),
      },
      lora(d, lanes),
      inRegisters(lanes / 2),
    ],
  };
};

/** Reads of both tiles in an iteration: `quads` × 4 lines of left and 4 of right for each of 4 vec4s. */
function tileReads({ subgroup }: Gpu, quads: number, lefts: number) {
  return [
    { count: 16, different: Math.max(1, subgroup / lefts) },
    { count: 16 * quads, different: Math.min(subgroup, lefts) },
  ];
}

const forwardTiled: Describe = (d, gpu) => {
  const quads = numberOf(d, 'LEFT_QUADS');
  const across = 16 / quads;
  const side = 4 * valueBytes(d) * 4;
  return {
    loops: [
      {
        trips: Math.ceil(numberOf(d, 'inps') / 4),
        wait: gpu.latency.dram,
        loads: [{ count: 4, different: gpu.subgroup / 4 }],
        lines: numberOf(d, 'RUN') === 1 ? (gpu.subgroup / 4) * Math.ceil(side / gpu.line) : gpu.subgroup,
        shared: tileReads(gpu, quads, across),
        guarded: 64 / d.threads,
      },
      ...Array.from({ length: quads }, () => lora(d)),
    ],
  };
};

const backwardTiled: Describe = (d, gpu) => {
  const quads = numberOf(d, 'LEFT_QUADS');
  return {
    loops: [
      {
        trips: Math.ceil(Math.ceil(numberOf(d, 'outs') / 4) / 4),
        wait: gpu.latency.dram,
        loads: [{ count: 4, different: gpu.subgroup / 4 }],
        lines: numberOf(d, 'RUN') === 1 ? linesOf(gpu, 16, 4 * valueBytes(d)) : gpu.subgroup,
        shared: [
          { count: 16, different: Math.min(gpu.subgroup, 16) },
          { count: 16 * quads, different: Math.max(1, gpu.subgroup / 16) },
        ],
        guarded: 64 / d.threads,
      },
      { ...lora(d), lines: linesOf(gpu, 16, 16) },
    ],
  };
};

const backward: Describe = (d, gpu) => {
  const [rows, cols, across] = [numberOf(d, 'TILE_ROWS'), numberOf(d, 'TILE_COLS'), numberOf(d, 'GROUP_COLS')];
  return {
    loops: [
      {
        trips: Math.ceil(numberOf(d, 'outs') / 4),
        // Each output is another row of the weight.
        wait: gpu.latency.l2,
        loads: [{ count: rows, different: scattered(gpu, across, { across: 0, down: LARGE }, 16) }],
        lines: scattered(gpu, across, { across: 4 * cols * valueBytes(d), down: 0 }, 4),
      },
      { ...lora(d), lines: linesOf(gpu, across, 16) },
    ],
  };
};

/** The threads that add up partial sums, each a part of them. */
const join = (split: number): LoopShape => inRegisters(Math.ceil(split / 8));

const down: Describe = (d, gpu) => {
  const split = numberOf(d, 'SPLIT');
  return {
    loops: [
      {
        trips: Math.ceil(numberOf(d, 'leftWidth') / split),
        wait: gpu.latency.dram,
        lines: linesOf(gpu, split, 16),
      },
      join(split),
    ],
  };
};

/** As `down`, then each workgroup writes its part of the normed rows. */
const downNormed: Describe = (d, gpu) => {
  const split = numberOf(d, 'SPLIT');
  const rows = numberOf(d, 'TILE_ROWS') * numberOf(d, 'GROUP_ROWS');
  const writing = { trips: Math.ceil(numberOf(d, 'share') / split) };
  const perThread = { trips: Math.ceil(rows / numberOf(d, 'GROUP_COLS')), unrolls: true, inner: [writing] };
  return { loops: [...down(d, gpu).loops, perThread] };
};

const backwardHidden: Describe = (d, gpu) => {
  const [split, across] = [numberOf(d, 'SPLIT'), numberOf(d, 'GROUP_COLS')];
  const [end0, end1] = [numberOf(d, 'end0'), numberOf(d, 'end1')];
  const widths = [end0, end1 - end0, numberOf(d, 'leftWidth') - end1]
    .filter((_, i) => numberOf(d, `h${i}`) < LARGE)
    .map((width) => Math.ceil(width / split));
  const side = Math.max(1, gpu.subgroup / across);
  return {
    loops: [
      {
        trips: widths.reduce((sum, trips) => sum + trips, 0) / Math.max(1, widths.length),
        most: Math.max(0, ...widths),
        loads: [
          { count: 4, different: scattered(gpu, across, { across: 16, down: 64 * numberOf(d, 'rightWidth') }, 16) },
        ],
        lines: Math.max(1, Math.ceil((Math.min(side, split) * 16) / gpu.line)),
      },
      join(split),
    ],
  };
};

const backwardWeight: Describe = (d, gpu) => {
  const [split, across, rows] = [numberOf(d, 'SPLIT'), numberOf(d, 'GROUP_COLS'), numberOf(d, 'GROUP_ROWS')];
  const tiles = Math.max(1, gpu.subgroup / (across * rows));
  return {
    loops: [
      {
        trips: Math.ceil(numberOf(d, 'rows') / (4 * split)),
        loads: [{ count: 4, different: tiles * Math.ceil((rows * 16) / gpu.line) }],
        lines: tiles * Math.ceil((across * 16) / gpu.line),
      },
      join(split),
    ],
  };
};

export const LINEAR_SHAPES: Readonly<Record<string, Describe>> = {
  'linear.forward': forward,
  'linear.forward_split': forwardSplit,
  'linear.forward_gated': forwardSplit,
  'linear.forward_tiled': forwardTiled,
  'linear.forward_tiled_gated': forwardTiled,
  'linear.backward': backward,
  'linear.backward_tiled': backwardTiled,
  'lora.down_split': down,
  'lora.down_normed': downNormed,
  'lora.backward_hidden_split': backwardHidden,
  'lora.backward_weight_split': backwardWeight,
};
