import code from '../../../shaders/lora.wgsl?raw';
import { assert } from '../../lib/assert';
import type { Planner } from '../planner';
import { checkFour, checkShape, checkSize, matrixShape } from '../shapes';
import type { BoundTensor, Tensor } from '../tensor';

const source = { name: 'lora', code };

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

const TILE_ROWS = 8;
const GROUP = { GROUP_COLS: 8, GROUP_ROWS: 8 };
const constants = { TILE_ROWS, TILE_COLS: 1, ...GROUP };

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
  checkSize('lora', lora.a, lora.totalRank * I);
  const h = p.activation('lora h', [rows, lora.totalRank]);
  p.emit({
    variant: { source, entry: 'down', libs: [], constants },
    bindings: { left: inp, right: lora.a, out: h },
    uniforms: { ...NOTHING, rows, inps: I / 4, outs: lora.totalRank, rightStride: lora.totalRank / 4 },
    grid: [
      { extent: lora.totalRank, per: 4 * GROUP.GROUP_COLS },
      { extent: rows, per: TILE_ROWS * GROUP.GROUP_ROWS },
    ],
    work: { extent: rows, flops: 2 * lora.totalRank * I },
  });
  return h;
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
  const dh = p.activation('d lora h', [rows, lora.totalRank]);
  const common = { ...NOTHING, rows, leftStride: O / 4, rightStride: lora.totalRank / 4 };
  for (const { outStart, outEnd, adapter } of lora.segments) {
    if (adapter === null) continue;
    const segment = {
      ...common,
      outs: outEnd - outStart,
      leftStart: outStart / 4,
      rightStart: adapter.hStart / 4,
      cols: lora.rank / 4,
      weightStart: adapter.bStart,
      scale: lora.scale,
    };
    p.emit({
      variant: { source, entry: 'backward_hidden', libs: [], constants },
      bindings: { left: dout, right: lora.b, out: dh },
      uniforms: segment,
      grid: [
        { extent: lora.rank / 4, per: GROUP.GROUP_COLS },
        { extent: rows, per: TILE_ROWS * GROUP.GROUP_ROWS },
      ],
      work: { extent: rows, flops: 2 * lora.rank * segment.outs },
    });
    if (lora.db !== null) weightGradient(p, dout, h, lora.db, segment);
  }
  if (lora.da !== null) {
    weightGradient(p, dh, inp, lora.da, {
      ...common,
      outs: lora.totalRank,
      leftStride: lora.totalRank / 4,
      rightStride: I / 4,
      cols: I / 4,
      scale: 1,
    });
  }
  return dh;
}

function weightGradient(
  p: Planner,
  left: Tensor,
  right: Tensor,
  out: BoundTensor,
  uniforms: typeof NOTHING & { rows: Tensor['shape'][number] },
): void {
  const tile = uniforms.cols % 4 === 0 ? 4 : uniforms.cols % 2 === 0 ? 2 : 1;
  // The narrow side of a factor has few tiles. Threads next to each other then divide the other side, or they would
  // be idle.
  const across = Math.min(GROUP.GROUP_COLS, 2 ** Math.floor(Math.log2(uniforms.cols / tile)));
  const group = { GROUP_COLS: across, GROUP_ROWS: (GROUP.GROUP_COLS * GROUP.GROUP_ROWS) / across };
  p.emit({
    variant: { source, entry: 'backward_weight', libs: [], constants: { TILE_ROWS, TILE_COLS: tile, ...group } },
    bindings: { left, right, out },
    uniforms,
    grid: [
      { extent: uniforms.cols, per: tile * group.GROUP_COLS },
      { extent: uniforms.outs, per: 4 * group.GROUP_ROWS },
    ],
    work: { extent: uniforms.rows, flops: 8 * uniforms.cols * uniforms.outs },
  });
}

const NOTHING = {
  inps: 0,
  outs: 0,
  leftStride: 0,
  leftStart: 0,
  rightStride: 0,
  rightStart: 0,
  cols: 0,
  weightStart: 0,
  scale: 1,
};
