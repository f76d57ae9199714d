/** The evaluation section of a model card: a chart and a table of all evaluations, then the results by category. */

import { type JudgeNames, judgesSentence, WHY_ANOTHER_JUDGE } from '../../recipe/judges/names';
import { ARMS, type Arm } from '../../recipe/recipe';
import type { Categorised, CategoryResult, Measure, Ranked } from '../../records/evaluations';
import { allAccurate, categoryResults, heldoutMeasure, MEASURE_NAMES, rankOf } from '../../records/evaluations';
import { fence, line, spaced } from './markdown';
import { type TextRow, textChart } from './text-chart';

type Bounds = readonly [number, number] | null;

interface CardRate {
  readonly against: 'seed' | 'direct';
  readonly rate: number;
  readonly interval: Bounds;
  readonly lengthControlled: number | null;
  readonly lengthControlledInterval: Bounds;
  readonly prompts: number;
  readonly unparsed?: number;
  readonly byCategory: Readonly<Record<string, number>>;
  readonly byCategoryInterval?: Readonly<Record<string, Bounds>>;
}

/** The part of an `Evaluation` (src/records/evaluations.ts) that the card shows. */
export interface CardEvaluation extends Ranked, Categorised {
  readonly arm: Arm;
  readonly samples: number;
  readonly accuracy: number | null;
  readonly malformed: number;
  readonly unparsed?: { readonly count: number; readonly of: number };
  readonly thoughtTokens: number | null;
  readonly responseTokens: number | null;
  readonly winRates?: readonly CardRate[];
  /** Only for the thinking arm: its result minus that of the direct arm. */
  readonly differences?: {
    readonly measure: Measure;
    readonly categories: readonly {
      readonly category: string;
      readonly prompts: number;
      readonly difference: number;
      readonly interval: Bounds;
    }[];
  };
}

const NONE = '–';
const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
const scoreText = (score: number): string => score.toFixed(3);
const tokens = (mean: number | null): string => (mean === null ? NONE : mean.toFixed(1));

function interval(
  value: number | null | undefined,
  bounds: Bounds | undefined,
  show: (value: number) => string,
  notes: readonly string[] = [],
): string {
  if (value === null || value === undefined) return NONE;
  const text = bounds ? `${show(value)} [${show(bounds[0])}, ${show(bounds[1])}]` : show(value);
  return notes.length === 0 ? text : `${text} (${notes.join('; ')})`;
}

export interface CardEvaluations {
  readonly evaluations: readonly CardEvaluation[];
  /** The iteration of each arm that scored highest on held-out prompts. */
  readonly best: Readonly<Partial<Record<Arm, number>>>;
  readonly judges: JudgeNames;
}

export function evaluationSection({ evaluations, best, judges }: CardEvaluations): string {
  if (evaluations.length === 0) return '## Evaluation\n\nThis run was not evaluated.';
  const sorted = [...evaluations].sort(
    (a, b) => a.iteration - b.iteration || ARMS.indexOf(a.arm) - ARMS.indexOf(b.arm),
  );
  const against = (['seed', 'direct'] as const).filter((who) => sorted.some((e) => rateOf(e, who) !== undefined));
  const columns: readonly (readonly [head: string, cell: (e: CardEvaluation) => string | number])[] = [
    ['iteration', (e) => (e.iteration === 0 ? '0 (seed model)' : e.iteration)],
    ['arm', (e) => `${e.arm}${best[e.arm] === e.iteration ? ' (best)' : ''}`],
    ['samples', (e) => e.prompts * e.samples],
    ['accuracy', (e) => interval(e.accuracy, e.accuracyInterval, percent, partOf(e.checkable, e.prompts))],
    ['mean score', (e) => interval(e.meanScore, e.meanScoreInterval, scoreText, unjudged(e.unparsed?.count ?? 0))],
    ...against.flatMap((who) => [
      [`wins against ${who}`, (e: CardEvaluation) => winText(e, who)] as const,
      ['at equal lengths', (e: CardEvaluation) => controlledText(rateOf(e, who))] as const,
    ]),
    ['malformed', (e) => percent(e.malformed)],
    ['thought tokens', (e) => tokens(e.thoughtTokens)],
    ['response tokens', (e) => tokens(e.responseTokens)],
  ];
  const rows = sorted.map((e) => `| ${columns.map(([, cell]) => cell(e)).join(' | ')} |`);
  const accurate = sorted.some(({ accuracy }) => accuracy !== null);
  return [
    '## Evaluation',
    '',
    'Measured on the held-out prompts after each iteration.',
    '*thinking* writes a thought first; *direct* is the baseline that answers at once. Each arm has its own adapter.',
    'Brackets hold 95% intervals, bootstrapped over prompts (none for fewer than 5 prompts).',
    'The mean score is taken over well-formed samples.',
    ...bestSentence(sorted),
    ...(against.length === 0 ? [] : WINS),
    '',
    `${line(judgesSentence(judges, accurate))} ${WHY_ANOTHER_JUDGE}`,
    '',
    picture(sorted),
    '',
    `| ${columns.map(([head]) => head).join(' | ')} |`,
    `|---|---|${'--:|'.repeat(columns.length - 2)}`,
    ...rows,
    ...differences(sorted),
    ...ARMS.flatMap((arm) => categories(sorted, arm)),
  ].join('\n');
}

/** Names the measure by which the best iteration of each arm was chosen. */
function bestSentence(evaluations: readonly CardEvaluation[]): string[] {
  const measures = ARMS.flatMap((arm) => heldoutMeasure(evaluations.filter((e) => e.arm === arm)) ?? []);
  const names = [...new Set(measures)].map((measure) => MEASURE_NAMES[measure]);
  return names.length === 0 ? [] : [`*best* is the iteration with the highest ${names.join(' or ')}.`];
}

const WINS = [
  'A *win* is a sample that the judge prefers to the other policy’s sample for the same prompt.',
  'A tie is half a win, and a malformed sample loses.',
  'The other policy is the seed model of the same arm, or the direct arm after the same iteration.',
  'All prompts are compared unless noted.',
  '*At equal lengths* is the win rate that a logistic regression predicts for equally long responses (AlpacaEval 2).',
];

const rateOf = ({ winRates = [] }: CardEvaluation, who: CardRate['against']): CardRate | undefined =>
  winRates.find(({ against }) => against === who);

/** A note if only some of the prompts count. */
const partOf = (part: number | null | undefined, all: number | null): string[] =>
  part === null || part === undefined || all === null || part >= all ? [] : [`${part} of ${all} prompts`];

const unjudged = (samples: number): string[] =>
  samples > 0 ? [`${samples} ${samples === 1 ? 'sample' : 'samples'} without a verdict`] : [];

function winText(e: CardEvaluation, who: CardRate['against']): string {
  const rate = rateOf(e, who);
  const { prompts = e.prompts, unparsed = 0 } = rate ?? {};
  return interval(rate?.rate, rate?.interval, percent, [...partOf(prompts, e.prompts), ...unjudged(unparsed)]);
}

const controlledText = (rate: CardRate | undefined): string =>
  interval(rate?.lengthControlled, rate?.lengthControlledInterval, percent);

/** How a measure is named and written. */
interface MeasureText {
  readonly name: string;
  readonly format: (value: number) => string;
  /** Ends of the scale, if the measure has any. */
  readonly range?: readonly [number, number];
  /** A value to compare with, for example one half of a win rate. */
  readonly mark: number | null;
  /** Name of the difference between two values. */
  readonly difference: string;
  readonly formatDifference: (value: number) => string;
}

const points = (x: number): string => (100 * x).toFixed(1);

const MEASURES: Readonly<Record<Measure, MeasureText>> = {
  accuracy: {
    name: 'Accuracy',
    format: percent,
    range: [0, 1],
    mark: null,
    difference: 'accuracy, percentage points',
    formatDifference: points,
  },
  wins: {
    name: 'Win rate against the seed model',
    format: percent,
    range: [0, 1],
    mark: 0.5,
    difference: 'samples won minus samples lost, percentage points',
    formatDifference: points,
  },
  score: { name: 'Mean score', format: scoreText, mark: null, difference: 'mean score', formatDifference: scoreText },
};

/** The paper's main chart: thinking against direct by iteration, in the measure that policies are ranked by. */
function picture(evaluations: readonly CardEvaluation[]): string {
  const measure = heldoutMeasure(evaluations);
  if (measure === null) return '';
  const { name, format, range, mark } = MEASURES[measure];
  const rows = ARMS.flatMap((arm) =>
    evaluations.flatMap((e) => {
      const rank = e.arm === arm ? rankOf(e, measure) : null;
      return rank === null ? [] : [{ label: `${arm} M${e.iteration}`, ...rank }];
    }),
  );
  return `${name}, by iteration:\n\n${fence('text', textChart(rows, range ?? rangeOf(rows), mark, format))}`;
}

function rangeOf(rows: readonly TextRow[]): readonly [number, number] {
  const ends = rows.flatMap(({ value, interval: bounds }) => [value, ...(bounds ?? [])]);
  return [Math.min(...ends), Math.max(...ends)];
}

/** Thinking − direct by category, after the last iteration in which both arms were evaluated. */
function differences(evaluations: readonly CardEvaluation[]): string[] {
  const last = evaluations.findLast((evaluation) => evaluation.differences !== undefined);
  if (last?.differences === undefined) return [];
  const { difference: unit, formatDifference: show } = MEASURES[last.differences.measure];
  const bars = last.differences.categories.map((one) => ({
    label: spaced(one.category),
    value: one.difference,
    interval: one.interval,
  }));
  const [from, to] = rangeOf(bars);
  const rows = last.differences.categories.map(
    ({ category, prompts, difference, interval: bounds }) =>
      `| ${line(category)} | ${prompts} | ${interval(difference, bounds, show)} |`,
  );
  return [
    '',
    `By category, thinking − direct after iteration ${last.iteration} (${unit}):`,
    '',
    fence('text', textChart(bars, [Math.min(0, from), Math.max(0, to)], 0, show)),
    '',
    '| category | prompts | thinking − direct |',
    '|---|--:|--:|',
    ...rows,
  ];
}

/** The results by category after the arm's last iteration. */
function categories(evaluations: readonly CardEvaluation[], arm: Arm): string[] {
  const last = evaluations.findLast((evaluation) => evaluation.arm === arm);
  const results = last ? categoryResults(last) : [];
  if (last === undefined || results.length === 0) return [];
  const rate = rateOf(last, 'seed');
  const all: readonly (readonly [head: string, cell: (result: CategoryResult) => string])[] = [
    ['accuracy', (r) => interval(r.accuracy, r.accuracyInterval, percent, partOf(r.checkable, r.prompts))],
    ...(allAccurate(results)
      ? []
      : [['mean score', (r: CategoryResult) => interval(r.meanScore, r.meanScoreInterval, scoreText)] as const]),
    [
      'wins against seed',
      ({ category }) => interval(rate?.byCategory[category], rate?.byCategoryInterval?.[category], percent),
    ],
  ];
  const columns = all.filter(([, cell]) => results.some((result) => cell(result) !== NONE));
  const rows = results.map(
    (result) =>
      `| ${[line(result.category), result.prompts ?? NONE, ...columns.map(([, cell]) => cell(result))].join(' | ')} |`,
  );
  return [
    '',
    `By category, ${arm} after iteration ${last.iteration}:`,
    '',
    `| ${['category', 'prompts', ...columns.map(([head]) => head)].join(' | ')} |`,
    `|---|--:|${'--:|'.repeat(columns.length)}`,
    ...rows,
  ];
}
