import split from '../../../shaders/lib/linear_split.wgsl?raw';
import tiled from '../../../shaders/lib/linear_tiled.wgsl?raw';
import code from '../../../shaders/linear.wgsl?raw';
import { assert } from '../../lib/assert';
import { MOST_WORKGROUPS } from '../grid';
import type { KernelVariant } from '../kernel';
import type { DispatchSpec, Planner } from '../planner';
import { checkFour, checkShape, checkSize, describeTensor, matrixShape } from '../shapes';
import { type BoundTensor, capacity, type Extent, partOf, type Tensor } from '../tensor';
import { rowClass, type Tuning, type Variant } from '../tuning';
import {
  checkWeight,
  storedBytes,
  WEIGHT_FORMATS,
  type Weight,
  type WeightPart,
  type WeightStorage,
  weightLibs,
} from '../weight';
import { checkLora, type Lora, type LoraSegment, loraBackward, loraDown } from './lora';

const source = { name: 'linear', code };
const NONE = 0xffffffff;

interface LinearVariant extends Variant {
  readonly entry: 'forward' | 'forward_tiled' | 'forward_split' | 'backward' | 'backward_tiled';
  /** Rows and outputs of a workgroup. In the backward pass, rows and inputs. */
  readonly rows: number;
  readonly cols: number;
  readonly constants: Readonly<Record<string, number>>;
  readonly libs: readonly string[];
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
    libs: [],
  };
}

/** The other kernels of the module have the smallest registers' tile, because nothing calls them. */
const ONE_OUTPUT = registers('forward', 1, 1, 1, 1).constants;

/** A workgroup computes 64 × 64 outputs, each thread 4·quads × 4 of them. */
function tiles(entry: 'forward_tiled' | 'backward_tiled', quads: number): LinearVariant {
  const constants = { ...ONE_OUTPUT, LEFT_QUADS: quads };
  return { entry, rows: 64, cols: 64, constants, libs: [tiled], only: 'hardware', least: 32 };
}

/**
 * `lanes` threads divide the inputs. Each computes `rows` × 4 outputs, and a workgroup has rowGroups × colGroups such
 * groups of threads.
 */
function splits(
  lanes: number,
  rows: number,
  rowGroups: number,
  colGroups: number,
): Omit<LinearVariant, keyof Variant> & { readonly only: 'hardware' } {
  return {
    entry: 'forward_split',
    rows: rows * rowGroups,
    cols: 4 * colGroups,
    constants: { ...ONE_OUTPUT, LANES: lanes, SPLIT_ROWS: rows, ROW_GROUPS: rowGroups, COL_GROUPS: colGroups },
    libs: [split],
    only: 'hardware',
  };
}

/**
 * The variants that the autotuner chooses from. Each sums in a different order, so a run must not change its choice.
 */
export const LINEAR_VARIANTS = {
  forward: {
    '8x4': { ...registers('forward', 8, 1, 8, 8), only: 'software' },
    '1x4': { ...registers('forward', 1, 1, 16, 1), wholeRuns: true, only: 'software', most: 63 },
    '4x8 runs': { ...registers('forward', 4, 2, 16, 1), wholeRuns: true, only: 'software' },
    '8x8 row': { ...registers('forward', 8, 2, 16, 1), only: 'software' },
    '4x4': { ...registers('forward', 4, 1, 16, 4), only: 'hardware', least: 32 },
    split1: { ...splits(32, 1, 1, 2), most: 1 },
    split2: { ...splits(32, 2, 1, 2), least: 2, most: 2 },
    split4: { ...splits(32, 4, 1, 2), least: 4, most: 4 },
    split8: { ...splits(16, 4, 2, 2), least: 8, most: 16 },
    split16: { ...splits(16, 4, 4, 2), least: 16, most: 64 },
    'tiled 4x4': tiles('forward_tiled', 1),
    'tiled 8x4': tiles('forward_tiled', 2),
  },
  backward: {
    '8x4': { ...registers('backward', 8, 1, 8, 8), only: 'software' },
    '4x8': { ...registers('backward', 4, 2, 8, 8), only: 'software' },
    '4x4': registers('backward', 4, 1, 16, 4),
    'tiled 4x4': tiles('backward_tiled', 1),
    'tiled 8x4': tiles('backward_tiled', 2),
  },
} as const satisfies Record<string, Readonly<Record<string, LinearVariant>>>;

/** The kernel of a variant for one storage type, on an adapter with or without a GPU. */
export function linearKernel(
  { entry, constants, libs, wholeRuns = false }: LinearVariant,
  storage: WeightStorage,
  tuning: Pick<Tuning, 'software'>,
): KernelVariant {
  const { run } = WEIGHT_FORMATS[storage];
  const all = { ...constants, RUN: run, STEPS: wholeRuns ? run : 1 };
  return { source, entry, libs: [...weightLibs(storage, tuning), ...libs], constants: all };
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
  emitCut(p, tile, { storage: o.part.storage, rows, columns: outs, depth: o.weight.cols }, (begin, end) => ({
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
      begin,
      end,
    },
  }));
}

/**
 * Emits the dispatches of a product with `columns` columns, each the sum of `depth` products. A dispatch has at most
 * `p.mostFlops` operations: a large product is cut along its columns, and along its rows where a single column of
 * workgroups has more. Cutting does not change results.
 * @param of bindings and uniforms of the columns [begin, end)
 */
function emitCut(
  p: Planner,
  tile: LinearVariant,
  { storage, rows, columns, depth }: { storage: WeightStorage; rows: Extent; columns: number; depth: number },
  of: (begin: number, end: number) => Pick<DispatchSpec, 'bindings' | 'uniforms'>,
): void {
  const { LANES = 1 } = tile.constants;
  // Threads that divide a sum take whole vec4, of quantised weights two at a time.
  const step = WEIGHT_FORMATS[storage].run === 1 ? 4 : 8;
  const sum = { terms: depth, inTurn: LANES === 1 ? depth : step * Math.ceil(depth / step / LANES) };
  const group = 2 * depth * tile.cols * tile.rows;
  const down = Math.ceil(capacity(rows) / tile.rows);
  const across = clamp(Math.floor(p.mostFlops / (group * down)), MOST_WORKGROUPS);
  const most = tile.rows * Math.min(down, clamp(Math.floor(p.mostFlops / (group * across)), MOST_WORKGROUPS));
  for (let begin = 0; begin < columns; begin += across * tile.cols) {
    const end = Math.min(begin + across * tile.cols, columns);
    const { bindings, uniforms } = of(begin, end);
    for (let firstRow = 0; firstRow < capacity(rows); firstRow += most) {
      const extent = most < capacity(rows) ? partOf(rows, firstRow, most) : rows;
      p.emit({
        variant: linearKernel(tile, storage, p.tuning),
        bindings,
        uniforms: { ...uniforms, firstRow },
        grid: [
          { extent: end - begin, per: tile.cols },
          { extent, per: tile.rows },
        ],
        work: { extent, flops: 2 * depth * (end - begin), sum },
      });
    }
  }
}

const clamp = (groups: number, most: number): number => Math.min(Math.max(1, groups), most);

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
  emitCut(p, tile, { storage: o.part.storage, rows, columns: o.weight.cols, depth: outputs }, (begin, end) => ({
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
      begin: begin / 4,
      end: end / 4,
    },
  }));
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

/**
 * The most outputs of a decision. More take proportionally longer with every variant, and the vocabulary head has
 * 262,144 in some models.
 */
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
  const shape = tuning.software ? '' : ` ${inputs} → ${Math.min(outputs, MOST_MEASURED_OUTPUTS)}`;
  return `linear.${pass} ${storage}${shape} ≤${most}`;
}

function variantOf(p: Planner, shape: ProductShape): LinearVariant {
  const { pass, storage } = shape;
  const outputs = Math.min(shape.outputs, MOST_MEASURED_OUTPUTS);
  const rows = rowClass(shape.rows, p.tuning).measured;
  const variants: Readonly<Record<string, LinearVariant>> = LINEAR_VARIANTS[pass];
  const different = Object.fromEntries(
    // Where a run is one vec4, whole runs make no difference.
    Object.entries(variants).filter(
      ([, { wholeRuns, constants }]) =>
        !(wholeRuns && (constants.TILE_ROWS ?? 1) > 1 && WEIGHT_FORMATS[storage].run === 1),
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
