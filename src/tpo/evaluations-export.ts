/** A run's evaluations as one table: a row for each iteration and arm, intervals as columns of their own, categories last. */
import { ARMS } from '../recipe/recipe';
import { bestIteration } from './best-checkpoint';
import type { Table } from './metrics-export';
import type { CategoryDifference, Evaluation, WinRate } from './types';

type Cell = Table['rows'][number][number];

export function evaluationsTable(evaluations: readonly Evaluation[]): Table {
  const rows = [...evaluations].sort((a, b) => a.iteration - b.iteration || ARMS.indexOf(a.arm) - ARMS.indexOf(b.arm));
  const best = new Map(ARMS.map((arm) => [arm, bestIteration(rows, arm)]));
  const categories = [...new Set(rows.flatMap((row) => Object.keys(row.byCategory)))].sort();
  const columns: readonly (readonly [name: string, cell: (row: Evaluation) => Cell])[] = [
    ['iteration', (e) => e.iteration],
    ['arm', (e) => e.arm],
    ['best', (e) => (best.get(e.arm) === e.iteration ? 1 : 0)],
    ['judge', (e) => e.judge],
    ['prompts', (e) => e.prompts],
    ['samples_per_prompt', (e) => e.samples],
    ...bounded(
      'accuracy',
      (e) => e.accuracy,
      (e) => e.accuracyInterval,
    ),
    ...bounded(
      'mean_score',
      (e) => e.meanScore,
      (e) => e.meanScoreInterval,
    ),
    ...(['seed', 'direct'] as const).flatMap((against) => winColumns(against)),
    ['malformed', (e) => e.malformed],
    ['thought_tokens', (e) => e.thoughtTokens],
    ['response_tokens', (e) => e.responseTokens],
    ...categories.map((name) => [`by_category/${name}`, (e: Evaluation) => e.byCategory[name] ?? null] as const),
    ...categories.flatMap((name) =>
      bounded(
        `thinking_less_direct/${name}`,
        (e) => differenceOf(e, name)?.difference ?? null,
        (e) => differenceOf(e, name)?.interval ?? null,
      ),
    ),
  ];
  return { columns: columns.map(([name]) => name), rows: rows.map((row) => columns.map(([, cell]) => cell(row))) };
}

type Column = readonly [name: string, cell: (row: Evaluation) => Cell];

/** A number and its 95% interval. */
function bounded(
  name: string,
  value: (row: Evaluation) => number | null,
  interval: (row: Evaluation) => readonly [number, number] | null,
): Column[] {
  return [
    [name, value],
    [`${name}_low`, (row) => interval(row)?.[0] ?? null],
    [`${name}_high`, (row) => interval(row)?.[1] ?? null],
  ];
}

function winColumns(against: WinRate['against']): Column[] {
  const of = ({ winRates }: Evaluation) => winRates.find((one) => one.against === against);
  return [
    ...bounded(
      `win_rate_${against}`,
      (e) => of(e)?.rate ?? null,
      (e) => of(e)?.interval ?? null,
    ),
    ...bounded(
      `length_controlled_${against}`,
      (e) => of(e)?.lengthControlled ?? null,
      (e) => of(e)?.lengthControlledInterval ?? null,
    ),
  ];
}

const differenceOf = ({ differences }: Evaluation, name: string): CategoryDifference | undefined =>
  differences?.categories.find(({ category }) => category === name);
