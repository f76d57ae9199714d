/** The CSV of a run's evaluations. */
import { type CsvCell, type CsvTable, writeCsv } from '../lib/csv';
import { ARMS } from '../recipe/recipe';
import type { CategoryDifference, CategoryResult, Evaluation, WinRate } from '../records/evaluations';
import { categoryResults } from '../records/evaluations';
import { bestIteration, heldoutScores } from '../tpo/evaluation/best-checkpoint';

type Interval = readonly [number, number] | null | undefined;
type Column = readonly [name: string, cell: (row: Evaluation) => CsvCell];

/** The CSV file, as text: a header row and the rows of `evaluationsTable`. */
export const evaluationsCsv = (evaluations: readonly Evaluation[]): string => writeCsv(evaluationsTable(evaluations));

/** A row per iteration and arm; intervals in separate columns, categories last. */
export function evaluationsTable(evaluations: readonly Evaluation[]): CsvTable {
  const rows = [...evaluations].sort((a, b) => a.iteration - b.iteration || ARMS.indexOf(a.arm) - ARMS.indexOf(b.arm));
  const best = new Map(ARMS.map((arm) => [arm, bestIteration(rows, arm)]));
  const measure = new Map(ARMS.map((arm) => [arm, heldoutScores(rows, arm)?.measure ?? null]));
  const categories = [...new Set(rows.flatMap((row) => categoryResults(row).map(({ category }) => category)))].sort();
  const columns: readonly Column[] = [
    ['iteration', (e) => e.iteration],
    ['arm', (e) => e.arm],
    ['best', (e) => (best.get(e.arm) === e.iteration ? 1 : 0)],
    ['best_by', (e) => measure.get(e.arm) ?? null],
    ['judge', (e) => e.judge],
    ['prompts', (e) => e.prompts],
    ['checkable_prompts', (e) => e.checkable ?? null],
    ['samples_per_prompt', (e) => e.samples],
    ...bounded('accuracy', (e) => [e.accuracy, e.accuracyInterval]),
    ...bounded('mean_score', (e) => [e.meanScore, e.meanScoreInterval]),
    ...(['seed', 'direct'] as const).flatMap((against) => winColumns(against)),
    ['malformed', (e) => e.malformed],
    ['without_verdict', (e) => e.unparsed?.count ?? null],
    ['verdicts_asked', (e) => e.unparsed?.of ?? null],
    ['thought_tokens', (e) => e.thoughtTokens],
    ['response_tokens', (e) => e.responseTokens],
    ...categories.flatMap(categoryColumns).filter(([, cell]) => rows.some((row) => cell(row) !== null)),
  ];
  return { columns: columns.map(([name]) => name), rows: rows.map((row) => columns.map(([, cell]) => cell(row))) };
}

/** Three columns: a number and the ends of its 95% interval. */
function bounded(
  name: string,
  of: (row: Evaluation) => readonly [value: number | null | undefined, interval: Interval],
): Column[] {
  return [
    [name, (row) => of(row)[0] ?? null],
    [`${name}_low`, (row) => of(row)[1]?.[0] ?? null],
    [`${name}_high`, (row) => of(row)[1]?.[1] ?? null],
  ];
}

const rateOf = ({ winRates }: Evaluation, against: WinRate['against']): WinRate | undefined =>
  winRates.find((one) => one.against === against);

function winColumns(against: WinRate['against']): Column[] {
  const of = (e: Evaluation) => rateOf(e, against);
  return [
    ...bounded(`win_rate_${against}`, (e) => [of(e)?.rate, of(e)?.interval]),
    ...bounded(`length_controlled_${against}`, (e) => [of(e)?.lengthControlled, of(e)?.lengthControlledInterval]),
    [`win_rate_${against}_prompts`, (e) => of(e)?.prompts ?? null],
    [`win_rate_${against}_without_verdict`, (e) => of(e)?.unparsed ?? null],
  ];
}

function categoryColumns(name: string): Column[] {
  const of = (e: Evaluation): CategoryResult | undefined =>
    categoryResults(e).find(({ category }) => category === name);
  const differenceOf = ({ differences }: Evaluation): CategoryDifference | undefined =>
    differences?.categories.find(({ category }) => category === name);
  return [
    [`prompts/${name}`, (e) => of(e)?.prompts ?? null],
    [`checkable_prompts/${name}`, (e) => of(e)?.checkable ?? null],
    ...bounded(`accuracy/${name}`, (e) => [of(e)?.accuracy, of(e)?.accuracyInterval]),
    ...bounded(`mean_score/${name}`, (e) => [of(e)?.meanScore, of(e)?.meanScoreInterval]),
    ...(['seed', 'direct'] as const).flatMap((against) =>
      bounded(`win_rate_${against}/${name}`, (e) => {
        const rate = rateOf(e, against);
        return [rate?.byCategory[name], rate?.byCategoryInterval?.[name]];
      }),
    ),
    ...bounded(`thinking_less_direct/${name}`, (e) => [differenceOf(e)?.difference, differenceOf(e)?.interval]),
  ];
}
