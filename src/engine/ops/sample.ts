import code from '../../../shaders/sample.wgsl?raw';
import { assert } from '../../lib/assert';
import type { Planner, UniformValue } from '../planner';
import { reduction } from '../reduction';
import { checkRowInput, describeTensor, matrixShape } from '../shapes';
import { capacity, type Extent, type Tensor } from '../tensor';

const source = { name: 'sample', code };

/** The value in `written` for an idle lane. */
export const IDLE = 0xffffffff;
/** u32 words of a lane: stream, candidate, length, limit, step and three words of padding. */
export const LANE_WORDS = 8;

/** Number of end-of-turn tokens that the shader compares with. */
export const MOST_ENDS = 4;

export interface Sample {
  /** [L, stride] */
  readonly logits: Tensor;
  readonly lanes: Extent;
  readonly vocabulary: number;
  /** u32 [L, LANE_WORDS] */
  readonly state: Tensor;
  /** u32 [L] each, ranges [L, 4]: the inputs of the next decode step, which are moved on by one token. */
  readonly tokens: Tensor;
  readonly positions: Tensor;
  readonly kvRows: Tensor;
  readonly ranges: Tensor;
  /** u32 [steps, L] */
  readonly written: Tensor;
  readonly temperature: UniformValue;
  readonly topK: UniformValue;
  readonly topP: UniformValue;
  readonly seed: UniformValue;
  /** At most `MOST_ENDS`. */
  readonly ends: readonly number[];
}

/** Draws a token for every lane that is not idle, and prepares the lane for the next step. */
export function sample(p: Planner, o: Sample): void {
  const { rows, width } = matrixShape('sample', o.logits);
  assert(
    o.vocabulary <= width,
    `sample: ${describeTensor(o.logits)} has fewer columns than the ${o.vocabulary} tokens of the vocabulary`,
  );
  assert(o.ends.length <= MOST_ENDS, `sample: ${o.ends.length} ends of turn, at most ${MOST_ENDS} are compared`);
  checkRowInput('sample', o.state, o.lanes, LANE_WORDS);
  for (const tensor of [o.tokens, o.positions, o.kvRows]) checkRowInput('sample', tensor, o.lanes);
  checkRowInput('sample', o.ranges, o.lanes, 4);
  const [, columns = 0] = o.written.shape;
  assert(
    capacity(columns) >= capacity(o.lanes),
    `sample: ${describeTensor(o.written)} has fewer columns than the ${capacity(o.lanes)} lanes`,
  );
  assert(
    capacity(rows) >= capacity(o.lanes),
    `sample: ${describeTensor(o.logits)} has fewer rows than the ${capacity(o.lanes)} lanes`,
  );
  const { logits, tokens, positions, kvRows, ranges, written, vocabulary } = o;
  const count = blocksOf(vocabulary);
  const blocks = p.activation('logit blocks', [o.lanes, 2 * count]);
  const uniforms = {
    rows: o.lanes,
    vocabulary,
    stride: width / 4,
    count,
    temperature: o.temperature,
    topK: o.topK,
    topP: o.topP,
    seed: o.seed,
    end0: o.ends[0] ?? IDLE,
    end1: o.ends[1] ?? IDLE,
    end2: o.ends[2] ?? IDLE,
    end3: o.ends[3] ?? IDLE,
  };
  const { libs, constants } = reduction(p.tuning);
  // A lane has one workgroup, which is as large as every device allows.
  const lanes = constants.LANES === 1 ? constants : { ...constants, LANES: 256 };
  p.emit({
    variant: { source, entry: 'summarise', libs, constants: lanes },
    bindings: { logits, blocks },
    uniforms,
    grid: [
      { extent: count, per: 64 },
      { extent: o.lanes, per: 1 },
    ],
  });
  p.emit({
    variant: { source, entry: 'forward', libs, constants: lanes },
    bindings: { logits, lanes: o.state, tokens, positions, kvRows, ranges, written, blocks },
    uniforms,
    grid: [{ extent: o.lanes, per: constants.ROWS }],
  });
}

/** Number of blocks of a row of logits: 64 for each 1,024 vec4, of 16 vec4 each (see sample.wgsl). */
function blocksOf(vocabulary: number): number {
  return 64 * Math.ceil(vocabulary / 4096);
}
