import normedLib from '../../../shaders/lib/lora_normed.wgsl?raw';
import code from '../../../shaders/lora.wgsl?raw';
import { assert } from '../../lib/assert';
import type { Planner } from '../planner';
import { checkFour, checkShape, checkSize, matrixShape } from '../shapes';
import { type BoundTensor, capacity, type Extent, type Tensor } from '../tensor';
import { candidatesOf, rowClass, type Variant } from '../tuning';
import { checkNorm, type RmsNorm, rmsnorm } from './rmsnorm';

const source = { name: 'lora', code };
/** First column of h of a segment without an adapter. */
const NONE = 0x7fffffff;

/** One projection of a stacked weight, for example k in q, k, v. */
export interface LoraSegment {
  /** Outputs [outStart, outEnd) of the stacked weight. */
  readonly outStart: number;
  readonly outEnd: number;
  /** First column of h and first row of B. Null where this projection has no adapter. */
  readonly adapter: { readonly hStart: number; readonly bStart: number } | null;
}

/** The adapter of one stacked weight [O, I]. */
export interface Lora {
  /**
   * a [Σrank, I] and b [ΣO of the adapted projections, rank], with their gradients, which are null in plans that do
   * not train.
   */
  readonly a: BoundTensor;
  readonly b: BoundTensor;
  readonly da: BoundTensor | null;
  readonly db: BoundTensor | null;
  /** Rank of one projection, padded to a multiple of four, and the sum over all adapted projections. */
  readonly rank: number;
  readonly totalRank: number;
  readonly scale: number;
  readonly segments: readonly LoraSegment[];
}

interface LoraVariant extends Variant {
  /** `down_normed` and those that end in `_split` bind `sums` instead of `out`. */
  readonly entry: Entry | `${Entry}_split` | 'down_normed';
  readonly constants: Readonly<
    Record<'TILE_ROWS' | 'TILE_COLS' | 'VECS' | 'GROUP_COLS' | 'GROUP_ROWS' | 'SPLIT' | 'NORMED', number>
  >;
}

type Entry = 'down' | 'backward_hidden' | 'backward_weight';

/** A thread computes rows × cols outputs alone. */
function alone(entry: Entry, rows: number, cols: number, groupCols: number, groupRows: number): LoraVariant {
  const tile = { TILE_ROWS: rows, TILE_COLS: cols, VECS: cols / 4 };
  return {
    entry,
    constants: { ...tile, GROUP_COLS: groupCols, GROUP_ROWS: groupRows, SPLIT: 1, NORMED: 0 },
    only: 'software',
  };
}

/** So many threads divide the sums of rows × cols outputs. Partial sums take 16 KiB of workgroup memory or less. */
function split(
  entry: Entry,
  rows: number,
  cols: number,
  groupCols: number,
  groupRows: number,
  threads: number,
): LoraVariant {
  const tile = { TILE_ROWS: rows, TILE_COLS: cols, VECS: 1 };
  return {
    entry: `${entry}_split`,
    constants: { ...tile, GROUP_COLS: groupCols, GROUP_ROWS: groupRows, SPLIT: threads, NORMED: 0 },
    only: 'hardware',
  };
}

/** The power of two that is not above `most` and covers `width`, if one does. */
function covering(width: number, most: number): number {
  return Math.min(most, 2 ** Math.ceil(Math.log2(width)));
}

type Variants = Readonly<Record<string, LoraVariant>>;

interface NormedVariant extends Variant {
  readonly down: LoraVariant | null;
}

/** With so many rows the partial sums and those of the squares take 10 KiB of workgroup memory. */
const MOST_NORMED_ROWS = 8;
/** With fewer rows a dispatch costs more than what it saves: every workgroup norms all rows. */
const LEAST_SEPARATE_ROWS = 16;

/**
 * Variants of h = inp · Aᵀ. With few rows a thread has one column of h, because with four a GPU would be idle: 16
 * columns are all that most layers have.
 */
export function downVariants(totalRank: number): Variants {
  const groupCols = covering(totalRank / 4, 4);
  return {
    '1x4': { ...alone('down', 1, 4, 8, 8), most: 1 },
    '8x4': { ...alone('down', 8, 4, 8, 8), least: 2 },
    'split 1': { ...split('down', 1, 1, 1, 1, 64), most: 1 },
    'split 2': { ...split('down', 2, 1, 1, 1, 64), least: 2, most: 2 },
    'split 4': { ...split('down', 4, 1, 4, 1, 64), least: 4, most: 4 },
    'split 8': { ...split('down', 8, 1, 4, 1, 64), least: 8, most: 64 },
    'split 8 wide': { ...split('down', 8, 1, 1, 1, 256), least: 8, most: 16 },
    'split 16': { ...split('down', 16, 1, 4, 1, 64), least: 16, most: 64 },
    'split tile': { ...split('down', 4, 4, groupCols, 4, 64 / groupCols), least: 32 },
  };
}

/** Variants of h together with the norm of its input. Null: a dispatch of its own for the norm. */
export function normedVariants(totalRank: number): Readonly<Record<string, NormedVariant>> {
  const splits = Object.entries(downVariants(totalRank)).flatMap(([name, down]): [string, NormedVariant][] => {
    const { TILE_ROWS, GROUP_ROWS } = down.constants;
    if (down.entry !== 'down_split' || GROUP_ROWS > 1 || TILE_ROWS > MOST_NORMED_ROWS) return [];
    return [[name, { ...down, down: { ...down, entry: 'down_normed', constants: { ...down.constants, NORMED: 1 } } }]];
  });
  return { ...Object.fromEntries(splits), separate: { least: LEAST_SEPARATE_ROWS, down: null } };
}

/** Variants of the gradient of h. */
export function hiddenVariants(rank: number): Variants {
  const groupCols = covering(rank / 4, 4);
  return {
    '8x4': alone('backward_hidden', 8, 4, 8, 8),
    'split tile': split('backward_hidden', 4, 4, groupCols, 4, 64 / groupCols),
  };
}

/** Variants of the gradient of a factor [outs, cols]. */
export function weightVariants(outs: number, cols: number): Variants {
  const tile = cols % 16 === 0 ? 16 : cols % 8 === 0 ? 8 : 4;
  // The narrow side of a factor has few tiles. Threads next to each other then divide the other side, or they would
  // be idle.
  const across = Math.min(8, 2 ** Math.floor(Math.log2(cols / tile)));
  const groupRows = covering(outs / 4, 16 / covering(cols / 4, 4));
  return {
    '4 rows': alone('backward_weight', 4, tile, across, 64 / across),
    'split tile': split('backward_weight', 4, 4, 16 / groupRows, groupRows, 16),
  };
}

/** One product of lora.wgsl. */
interface Product {
  readonly left: Tensor;
  readonly right: Tensor | BoundTensor;
  readonly out: Tensor | BoundTensor;
  readonly rightWidth: number;
  readonly outWidth: number;
  readonly scale: number;
  readonly segments: readonly LoraSegment[];
  /** Columns and rows that are computed, and how many such matrices. */
  readonly grid: readonly [columns: number, rows: Extent, matrices: number];
  /** Floating-point operations for each row of `left`. */
  readonly flops: number;
  /** Terms of the sum behind an output, at most. */
  readonly terms: number;
  /** The norm of left, in `down_normed`. */
  readonly normed?: Omit<RmsNorm, 'residual'> & { readonly out: Tensor };
}

function emit(p: Planner, { entry, constants }: LoraVariant, o: Product): void {
  const { rows, width: leftWidth } = matrixShape('lora', o.left);
  const { normed } = o;
  const cols = constants.TILE_COLS * constants.GROUP_COLS;
  p.emit({
    variant: { source, entry, libs: normed ? [normedLib] : [], constants },
    bindings: {
      ...{ left: o.left, right: o.right, [normed || entry.endsWith('_split') ? 'sums' : 'out']: o.out },
      ...(normed && { norm: normed.weight, normed: normed.out }),
    },
    uniforms: {
      rows,
      leftWidth: leftWidth / 4,
      rightWidth: o.rightWidth / 4,
      outWidth: o.outWidth / 4,
      scale: o.scale,
      ...segmentUniforms(o.segments, leftWidth),
      share: Math.ceil(leftWidth / 4 / Math.ceil(o.grid[0] / cols)),
      ...{ size: normed?.size ?? leftWidth, eps: normed?.eps ?? 0, offset: normed?.offset ?? 0 },
    },
    grid: [
      { extent: o.grid[0], per: cols },
      { extent: o.grid[1], per: constants.TILE_ROWS * constants.GROUP_ROWS },
      o.grid[2],
    ],
    work: {
      extent: rows,
      flops: o.flops,
      sum: { terms: o.terms, inTurn: 4 * Math.ceil(o.terms / 4 / constants.SPLIT) },
    },
  });
}

/** @param outputs where the last segment ends */
function segmentUniforms(segments: readonly LoraSegment[], outputs: number) {
  const at = (i: number) => {
    const { outStart = outputs, outEnd = outputs, adapter = null } = segments[i] ?? {};
    return {
      end: outEnd / 4,
      h: adapter === null ? NONE : adapter.hStart / 4,
      b: adapter === null ? 0 : (adapter.bStart - outStart) >>> 0,
    };
  };
  const [s0, s1, s2] = [at(0), at(1), at(2)];
  return { end0: s0.end, end1: s1.end, h0: s0.h, h1: s1.h, h2: s2.h, b0: s0.b, b1: s1.b, b2: s2.b };
}

/** Outputs that have an adapter, which is the number of rows of B. */
function adaptedOutputs(segments: readonly LoraSegment[]): number {
  return segments.reduce((sum, { outStart, outEnd, adapter }) => sum + (adapter === null ? 0 : outEnd - outStart), 0);
}

/** The variant of one product, by its shape and rows. `measure` plans it alone with so many rows. */
function choose<V extends Variant>(
  p: Planner,
  o: { name: string; shape: string; rows: Extent; variants: Readonly<Record<string, V>> },
  measure: (p: Planner, rows: number) => void,
): V {
  const { name, shape, rows, variants } = o;
  const { most, measured } = rowClass(rows, p.tuning);
  const key = p.tuning.software ? `lora.${name} ≤${most}` : `lora.${name} ${shape} ≤${most}`;
  return p.choose(key, measured, variants, (alone) => {
    measure(alone, measured);
    return {};
  });
}

/**
 * Checks that the segments cover the outputs in order, and that each factor is large enough for the projections that
 * it adapts.
 */
export function checkLora(op: string, lora: Lora, inputs: number, outputs: number): void {
  const { a, b, da, db, rank, totalRank, segments } = lora;
  checkFour(op, 'the rank', rank);
  assert(segments.length <= 3, `${op}: ${segments.length} stacked projections, at most three are supported`);
  let end = 0;
  let adapted = 0;
  let ranks = 0;
  for (const { outStart, outEnd, adapter } of segments) {
    assert(outStart === end, `${op}: a segment begins at output ${outStart}, the one before it ends at ${end}`);
    checkFour(op, 'the width of a segment', outEnd - outStart);
    end = outEnd;
    if (adapter === null) continue;
    adapted += outEnd - outStart;
    ranks += rank;
  }
  assert(end === outputs, `${op}: the segments end at output ${end}, the weight has ${outputs}`);
  assert(ranks === totalRank, `${op}: the ranks of the projections add up to ${ranks}, not ${totalRank}`);
  for (const factor of [a, da]) if (factor !== null) checkSize(op, factor, totalRank * inputs);
  for (const factor of [b, db]) if (factor !== null) checkSize(op, factor, adapted * rank);
}

/** Returns h = inp · Aᵀ [N, Σrank] for inp [N, I]. */
export function loraDown(p: Planner, inp: Tensor, lora: Lora): Tensor {
  const { rows, width: I } = matrixShape('lora', inp);
  const { a, totalRank } = lora;
  checkSize('lora', a, totalRank * I);
  const h = p.activation('lora h', [rows, totalRank]);
  const shape = { name: 'down', shape: `${I} → ${totalRank}`, rows, variants: downVariants(totalRank) };
  const variant = choose(p, shape, (alone, measured) => {
    loraDown(alone, alone.slot('inp', [measured, I]), { ...lora, a: { tensor: alone.slot('a', [totalRank, I]) } });
  });
  emit(p, variant, { ...downProduct(inp, lora), out: h });
  return h;
}

function downProduct(inp: Tensor, { a, totalRank }: Lora): Omit<Product, 'out'> {
  const { rows, width: I } = matrixShape('lora', inp);
  return {
    left: inp,
    right: a,
    rightWidth: I,
    outWidth: totalRank,
    scale: 1,
    segments: [],
    grid: [totalRank, rows, 1],
    flops: 2 * totalRank * I,
    terms: I,
  };
}

/**
 * Returns the RMS norm of inp [N, I], and h of the normed rows [N, Σrank]: in one dispatch, where a variant for that
 * is offered. It has no gradient.
 */
export function normedDown(
  p: Planner,
  inp: Tensor,
  lora: Lora,
  norm: Omit<RmsNorm, 'residual'>,
): { normed: Tensor; h: Tensor } {
  const down = normedVariant(p, inp, lora, norm);
  if (down === null) {
    const normed = rmsnorm(p, inp, norm);
    return { normed, h: loraDown(p, normed, lora) };
  }
  const { rows, width: I } = matrixShape('lora', inp);
  const { a, totalRank } = lora;
  checkSize('lora', a, totalRank * I);
  checkNorm('lora', inp, norm);
  const normed = p.activation('rmsnorm', [rows, I]);
  const h = p.activation('lora h', [rows, totalRank]);
  emit(p, down, { ...downProduct(inp, lora), out: h, normed: { ...norm, out: normed } });
  return { normed, h };
}

function normedVariant(p: Planner, inp: Tensor, lora: Lora, norm: Omit<RmsNorm, 'residual'>): LoraVariant | null {
  const { rows, width: I } = matrixShape('lora', inp);
  const { totalRank } = lora;
  const variants = normedVariants(totalRank);
  const offered = candidatesOf(variants, rowClass(rows, p.tuning).measured, p.tuning);
  if (offered.every((name) => variants[name]?.down == null)) return null;
  const shape = { name: 'down_normed', shape: `${I} → ${totalRank}`, rows, variants };
  return choose(p, shape, (alone, measured) => {
    const a = { tensor: alone.slot('a', [totalRank, I]) };
    const weight = { tensor: alone.slot('norm', [I]) };
    normedDown(alone, alone.slot('inp', [measured, I]), { ...lora, a }, { ...norm, weight });
  }).down;
}

/** Adds to the gradients of A and B, and returns dh [N, Σrank], which includes the scale. */
export function loraBackward(
  p: Planner,
  { inp, h, dout, lora }: { inp: Tensor; h: Tensor; dout: Tensor; lora: Lora },
): Tensor {
  const { rows, width: I } = matrixShape('lora backward', inp);
  const { width: O } = matrixShape('lora backward', dout);
  checkShape('lora backward', dout, [rows, O]);
  checkShape('lora backward', h, [rows, lora.totalRank]);
  checkLora('lora backward', lora, I, O);
  const { da, db, scale, segments, totalRank } = lora;
  const dh = hiddenGradient(p, dout, lora);
  if (db !== null) weightGradient(p, { left: dout, right: h, out: db, outWidth: lora.rank, scale, segments });
  if (da !== null) {
    const whole = { outStart: 0, outEnd: totalRank, adapter: { hStart: 0, bStart: 0 } };
    weightGradient(p, { left: dh, right: inp, out: da, outWidth: I, scale: 1, segments: [whole] });
  }
  return dh;
}

/** Returns dh = scale · dout · B [N, Σrank] for dout [N, O]. */
function hiddenGradient(p: Planner, dout: Tensor, lora: Lora): Tensor {
  const { rows, width: O } = matrixShape('lora backward', dout);
  const { b, rank, totalRank, scale, segments } = lora;
  const adapted = adaptedOutputs(segments);
  const dh = p.activation('d lora h', [rows, totalRank]);
  const shape = { name: 'backward_hidden', shape: `${adapted} → ${totalRank}`, rows, variants: hiddenVariants(rank) };
  const variant = choose(p, shape, (alone, measured) => {
    const factor = { tensor: alone.slot('b', [adapted, rank]) };
    hiddenGradient(alone, alone.slot('dout', [measured, O]), { ...lora, b: factor });
  });
  emit(p, variant, {
    left: dout,
    right: b,
    out: dh,
    rightWidth: rank,
    outWidth: totalRank,
    scale,
    segments,
    grid: [rank, rows, segments.length],
    flops: 2 * rank * adapted,
    terms: adapted,
  });
  return dh;
}

/**
 * Adds scale · leftᵀ · right to a factor: for each segment, the product of its columns of left with its columns of
 * right.
 */
function weightGradient(
  p: Planner,
  o: Pick<Product, 'left' | 'outWidth' | 'scale' | 'segments'> & { right: Tensor; out: BoundTensor },
): void {
  const { rows, width: leftWidth } = matrixShape('lora backward', o.left);
  const { width: rightWidth } = matrixShape('lora backward', o.right);
  const outRows = adaptedOutputs(o.segments);
  const variants = weightVariants(leftWidth, o.outWidth);
  const shape = { name: 'backward_weight', shape: `${outRows} × ${o.outWidth}`, rows, variants };
  const variant = choose(p, shape, (alone, measured) => {
    const left = alone.slot('left', [measured, leftWidth]);
    const right = alone.slot('right', [measured, rightWidth]);
    weightGradient(alone, { ...o, left, right, out: { tensor: alone.slot('out', [outRows, o.outWidth]) } });
  });
  emit(p, variant, {
    ...o,
    rightWidth,
    grid: [o.outWidth, leftWidth, 1],
    flops: 2 * outRows * o.outWidth,
    terms: capacity(rows),
  });
}
