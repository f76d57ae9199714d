/**
 * Preference pairs as the rows of one ragged batch without padding. Each prompt is computed once, and both of its
 * completions see it. The last token of the prompt is the first row of each branch, so that every row of a branch
 * scores exactly one token. The rows of branches, which are scored, come first; the prompts follow.
 */
import { LabError } from '../lib/errors';
import { type BatchLimits, checkCount, checkRows, checkTokens } from '../model/batch-limits';
import type { BatchCapacity } from './plans';

export interface PairTokens {
  readonly prompt: readonly number[];
  readonly chosen: readonly number[];
  /** Empty in SFT. */
  readonly rejected: readonly number[];
}

export interface PairBatch {
  readonly pairs: number;
  /** Number of rows, and of rows that score a token, which are the first. */
  readonly rows: number;
  readonly scored: number;
  /** [rows] */
  readonly tokens: Uint32Array<ArrayBuffer>;
  readonly positions: Uint32Array<ArrayBuffer>;
  /** [rows]: the key row that each row writes, its own index. */
  readonly kvRows: Uint32Array<ArrayBuffer>;
  /** [rows, 4]: prefix, prefixEnd, own, ownEnd: the key rows that a row sees. */
  readonly ranges: Uint32Array<ArrayBuffer>;
  /** [rows, 4]: own, ownEnd, dependent, dependentEnd: the rows that a key row is visible to. */
  readonly visibleTo: Uint32Array<ArrayBuffer>;
  /** [scored] */
  readonly targets: Uint32Array<ArrayBuffer>;
  readonly branchOf: Uint32Array<ArrayBuffer>;
  /** [2·pairs, 2]: first row and length of each branch, chosen and rejected in turn. */
  readonly branches: Uint32Array<ArrayBuffer>;
  /** Number of completion tokens of all chosen. */
  readonly chosenTokens: number;
}

/** Number of tokens of the longest prompt with one of its completions. */
export function longestSequence(pairs: readonly PairTokens[]): number {
  return Math.max(
    ...pairs.map(({ prompt, chosen, rejected }) => prompt.length + Math.max(chosen.length, rejected.length)),
  );
}

/** Number of rows of a pair. */
export function pairRows({ prompt, chosen, rejected }: PairTokens): number {
  return prompt.length - 1 + chosen.length + rejected.length;
}

/** @throws LabError batch-limit if a pair has no prompt */
export function batchPairs(pairs: readonly PairTokens[]): PairBatch {
  const scored = pairs.reduce((sum, { chosen, rejected }) => sum + chosen.length + rejected.length, 0);
  const rows = pairs.reduce((sum, pair) => sum + pairRows(pair), 0);
  const tokens = new Uint32Array(rows);
  const positions = new Uint32Array(rows);
  const ranges = new Uint32Array(rows * 4);
  const visibleTo = new Uint32Array(rows * 4);
  const targets = new Uint32Array(scored);
  const branchOf = new Uint32Array(scored);
  const branches = new Uint32Array(pairs.length * 4);

  let row = 0;
  let prefix = scored;
  pairs.forEach(({ prompt, chosen, rejected }, p) => {
    if (prompt.length === 0)
      throw new LabError(
        'batch-limit',
        `The prompt of pair ${p} has no tokens, so nothing predicts the first token of its completions.`,
        'Nothing was computed. Leave this pair out.',
      );
    const before = prompt.length - 1;
    const prefixEnd = prefix + before;
    const first = row;
    [chosen, rejected].forEach((completion, side) => {
      const branch = 2 * p + side;
      const start = row;
      const end = start + completion.length;
      branches.set([start, completion.length], branch * 2);
      completion.forEach((target, i) => {
        tokens[row] = (i === 0 ? prompt[before] : completion[i - 1]) as number;
        positions[row] = before + i;
        targets[row] = target;
        branchOf[row] = branch;
        ranges.set([prefix, prefixEnd, start, row + 1], row * 4);
        visibleTo.set([row, end, 0, 0], row * 4);
        row++;
      });
    });
    for (let i = 0; i < before; i++) {
      const at = prefix + i;
      tokens[at] = prompt[i] as number;
      positions[at] = i;
      ranges.set([0, 0, prefix, at + 1], at * 4);
      visibleTo.set([at, prefixEnd, first, row], at * 4);
    }
    prefix = prefixEnd;
  });
  return {
    pairs: pairs.length,
    rows,
    scored,
    tokens,
    positions,
    kvRows: Uint32Array.from({ length: rows }, (_, n) => n),
    ranges,
    visibleTo,
    targets,
    branchOf,
    branches,
    chosenTokens: pairs.reduce((sum, { chosen }) => sum + chosen.length, 0),
  };
}

/**
 * Checks that the batch fits its plan, and that everything in it points to something that exists.
 * @throws LabError batch-limit
 */
export function checkBatch(
  name: string,
  batch: PairBatch,
  capacity: BatchCapacity,
  limits: Omit<BatchLimits, 'keys'>,
): void {
  checkCount(name, 'rows', batch.rows, capacity.rows);
  checkCount(name, 'scored rows', batch.scored, capacity.scored);
  checkCount(name, 'pairs', batch.pairs, capacity.pairs);
  checkRows(name, batch, { ...limits, keys: batch.rows });
  checkTokens(`targets of the ${name}`, batch.targets, limits.vocabulary);
}

/**
 * Groups items in order, each group within `rows` rows and `most` items. An item that is larger than `rows` is a
 * group of its own.
 */
export function microBatches<T>(items: readonly T[], rowsOf: (item: T) => number, rows: number, most: number): T[][] {
  const batches: T[][] = [];
  let current: T[] = [];
  let used = 0;
  for (const item of items) {
    const need = rowsOf(item);
    if (current.length > 0 && (used + need > rows || current.length === most)) {
      batches.push(current);
      current = [];
      used = 0;
    }
    current.push(item);
    used += need;
  }
  if (current.length > 0) batches.push(current);
  return batches;
}
