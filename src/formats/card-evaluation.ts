/** The evaluation of a model card: the paper's picture as text, its table, its chart by category. Pure. */
import { type JudgeNames, judgesSentence, WHY_ANOTHER_JUDGE } from '../recipe/evaluation-judge';
import { ARMS, type Arm } from '../recipe/recipe';
import { fence, line, spaced } from './markdown';
import { type TextRow, textChart } from './text-chart';

/** The part of an evaluation that the card shows; as src/tpo/types.ts has it. */
export interface CardEvaluation {
  readonly iteration: number;
  readonly arm: Arm;
  readonly prompts: number;
  readonly samples: number;
  readonly accuracy: number | null;
  readonly accuracyInterval: readonly [number, number] | null;
  readonly meanScore: number | null;
  readonly meanScoreInterval: readonly [number, number] | null;
  readonly malformed: number;
  readonly thoughtTokens: number;
  readonly responseTokens: number;
  readonly winRates?: readonly {
    readonly against: 'seed' | 'direct';
    readonly rate: number;
    readonly interval: readonly [number, number] | null;
    readonly lengthControlled: number | null;
    readonly lengthControlledInterval: readonly [number, number] | null;
  }[];
  /** Of the thinking arm: thinking less direct. */
  readonly differences?: {
    readonly measure: 'accuracy' | 'score' | 'wins';
    readonly categories: readonly {
      readonly category: string;
      readonly prompts: number;
      readonly difference: number;
      readonly interval: readonly [number, number] | null;
    }[];
  };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

function interval(value: number | null, bounds: readonly [number, number] | null, show: (value: number) => string): string {
  if (value === null) return '–';
  return bounds ? `${show(value)} [${show(bounds[0])}, ${show(bounds[1])}]` : show(value);
}

export interface CardEvaluations {
  readonly evaluations: readonly CardEvaluation[];
  /** Iterations that scored highest on held-out prompts. */
  readonly best: Readonly<Partial<Record<Arm, number>>>;
  readonly judges: JudgeNames;
}

export function evaluationSection({ evaluations, best, judges }: CardEvaluations): string {
  if (evaluations.length === 0) return '## Evaluation\n\nThis run was not evaluated.';
  const sorted = [...evaluations].sort((a, b) => a.iteration - b.iteration || ARMS.indexOf(a.arm) - ARMS.indexOf(b.arm));
  const against = (['seed', 'direct'] as const).filter((who) => sorted.some((e) => rateOf(e, who) !== undefined));
  const columns: readonly (readonly [head: string, cell: (e: CardEvaluation) => string | number])[] = [
    ['iteration', (e) => (e.iteration === 0 ? '0 (seed model)' : e.iteration)],
    ['arm', (e) => `${e.arm}${best[e.arm] === e.iteration ? ' (best)' : ''}`],
    ['samples', (e) => e.prompts * e.samples],
    ['accuracy', (e) => interval(e.accuracy, e.accuracyInterval, percent)],
    ['mean score', (e) => interval(e.meanScore, e.meanScoreInterval, (score) => score.toFixed(3))],
    ...against.flatMap((who) => [
      [`wins against ${who}`, (e: CardEvaluation) => winText(rateOf(e, who))] as const,
      ['at equal lengths', (e: CardEvaluation) => controlledText(rateOf(e, who))] as const,
    ]),
    ['malformed', (e) => percent(e.malformed)],
    ['thought tokens', (e) => e.thoughtTokens.toFixed(1)],
    ['response tokens', (e) => e.responseTokens.toFixed(1)],
  ];
  const rows = sorted.map((e) => `| ${columns.map(([, cell]) => cell(e)).join(' | ')} |`);
  const accurate = sorted.some(({ accuracy }) => accuracy !== null);
  return `## Evaluation

On the held-out prompts, after each iteration; *thinking* writes a thought first, *direct* is the baseline that answers at once, each with an adapter of its own.
In brackets 95% intervals, bootstrapped over prompts; *best* is the iteration that scored highest.${against.length === 0 ? '' : WINS}

${line(judgesSentence(judges, accurate))} ${WHY_ANOTHER_JUDGE}

${picture(sorted)}

| ${columns.map(([head]) => head).join(' | ')} |
|---|---|${'--:|'.repeat(columns.length - 2)}
${rows.join('\n')}${categories(sorted)}`;
}

const WINS =
  ' A *win* is a sample that the judge prefers to the other policy’s for the same prompt, a tie half a win: against the seed model of the same arm, and against the direct arm after the same iteration; *at equal lengths*, what a logistic regression predicts without the difference of lengths, after AlpacaEval 2.';

type CardRate = NonNullable<CardEvaluation['winRates']>[number];

const rateOf = ({ winRates = [] }: CardEvaluation, who: CardRate['against']): CardRate | undefined =>
  winRates.find(({ against }) => against === who);

const winText = (rate: CardRate | undefined): string => interval(rate?.rate ?? null, rate?.interval ?? null, percent);

const controlledText = (rate: CardRate | undefined): string =>
  interval(rate?.lengthControlled ?? null, rate?.lengthControlledInterval ?? null, percent);

const MEASURED = {
  accuracy: ['accuracy, percentage points', (x: number) => (100 * x).toFixed(1)],
  score: ['mean score', (x: number) => x.toFixed(3)],
  wins: ['samples won less samples lost, percentage points', (x: number) => (100 * x).toFixed(1)],
} as const;

interface Measure {
  readonly name: string;
  readonly of: (e: CardEvaluation) => readonly [value: number | null, interval: readonly [number, number] | null];
  readonly format: (value: number) => string;
  /** Ends of the scale where they are known. */
  readonly range?: readonly [number, number];
  readonly mark: number | null;
}

const MEASURES: readonly Measure[] = [
  { name: 'Accuracy', of: (e) => [e.accuracy, e.accuracyInterval], format: percent, range: [0, 1], mark: null },
  { name: 'Mean score', of: (e) => [e.meanScore, e.meanScoreInterval], format: (score) => score.toFixed(3), mark: null },
  {
    name: 'Win rate against the seed model',
    of: (e) => [rateOf(e, 'seed')?.rate ?? null, rateOf(e, 'seed')?.interval ?? null],
    format: percent,
    range: [0, 1],
    mark: 0.5,
  },
];

/** The paper's picture, of the first measure that there is: thinking against direct, by iteration. */
function picture(evaluations: readonly CardEvaluation[]): string {
  for (const { name, of, format, range, mark } of MEASURES) {
    const rows = ARMS.flatMap((arm) =>
      evaluations.flatMap((e) => {
        const [value, bounds] = of(e);
        return e.arm !== arm || value === null ? [] : [{ label: `${arm} M${e.iteration}`, value, interval: bounds }];
      }),
    );
    if (rows.length > 0)
      return `${name}, by iteration:\n\n${fence('text', textChart(rows, range ?? rangeOf(rows), mark, format))}`;
  }
  return '';
}

function rangeOf(rows: readonly TextRow[]): readonly [number, number] {
  const ends = rows.flatMap(({ value, interval: bounds }) => [value, ...(bounds ?? [])]);
  return [Math.min(...ends), Math.max(...ends)];
}

/** Of the last iteration that both arms were evaluated after. */
function categories(evaluations: readonly CardEvaluation[]): string {
  const last = evaluations.findLast(({ differences }) => differences !== undefined);
  if (last?.differences === undefined) return '';
  const [what, show] = MEASURED[last.differences.measure];
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
  return `

By category, thinking − direct after iteration ${last.iteration} (${what}):

${fence('text', textChart(bars, [Math.min(0, from), Math.max(0, to)], 0, show))}

| category | prompts | thinking − direct |
|---|--:|--:|
${rows.join('\n')}`;
}
