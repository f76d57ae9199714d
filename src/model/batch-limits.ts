/**
 * Checks of a batch before it is written to the device. Kernels do not check indices: WebGPU clamps an index that is
 * out of bounds, and the results would be wrong without an error.
 */
import { assert } from '../lib/assert';
import { LabError } from '../lib/errors';

/** Sizes of the tables that the rows of a batch point into. */
export interface BatchLimits {
  /** Rows of the embedding. */
  readonly vocabulary: number;
  /** Rows of the position table. */
  readonly positions: number;
  /** Rows of keys and values: of the cache in generation, of the batch itself in training. */
  readonly keys: number;
}

/** The rows of a batch, as they are written to the device. See `attention` for the ranges. */
export interface BatchRows {
  /** [N] */
  readonly tokens: ArrayLike<number>;
  readonly positions: ArrayLike<number>;
  readonly kvRows: ArrayLike<number>;
  /** [N, 4] */
  readonly ranges: ArrayLike<number>;
  /** [N, 4], only where a backward pass follows: the rows that each key row is visible to. */
  readonly visibleTo?: ArrayLike<number>;
}

const SHORTER = 'Nothing of this batch was computed. Use shorter prompts or lower the length limit.';
const OTHER_MODEL = 'Nothing of this batch was computed. Check that the tokens come from this model’s tokenizer.';
const REPORT = 'Nothing of this batch was computed. This is a fault of the program; please report it.';

function refuse(message: string, advice: string): never {
  throw new LabError('batch-limit', message, advice);
}

/** @throws LabError batch-limit */
export function checkCount(batch: string, what: string, count: number, most: number): void {
  if (count > most) refuse(`The ${batch} has ${count} ${what}; the plan has room for ${most}.`, SHORTER);
}

/** @throws LabError batch-limit */
export function checkTokens(batch: string, tokens: ArrayLike<number>, vocabulary: number): void {
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] ?? Number.NaN;
    if (!(Number.isInteger(token) && token >= 0 && token < vocabulary))
      refuse(`Row ${i} of the ${batch} has token ${token}; the vocabulary has ${vocabulary} tokens.`, OTHER_MODEL);
  }
}

/** Each row has two ranges [start, end) of a table with `size` rows. */
function checkRanges(batch: string, what: string, ranges: ArrayLike<number>, size: number): void {
  for (let i = 0; i < ranges.length; i += 2) {
    const [start, end] = [ranges[i] ?? Number.NaN, ranges[i + 1] ?? Number.NaN];
    if (!(start <= end && end <= size))
      refuse(`Row ${i >> 2} of the ${batch} ${what} rows ${start} … ${end}; there are ${size}.`, REPORT);
  }
}

/**
 * Checks that every token, position and range of a batch points to something that exists.
 * @throws LabError batch-limit
 */
export function checkRows(batch: string, rows: BatchRows, limits: BatchLimits): void {
  const count = rows.tokens.length;
  const lengths = [rows.positions.length, rows.kvRows.length, rows.ranges.length / 4];
  assert(
    lengths.every((length) => length === count),
    `the ${batch} has ${count} tokens but ${lengths.join(', ')} positions, kv rows and ranges`,
  );
  checkTokens(batch, rows.tokens, limits.vocabulary);
  for (let i = 0; i < count; i++) {
    const position = rows.positions[i] ?? Number.NaN;
    if (!(position < limits.positions))
      refuse(
        `Row ${i} of the ${batch} has position ${position}; the position table ends at ${limits.positions - 1}.`,
        SHORTER,
      );
    const row = rows.kvRows[i] ?? Number.NaN;
    if (!(row < limits.keys))
      refuse(`Row ${i} of the ${batch} writes kv row ${row}; there are ${limits.keys}.`, REPORT);
  }
  checkRanges(batch, 'sees kv', rows.ranges, limits.keys);
  if (rows.visibleTo) checkRanges(batch, 'is visible to', rows.visibleTo, count);
}
