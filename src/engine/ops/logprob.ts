import code from '../../../shaders/logprob.wgsl?raw';
import { assert } from '../../lib/assert';
import type { Planner } from '../planner';
import { reduction } from '../reduction';
import { checkRowInput, matrixShape } from '../shapes';
import type { Tensor } from '../tensor';
import { checkWeight, storedBytes, WEIGHT_FORMATS, type Weight, type WeightPart } from '../weight';
import { linearBackward, linearForward } from './linear';

const source = { name: 'logprob', code };

export interface Logprob {
  /** [M, C]: the hidden states that are scored. */
  readonly hidden: Tensor;
  /** The vocabulary head [V, C]. */
  readonly head: Weight;
  /** u32 [M] */
  readonly targets: Tensor;
  /** u32 [M]: the branch of each row. */
  readonly branches: Tensor;
  /**
   * f32 [branches]: derivative of the loss by the summed log-probability of each branch. Only the backward pass reads
   * it.
   */
  readonly dbranch: Tensor;
  /** Number of logit columns that exist at once. */
  readonly chunk: number;
}

/** Returns log p(target) of each row [M]. The logits [M, V] never exist as a whole. */
export function logprob(p: Planner, { hidden, head, targets, branches, dbranch, chunk }: Logprob): Tensor {
  const { rows } = matrixShape('logprob', hidden);
  checkWeight('logprob', head);
  checkRowInput('logprob', targets, rows);
  checkRowInput('logprob', branches, rows);
  assert(chunk > 0, `logprob: chunks of ${chunk} columns`);
  const logps = p.activation('logps', [rows], hidden.requiresGrad);
  const lse = p.activation('lse', [rows]);
  const running = p.activation('running', [rows, 4]);
  const { libs, constants } = reduction(p.tuning);
  const chunks = head.parts.flatMap((part) => chunksOf(part, head, chunk));
  const product = (piece: WeightPart) => {
    const columns = piece.end - piece.first;
    const stride = Math.ceil(columns / 4);
    const logits = p.activation('logits', [rows, stride * 4]);
    linearForward(p, { inp: hidden, weight: head, part: piece, out: logits, bias: null, lora: null, residual: null });
    return { logits, uniforms: { rows, first: piece.first, chunk: columns, stride } };
  };
  let kept: Tensor | null = null;
  chunks.forEach((piece, i) => {
    const { logits, uniforms } = product(piece);
    p.emit({
      variant: { source, entry: 'forward', libs, constants },
      bindings: { logits, targets, running, logps, lse },
      uniforms: { ...uniforms, last: i === chunks.length - 1 ? 1 : 0 },
      grid: [{ extent: rows, per: constants.ROWS }],
    });
    // The backward pass reads a single chunk again, and recomputes several.
    if (chunks.length === 1) kept = logits;
  });
  p.record(logps, () => {
    for (const piece of chunks) {
      const columns = piece.end - piece.first;
      const stride = Math.ceil(columns / 4);
      const logits = kept ?? product(piece).logits;
      p.emit({
        variant: { source, entry: 'backward', libs, constants },
        bindings: { logits, targets, lse, branches, dbranch },
        uniforms: { rows, first: piece.first, chunk: columns, stride, last: 0 },
        grid: [
          { extent: stride, per: 64 },
          { extent: rows, per: 1 },
        ],
      });
      linearBackward(p, { inp: hidden, weight: head, part: piece, dout: logits, lora: null });
    }
  });
  return logps;
}

/**
 * Splits a part into ranges of rows, each with its own binding. They begin at the start of a stored unit and at
 * multiples of 256 bytes.
 */
function chunksOf(part: WeightPart, head: Weight, chunk: number): WeightPart[] {
  const { values } = WEIGHT_FORMATS[part.storage];
  const bytes = (rows: number) => storedBytes(part.storage, rows * head.cols);
  let step = chunk;
  while ((step * head.cols) % values !== 0 || bytes(step) % 256 !== 0) step++;
  const pieces: WeightPart[] = [];
  for (let first = part.first; first < part.end; first += step) {
    const end = Math.min(first + step, part.end);
    const offset = (part.bound.offset ?? 0) + bytes(first - part.first);
    const size = Math.ceil(bytes(end - first) / 16) * 16;
    pieces.push({ first, end, storage: part.storage, bound: { tensor: part.bound.tensor, offset, bytes: size } });
  }
  return pieces;
}
