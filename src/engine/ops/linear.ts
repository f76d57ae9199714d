import code from '../../../shaders/linear.wgsl?raw';
import { assert } from '../../lib/assert';
import type { KernelVariant } from '../kernel';
import type { Planner } from '../planner';
import { checkFour, checkShape, checkSize, describeTensor, matrixShape } from '../shapes';
import { type BoundTensor, capacity, type Extent, type Tensor } from '../tensor';
import { checkWeight, WEIGHT_FORMATS, type Weight, type WeightPart, type WeightStorage } from '../weight';
import { checkLora, type Lora, type LoraSegment, loraBackward, loraDown } from './lora';

const source = { name: 'linear', code };
const NONE = 0xffffffff;

interface LinearVariant {
  readonly entry: 'forward' | 'forward_tiled' | 'forward_split' | 'backward';
  /** Rows and outputs of a workgroup. In the backward pass, rows and inputs. */
  readonly rows: number;
  readonly cols: number;
  readonly constants: Readonly<Record<'TILE_ROWS' | 'TILE_COLS' | 'GROUP_COLS' | 'GROUP_ROWS', number>>;
  /**
   * Each step of the loop reads a whole run of the weight instead of one vec4. Worth its code size where few rows
   * share the values.
   */
  readonly wholeRuns?: boolean;
}

/** A thread computes tileRows × 4·tileCols outputs. */
function registers(
  entry: 'forward' | 'backward',
  tileRows: number,
  tileCols: number,
  groupCols: number,
  groupRows: number,
): LinearVariant {
  return {
    entry,
    rows: tileRows * groupRows,
    cols: 4 * tileCols * groupCols,
    constants: { TILE_ROWS: tileRows, TILE_COLS: tileCols, GROUP_COLS: groupCols, GROUP_ROWS: groupRows },
  };
}

const SHARED = { TILE_ROWS: 8, TILE_COLS: 1, GROUP_COLS: 1, GROUP_ROWS: 1 };

/**
 * The variants that the autotuner chooses from. Each sums in a different order, so a run must not change its choice.
 */
export const LINEAR_VARIANTS = {
  forward: {
    '8x4': registers('forward', 8, 1, 8, 8),
    '4x8': registers('forward', 4, 2, 8, 8),
    '4x4': registers('forward', 4, 1, 16, 4),
    '1x4': { ...registers('forward', 1, 1, 16, 1), wholeRuns: true },
    '4x8 runs': { ...registers('forward', 4, 2, 16, 1), wholeRuns: true },
    '8x4 row': registers('forward', 8, 1, 16, 1),
    '8x8 row': registers('forward', 8, 2, 16, 1),
    tiled: { entry: 'forward_tiled', rows: 64, cols: 64, constants: SHARED },
    split: { entry: 'forward_split', rows: 8, cols: 4, constants: SHARED },
  },
  backward: {
    '8x4': registers('backward', 8, 1, 8, 8),
    '4x8': registers('backward', 4, 2, 8, 8),
    '4x4': registers('backward', 4, 1, 16, 4),
  },
} as const satisfies Record<string, Readonly<Record<string, LinearVariant>>>;

/** The kernel of a variant for one storage type. */
export function linearKernel(
  { entry, constants, wholeRuns = false }: LinearVariant,
  storage: WeightStorage,
): KernelVariant {
  const { libs, run } = WEIGHT_FORMATS[storage];
  return { source, entry, libs, constants: { ...constants, RUN: run, STEPS: wholeRuns ? run : 1 } };
}

export interface Linear {
  readonly inp: Tensor;
  readonly weight: Weight;
  /** [O], f32. */
  readonly bias?: BoundTensor | null;
  readonly lora?: Lora | null;
  /** Added to the output. It gets the gradient of the output. */
  readonly residual?: Tensor;
}

/** Returns inp · weightᵀ (+ bias) (+ LoRA) (+ residual) [N, O] for inp [N, I]. */
export function linear(p: Planner, { inp, weight, bias, lora, residual }: Linear): Tensor {
  const { rows, width } = matrixShape('linear', inp);
  checkWeight('linear', weight);
  checkFour('linear', `the number of outputs of ${weight.label}`, weight.rows);
  assert(
    width === weight.cols,
    `linear: ${describeTensor(inp)} is multiplied by ${weight.label} [${weight.rows}, ${weight.cols}]`,
  );
  if (bias) checkSize('linear', bias, weight.rows);
  if (residual) checkShape('linear', residual, [rows, weight.rows]);
  if (lora) checkLora('linear', lora, weight.cols, weight.rows);
  const trains = lora?.da != null;
  const out = p.activation(
    weight.label,
    [rows, weight.rows],
    trains || inp.requiresGrad || residual?.requiresGrad === true,
  );
  const h = lora ? loraDown(p, inp, lora) : null;
  const more = { bias: bias ?? null, lora: lora && h ? { lora, h } : null, residual: residual ?? null };
  for (const part of weight.parts) linearForward(p, { inp, weight, part, out, column: part.first, ...more });
  p.record(out, () => {
    const dout = p.grad(out);
    checkShape('linear backward', dout, [rows, weight.rows]);
    const dh = lora && h ? loraBackward(p, { inp: p.recomputed(inp), h, dout, lora }) : null;
    if (inp.requiresGrad) {
      weight.parts.forEach((part, i) => {
        // The adapter's term is added once, with the first part.
        linearBackward(p, {
          inp,
          weight,
          part,
          dout,
          column: part.first,
          lora: lora && dh && i === 0 ? { lora, dh } : null,
        });
      });
    }
    if (residual) p.shareGrad(out, residual);
  });
  return out;
}

/** The forward product of one part of a weight. The outputs of the part go to out [rows, stride] from `column` on. */
export function linearForward(
  p: Planner,
  o: {
    inp: Tensor;
    weight: Weight;
    part: WeightPart;
    out: Tensor;
    bias: BoundTensor | null;
    lora: { lora: Lora; h: Tensor } | null;
    residual: Tensor | null;
    /** First column of out, a multiple of four. */
    column?: number;
  },
): void {
  const { rows, width: stride } = matrixShape('linear', o.out);
  const outs = o.part.end - o.part.first;
  checkProduct('linear', o, o.inp, o.out);
  const tile = variantOf(p, 'forward', o.part.storage, rows);
  p.emit({
    variant: linearKernel(tile, o.part.storage),
    bindings: {
      inp: o.inp,
      weight: o.part.bound,
      out: o.out,
      bias: o.bias ?? p.none,
      h: o.lora?.h ?? p.none,
      b: o.lora?.lora.b ?? p.none,
      residual: o.residual ?? p.none,
    },
    uniforms: {
      rows,
      inps: o.weight.cols / 4,
      outs,
      outStride: stride / 4,
      outStart: (o.column ?? 0) / 4,
      rank: o.lora ? o.lora.lora.rank / 4 : 0,
      hStride: o.lora ? o.lora.lora.totalRank / 4 : 0,
      scale: o.lora?.lora.scale ?? 0,
      hasBias: o.bias ? 1 : 0,
      hasResidual: o.residual ? 1 : 0,
      accumulate: 0,
      ...segmentUniforms(o.lora?.lora.segments ?? [], outs, o.part.first),
    },
    grid: [
      { extent: outs, per: tile.cols },
      { extent: rows, per: tile.rows },
    ],
    work: { extent: rows, flops: 2 * outs * o.weight.cols },
  });
}

/**
 * Checks that inp has the width of the weight, and that the tensor on the side of the outputs has columns for the
 * part.
 */
function checkProduct(
  op: string,
  { weight, part, column = 0 }: { weight: Weight; part: WeightPart; column?: number },
  inp: Tensor,
  outputs: Tensor,
): void {
  const { rows, width } = matrixShape(op, outputs);
  assert(
    matrixShape(op, inp).width === weight.cols,
    `${op}: ${describeTensor(inp)} is multiplied by ${weight.label} [${weight.rows}, ${weight.cols}]`,
  );
  checkShape(op, inp, [rows, weight.cols]);
  assert(
    column % 4 === 0 && column + part.end - part.first <= width,
    `${op}: outputs ${part.first} … ${part.end} of ${weight.label} do not fit ` +
      `${describeTensor(outputs)} from column ${column}`,
  );
}

/** Adds dout · weight (+ dh · A) to the gradient of inp, for one part of a weight. */
export function linearBackward(
  p: Planner,
  o: {
    inp: Tensor;
    weight: Weight;
    part: WeightPart;
    dout: Tensor;
    /** First column of dout, a multiple of four. */
    column?: number;
    lora: { lora: Lora; dh: Tensor } | null;
  },
): void {
  const { rows, width: stride } = matrixShape('linear backward', o.dout);
  checkProduct('linear backward', o, o.inp, o.dout);
  const { grad, accumulate } = p.contribute(o.inp);
  const tile = variantOf(p, 'backward', o.part.storage, rows);
  p.emit({
    variant: linearKernel(tile, o.part.storage),
    bindings: {
      inp: o.dout,
      weight: o.part.bound,
      out: grad,
      h: o.lora?.dh ?? p.none,
      b: o.lora?.lora.a ?? p.none,
    },
    uniforms: {
      rows,
      inps: o.weight.cols / 4,
      outs: o.part.end - o.part.first,
      outStride: stride / 4,
      outStart: (o.column ?? 0) / 4,
      rank: o.lora ? o.lora.lora.totalRank / 4 : 0,
      hStride: 0,
      scale: 1,
      hasBias: 0,
      hasResidual: 0,
      accumulate: accumulate ? 1 : 0,
      ...segmentUniforms([], 0, 0),
    },
    grid: [
      { extent: o.weight.cols, per: tile.cols },
      { extent: rows, per: tile.rows },
    ],
    work: { extent: rows, flops: 2 * (o.part.end - o.part.first) * o.weight.cols },
  });
}

/**
 * Upper limits of the shape classes, in rows. The number of rows decides which variant is fastest, more than the
 * shape of the weight.
 */
export const LINEAR_CLASSES = [1, 8, 128, Number.POSITIVE_INFINITY] as const;

/** The autotuner's key for a shape class. */
export function linearClass(pass: keyof typeof LINEAR_VARIANTS, storage: WeightStorage, rows: Extent): string {
  const size = capacity(rows);
  return `linear.${pass} ${storage} ≤${LINEAR_CLASSES.find((most) => size <= most)}`;
}

function variantOf(
  p: Planner,
  pass: keyof typeof LINEAR_VARIANTS,
  storage: WeightStorage,
  rows: Extent,
): LinearVariant {
  const variants: Readonly<Record<string, LinearVariant>> = LINEAR_VARIANTS[pass];
  const chosen = variants[p.choices[linearClass(pass, storage, rows)] ?? ''];
  return chosen ?? LINEAR_VARIANTS[pass]['8x4'];
}

/** @param first first output of the weight's part. The kernel counts outputs from there. */
function segmentUniforms(segments: readonly LoraSegment[], outs: number, first: number) {
  const at = (i: number) => {
    const segment = segments[i];
    const adapter = segment?.adapter ?? null;
    return {
      end: segment ? Math.max(0, segment.outEnd - first) : outs,
      h: adapter === null ? NONE : adapter.hStart / 4,
      b: segment && adapter ? adapter.bStart - segment.outStart + first : 0,
    };
  };
  const [s0, s1, s2] = [at(0), at(1), at(2)];
  return { end0: s0.end, end1: s1.end, h0: s0.h, h1: s1.h, h2: s2.h, b0: s0.b >>> 0, b1: s1.b >>> 0, b2: s2.b >>> 0 };
}
