import { assert } from '../../lib/assert';
import { MOST_WORKGROUPS } from '../grid';
import type { DispatchSpec, Planner } from '../planner';
import { checkFour, checkShape, checkSize, describeTensor, matrixShape } from '../shapes';
import { type BoundTensor, capacity, type Extent, partOf, type Tensor } from '../tensor';
import { candidatesOf, rowClass, type Tuning } from '../tuning';
import { checkWeight, storedBytes, WEIGHT_FORMATS, type Weight, type WeightPart, type WeightStorage } from '../weight';
import { type Activation, glu } from './glu';
import { gatedVariant, LINEAR_VARIANTS, type LinearVariant, linearKernel } from './linear-variants';
import { checkLora, type Lora, type LoraSegment, loraBackward, loraDown, normedDown } from './lora';
import { type RmsNorm, rmsnorm } from './rmsnorm';

const NONE = 0xffffffff;

export interface Linear {
  readonly inp: Tensor;
  /** The RMS norm of the rows of `inp` that is multiplied instead of them. */
  readonly norm?: Omit<RmsNorm, 'residual'> | undefined;
  readonly weight: Weight;
  /** [O], f32. */
  readonly bias?: BoundTensor | null;
  readonly lora?: Lora | null;
  /** Added to the output. It gets the gradient of the output. */
  readonly residual?: Tensor;
}

/** Returns inp · weightᵀ (+ bias) (+ LoRA) (+ residual) [N, O] for inp [N, I]. */
export function linear(p: Planner, o: Linear): Tensor {
  return product(p, o, null);
}

/** @param tile the variant of all parts of the weight. Null: each has its own decision. */
function product(p: Planner, o: Linear, tile: LinearVariant | null): Tensor {
  const { inp, weight, lora, residual } = o;
  const { rows } = checkLinear(o);
  const out = p.activation(
    weight.label,
    [rows, weight.rows],
    trains(lora) || inp.requiresGrad || residual?.requiresGrad === true,
  );
  const { x, h } = factors(p, o);
  const terms = { bias: o.bias ?? null, lora: lora && h ? { lora, h } : null, residual: residual ?? null };
  for (const part of weight.parts) linearForward(p, { inp: x, weight, part, out, column: part.first, tile, ...terms });
  p.record(out, () => {
    const dout = p.grad(out);
    checkShape('linear backward', dout, [rows, weight.rows]);
    const dh = lora && h ? loraBackward(p, { inp: p.recomputed(x), h, dout, lora }) : null;
    if (x.requiresGrad) {
      weight.parts.forEach((part, i) => {
        // The adapter's term is added once, with the first part.
        linearBackward(p, {
          inp: x,
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

/**
 * Returns act(gate) · up [N, O/2], where gate and up are the halves of the product: in one dispatch, if the variant
 * has one for that and no gradient needs the halves.
 */
export function gatedLinear(p: Planner, o: Omit<Linear, 'residual'>, activation: Activation): Tensor {
  const { inp, weight, bias, lora } = o;
  const { rows } = checkLinear(o);
  checkFour('linear', `half the number of outputs of ${weight.label}`, weight.rows / 2);
  const [part, ...others] = weight.parts;
  const tile =
    part === undefined || others.length > 0 || trains(lora) || inp.requiresGrad
      ? null
      : gatedTile(p, { storage: part.storage, rows, inputs: weight.cols, outputs: weight.rows, activation });
  const gated = tile && gatedVariant(tile, activation);
  if (part === undefined || gated === null) return glu(p, product(p, o, tile), activation);
  const out = p.activation('glu', [rows, weight.rows / 2]);
  const { x, h } = factors(p, o);
  const terms = { bias: bias ?? null, lora: lora && h ? { lora, h } : null, residual: null };
  emitForward(p, gated, { inp: x, weight, part, out, columns: weight.rows / 2, ...terms });
  return out;
}

/** The rows that are multiplied, and the adapter's h of them. */
function factors(p: Planner, { inp, norm, lora }: Linear): { x: Tensor; h: Tensor | null } {
  if (norm && lora && !trains(lora) && !inp.requiresGrad) {
    const { normed, h } = normedDown(p, inp, lora, norm);
    return { x: normed, h };
  }
  const x = norm ? rmsnorm(p, inp, norm) : inp;
  return { x, h: lora ? loraDown(p, x, lora) : null };
}

const trains = (lora: Lora | null | undefined): boolean => lora?.da != null;

function checkLinear({ inp, weight, bias, lora, residual }: Linear): { rows: Extent } {
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
  return { rows };
}

interface ForwardPart {
  readonly inp: Tensor;
  readonly weight: Weight;
  readonly part: WeightPart;
  readonly out: Tensor;
  readonly bias: BoundTensor | null;
  readonly lora: { readonly lora: Lora; readonly h: Tensor } | null;
  readonly residual: Tensor | null;
  /** First column of out, a multiple of four. */
  readonly column?: number;
}

/**
 * The forward product of one part of a weight. The outputs of the part go to out [rows, stride] from `column` on.
 * @param o.tile the variant, by default that of a decision
 */
export function linearForward(p: Planner, o: ForwardPart & { readonly tile?: LinearVariant | null }): void {
  const { rows } = matrixShape('linear', o.out);
  const columns = o.part.end - o.part.first;
  checkProduct('linear', o, o.inp, o.out);
  const shape = { storage: o.part.storage, rows, inputs: o.weight.cols, outputs: columns };
  emitForward(p, o.tile ?? variantOf(p, { pass: 'forward', ...shape }), { ...o, columns });
}

/** @param o.columns number of columns of `out` that are computed: the outputs of the part, or those of a gated unit */
function emitForward(p: Planner, tile: LinearVariant, o: ForwardPart & { readonly columns: number }): void {
  const { rows, width: stride } = matrixShape('linear', o.out);
  const outs = o.part.end - o.part.first;
  const size = { storage: o.part.storage, rows, columns: o.columns, depth: o.weight.cols, sums: outs / o.columns };
  emitCut(p, tile, size, (begin, end) => ({
    bindings: {
      inp: o.inp,
      weight: o.part.bound,
      out: o.out,
      bias: o.bias ?? p.none,
      h: o.lora?.h ?? p.none,
      b: o.lora?.lora.b ?? p.none,
      ...(!tile.entry.endsWith('_gated') && { residual: o.residual ?? p.none }),
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
 * Emits the dispatches of a product with `columns` columns, each made of `sums` sums of `depth` products. A dispatch
 * has at most `p.mostFlops` operations: a large product is cut along its columns, and along its rows where a single
 * column of workgroups has more. Cutting does not change results.
 * @param of bindings and uniforms of the columns [begin, end)
 */
function emitCut(
  p: Planner,
  tile: LinearVariant,
  { storage, rows, columns, depth, sums }: Size,
  of: (begin: number, end: number) => Pick<DispatchSpec, 'bindings' | 'uniforms'>,
): void {
  const lanes = Number(tile.constants.LANES ?? 1);
  // Threads that divide a sum take whole vec4, of quantised weights two at a time.
  const step = WEIGHT_FORMATS[storage].run === 1 ? 4 : 8;
  const sum = { terms: depth, inTurn: lanes === 1 ? depth : step * Math.ceil(depth / step / lanes) };
  const group = 2 * depth * sums * tile.cols * tile.rows;
  const down = Math.ceil(capacity(rows) / tile.rows);
  // Equal parts, because a small last part would occupy few threads.
  const mostAcross = clamp(Math.floor(p.mostFlops / (group * down)), MOST_WORKGROUPS);
  const parts = Math.ceil(columns / (tile.cols * mostAcross));
  const across = Math.ceil(columns / (tile.cols * parts));
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
        work: { extent, flops: 2 * depth * sums * (end - begin), sum },
      });
    }
  }
}

interface Size {
  readonly storage: WeightStorage;
  readonly rows: Extent;
  readonly columns: number;
  readonly depth: number;
  readonly sums: number;
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
  const size = { storage: o.part.storage, rows, columns: o.weight.cols, depth: outputs, sums: 1 };
  emitCut(p, tile, size, (begin, end) => ({
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
  /** Of the gated linear unit that follows. */
  readonly activation?: Activation;
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
  { pass, storage, rows, inputs, outputs, activation }: ProductShape,
  tuning: Pick<Tuning, 'software'>,
): string {
  const { most } = rowClass(rows, tuning);
  const shape = tuning.software ? '' : ` ${inputs} → ${Math.min(outputs, MOST_MEASURED_OUTPUTS)}`;
  return `linear.${activation === undefined ? pass : 'gated'} ${storage}${shape} ≤${most}`;
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
        !(wholeRuns && Number(constants.TILE_ROWS ?? 1) > 1 && WEIGHT_FORMATS[storage].run === 1),
    ),
  );
  return p.choose(linearKey(shape, p.tuning), rows, different, (alone) => {
    measuredProduct(alone, { ...shape, rows, outputs });
    return {};
  });
}

/** The variant of a product with a gated linear unit. Null if no variant that is offered has both in one dispatch. */
function gatedTile(
  p: Planner,
  shape: Omit<ProductShape, 'pass' | 'activation'> & { readonly activation: Activation },
): LinearVariant | null {
  const variants: Readonly<Record<string, LinearVariant>> = LINEAR_VARIANTS.forward;
  const offered = candidatesOf(variants, rowClass(shape.rows, p.tuning).measured, p.tuning);
  const isGated = (name: string) => {
    const variant = variants[name];
    return variant !== undefined && gatedVariant(variant, shape.activation) !== null;
  };
  return offered.some(isGated) ? variantOf(p, { pass: 'forward', ...shape }) : null;
}

/** Plans one product alone, for the autotuner. */
function measuredProduct(p: Planner, { pass, storage, rows, inputs, outputs, activation }: ProductShape): void {
  const bound = { tensor: p.slot('weight', [Math.ceil(storedBytes(storage, outputs * inputs) / 4)]) };
  const weight = { label: 'weight', rows: outputs, cols: inputs, parts: [{ first: 0, end: outputs, storage, bound }] };
  const inp = p.slot('inp', [rows, inputs], 'f32', pass === 'backward');
  if (activation !== undefined) {
    gatedLinear(p, { inp, weight }, activation);
    return;
  }
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
