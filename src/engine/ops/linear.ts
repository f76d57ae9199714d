import code from '../../../shaders/linear.wgsl?raw';
import { assert } from '../../lib/assert';
import type { KernelVariant } from '../kernel';
import type { Planner } from '../planner';
import { checkFour, checkShape, checkSize, describeTensor, matrixShape } from '../shapes';
import type { BoundTensor, Extent, Tensor } from '../tensor';
import { rowClass, type Tuning, type Variant } from '../tuning';
import { checkWeight, storedBytes, WEIGHT_FORMATS, type Weight, type WeightPart, type WeightStorage } from '../weight';
import { checkLora, type Lora, type LoraSegment, loraBackward, loraDown } from './lora';

const source = { name: 'linear', code };
const NONE = 0xffffffff;

interface LinearVariant extends Variant {
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
    '1x4': { ...registers('forward', 1, 1, 16, 1), wholeRuns: true, only: 'software', most: 63 },
    '4x8 runs': { ...registers('forward', 4, 2, 16, 1), wholeRuns: true, only: 'software' },
    '8x4 row': { ...registers('forward', 8, 1, 16, 1), only: 'software' },
    '8x8 row': { ...registers('forward', 8, 2, 16, 1), only: 'software' },
    tiled: { entry: 'forward_tiled', rows: 64, cols: 64, constants: SHARED, only: 'hardware', least: 64 },
    split: { entry: 'forward_split', rows: 8, cols: 4, constants: SHARED, only: 'hardware', most: 63 },
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
  const tile = variantOf(p, { pass: 'forward', storage: o.part.storage, rows, inputs: o.weight.cols, outputs: outs });
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
  const outputs = o.part.end - o.part.first;
  const tile = variantOf(p, { pass: 'backward', storage: o.part.storage, rows, inputs: o.weight.cols, outputs });
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
      outs: outputs,
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
    work: { extent: rows, flops: 2 * outputs * o.weight.cols },
  });
}

type Pass = keyof typeof LINEAR_VARIANTS;

/** Shape of a product, for its decision. */
interface ProductShape {
  readonly pass: Pass;
  readonly storage: WeightStorage;
  readonly rows: Extent;
  readonly inputs: number;
  readonly outputs: number;
}

/** More outputs take proportionally longer with every variant, and the vocabulary head has 262,144 in some models. */
const MOST_MEASURED_OUTPUTS = 16384;

/**
 * The key of a product's decision. Software adapters measure one shape for each number of rows, because there the
 * speed depends on the rows and the storage type, and each measurement takes long.
 */
export function linearKey(
  { pass, storage, rows, inputs, outputs }: ProductShape,
  tuning: Pick<Tuning, 'software'>,
): string {
  const { most } = rowClass(rows, tuning);
  return `linear.${pass} ${storage}${tuning.software ? '' : ` ${inputs} → ${outputs}`} ≤${most}`;
}

function variantOf(p: Planner, shape: ProductShape): LinearVariant {
  const { pass, storage } = shape;
  const outputs = Math.min(shape.outputs, MOST_MEASURED_OUTPUTS);
  const rows = rowClass(shape.rows, p.tuning).measured;
  const variants: Readonly<Record<string, LinearVariant>> = LINEAR_VARIANTS[pass];
  const different = Object.fromEntries(
    // Where a run is one vec4, whole runs make no difference.
    Object.entries(variants).filter(
      ([, { wholeRuns, constants }]) => !(wholeRuns && constants.TILE_ROWS > 1 && WEIGHT_FORMATS[storage].run === 1),
    ),
  );
  return p.choose(linearKey(shape, p.tuning), rows, different, (alone) => {
    measuredProduct(alone, { ...shape, rows, outputs });
    return {};
  });
}

/** Plans one product alone, for the autotuner. */
function measuredProduct(p: Planner, { pass, storage, rows, inputs, outputs }: ProductShape): void {
  const bound = { tensor: p.slot('weight', [Math.ceil(storedBytes(storage, outputs * inputs) / 4)]) };
  const weight = { label: 'weight', rows: outputs, cols: inputs, parts: [{ first: 0, end: outputs, storage, bound }] };
  const inp = p.slot('inp', [rows, inputs], 'f32', pass === 'backward');
  const out = linear(p, { inp, weight });
  if (pass === 'forward') return;
  p.setGrad(out, p.slot('dout', [rows, outputs]));
  p.dispatches.length = 0;
  p.backward();
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
