/**
 * Preference pairs as rows of one ragged batch, no padding: each prompt is computed once and seen by both of its completions.
 * The last token of the prompt is the first row of every branch, so that each row of a branch scores exactly one token.
 * Branch rows come first (they are the scored ones), then the prompts.
 */
import { LabError } from '../lib/errors';
import { type BatchLimits, checkCount, checkRows, checkTokens } from '../model/batch-limits';
import type { BatchCapacity } from './plans';

export interface PairTokens {
  readonly prompt: readonly number[];
  readonly chosen: readonly number[];
  /** Empty where there is none (SFT). */
  readonly rejected: readonly number[];
}

export interface PairBatch {
  readonly pairs: number;
  /** Rows in all, and those that score a token: the first ones. */
  readonly rows: number;
  readonly scored: number;
  /** [rows] */
  readonly tokens: Uint32Array<ArrayBuffer>;
  readonly positions: Uint32Array<ArrayBuffer>;
  /** [rows]: n itself, the key row it makes. */
  readonly kvRows: Uint32Array<ArrayBuffer>;
  /** [rows, 4]: prefix, prefixEnd, own, ownEnd. */
  readonly ranges: Uint32Array<ArrayBuffer>;
  /** [rows, 4]: own, ownEnd, dependent, dependentEnd. */
  readonly visibleTo: Uint32Array<ArrayBuffer>;
  /** [scored] */
  readonly targets: Uint32Array<ArrayBuffer>;
  readonly branchOf: Uint32Array<ArrayBuffer>;
  /** [2·pairs, 2]: first row, length; chosen and rejected in turn. */
  readonly branches: Uint32Array<ArrayBuffer>;
  /** Completion tokens of all chosen. */
  readonly chosenTokens: number;
}

/** Tokens of the longest prompt with one of its completions. */
export function longestSequence(pairs: readonly PairTokens[]): number {
  return Math.max(
    ...pairs.map(({ prompt, chosen, rejected }) => prompt.length + Math.max(chosen.length, rejected.length)),
  );
}

/** Rows that a pair takes. */
export function pairRows({ prompt, chosen, rejected }: PairTokens): number {
  return prompt.length - 1 + chosen.length + rejected.length;
}

/** @throws LabError batch-limit: a pair without a prompt */
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
 * Everything in the batch is within what was planned and points to something that exists.
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

/** Runs of pairs that fit `rows` rows and `most` pairs each, in order. */
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
