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
  /** [M, C]: hidden rows that are scored. */
  readonly hidden: Tensor;
  /** The vocabulary head [V, C]. */
  readonly head: Weight;
  /** u32 [M] */
  readonly targets: Tensor;
  /** u32 [M]: the branch of each row. */
  readonly branches: Tensor;
  /** f32 [branches]: derivative of the loss by a branch's summed log-probability; backward reads it. */
  readonly dbranch: Tensor;
  /** Columns of logits that exist at once. */
  readonly chunk: number;
}

/** log p(target) of each row [M]; the logits [M, V] never exist whole. */
export function logprob(p: Planner, { hidden, head, targets, branches, dbranch, chunk }: Logprob): Tensor {
  const { rows } = matrixShape('logprob', hidden);
  checkWeight('logprob', head);
  checkRowInput('logprob', targets, rows);
  checkRowInput('logprob', branches, rows);
  assert(chunk > 0, `logprob: chunks of ${chunk} columns`);
  const logps = p.activation('logps', [rows], hidden.requiresGrad);
  const lse = p.activation('lse', [rows]);
  const running = p.activation('running', [rows, 4]);
  const { libs, constants } = reduction(p.choices);
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
    // A single chunk is kept for backward; several are made again.
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

/** Runs of rows of a part, each a binding of its own: they begin where a run of stored values does, at multiples of 256 bytes. */
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
