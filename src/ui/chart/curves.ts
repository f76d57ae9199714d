/** Turns the records of a run into the data of charts. */

import type { Arm } from '../../recipe/recipe';
import type { Evaluation, Measure, WinRate } from '../../records/evaluations';
import { heldoutMeasure, rankOf } from '../../records/evaluations';
import type { SftStep, StepMetrics } from '../../records/training';
import { ARM_NAME } from '../format';
import type { ChartData, Colour, Series } from './chart-data';

export const BOTH_ARMS: readonly Arm[] = ['thinking', 'direct'];

type NumberOf<T> = { [K in keyof T]: T[K] extends number ? K : never }[keyof T];
export type StepColumn = Exclude<NumberOf<StepMetrics>, 'step' | 'steps' | 'tokens' | 'seconds'>;

/** Metrics of the steps of both arms by column, oldest first. */
export interface StepColumns {
  /** Number of the oldest step, from 1, counted across iterations. */
  first(arm: Arm): number;
  /** Number of the newest step. */
  count(arm: Arm): number;
  column(arm: Arm, name: StepColumn): Float64Array;
}

export interface StepCurve {
  readonly column: StepColumn;
  /** Added to the name of the arm. Empty if the arm's name is enough. */
  readonly label: string;
  readonly dash: boolean;
}

/** Curves of the arms over the number of the step, counted across iterations. */
export function stepCurves(steps: StepColumns, arms: readonly Arm[], curves: readonly StepCurve[]): ChartData {
  const first = Math.min(...arms.map((arm) => steps.first(arm)));
  const last = Math.max(0, ...arms.map((arm) => steps.count(arm)));
  const length = Math.max(0, last - first + 1);
  const series = arms.flatMap((arm) =>
    curves.map((curve): Series => {
      const values: (number | null)[] = new Array(length).fill(null);
      const offset = steps.first(arm) - first;
      steps.column(arm, curve.column).forEach((value, i) => {
        values[offset + i] = Number.isFinite(value) ? value : null;
      });
      return { label: nameOf(arm, curve.label), short: curve.label, colour: arm, dash: curve.dash, values };
    }),
  );
  return { x: Array.from({ length }, (_, i) => first + i), series, marks: marks(steps, arms) };
}

/** The SFT loss over the steps of the warm-up. It is not comparable with the loss of pairs. */
export function sftCurves(steps: readonly SftStep[]): ChartData {
  const values = steps.map(({ loss }) => loss);
  const series = { label: nameOf('thinking', ''), short: '', colour: 'thinking', dash: false, values } as const;
  return { x: steps.map(({ step }) => step), series: [series], marks: [] };
}

/** Where each iteration starts, taken from the arm with the most steps. */
function marks(steps: StepColumns, arms: readonly Arm[]): ChartData['marks'] {
  const [arm] = arms.toSorted((a, b) => steps.count(b) - steps.count(a));
  if (arm === undefined) return [];
  const found: { at: number; label: string }[] = [];
  let before = -1;
  steps.column(arm, 'iteration').forEach((iteration, i) => {
    if (iteration !== before) found.push({ at: steps.first(arm) + i, label: `iteration ${iteration}` });
    before = iteration;
  });
  return found.length > 1 ? found : [];
}

/** A curve over the iterations: what it reads from an evaluation. */
export interface EvaluationCurve {
  readonly label: string;
  readonly dash: boolean;
  readonly arms: readonly Arm[];
  /** A reference line. */
  readonly level?: number;
  value(evaluation: Evaluation): number | null;
  interval?(evaluation: Evaluation): readonly [number, number] | null;
}

const won = (e: Evaluation, against: WinRate['against']) => e.winRates.find((rate) => rate.against === against);

const rankBy = (measure: Measure) => ({
  value: (e: Evaluation) => rankOf(e, measure)?.value ?? null,
  interval: (e: Evaluation) => rankOf(e, measure)?.interval ?? null,
});

/** The curves of the first and largest chart. */
export const HELDOUT_CURVE: Readonly<Record<Measure, EvaluationCurve>> = {
  accuracy: { label: '', dash: false, arms: BOTH_ARMS, ...rankBy('accuracy') },
  score: { label: '', dash: false, arms: BOTH_ARMS, ...rankBy('score') },
  wins: { label: '', dash: false, arms: BOTH_ARMS, level: 0.5, ...rankBy('wins') },
};

/**
 * The measure by which models are compared. Before the first evaluation it is accuracy. When an evaluation lacks
 * every measure, it is the win rate.
 */
export function measureOf(evaluations: readonly Evaluation[]): Measure {
  return evaluations.length === 0 ? 'accuracy' : (heldoutMeasure(evaluations) ?? 'wins');
}

export const WINS: readonly EvaluationCurve[] = [
  {
    label: 'against answers at once',
    dash: false,
    arms: ['thinking'],
    level: 0.5,
    value: (e) => won(e, 'direct')?.rate ?? null,
    interval: (e) => won(e, 'direct')?.interval ?? null,
  },
  { label: 'against its seed model', dash: true, arms: BOTH_ARMS, ...rankBy('wins') },
];
export const LENGTHS: readonly EvaluationCurve[] = [
  { label: 'thought', dash: true, arms: ['thinking'], value: (e) => e.thoughtTokens },
  { label: 'response', dash: false, arms: BOTH_ARMS, value: (e) => e.responseTokens },
];
export const MALFORMED: readonly EvaluationCurve[] = [
  { label: '', dash: false, arms: BOTH_ARMS, value: (e) => e.malformed },
];

/** @param current the value so far of an unfinished evaluation, or null */
export function evaluationCurves(
  evaluations: readonly Evaluation[],
  arms: readonly Arm[],
  iterations: number,
  curves: readonly EvaluationCurve[],
  current: (iteration: number, arm: Arm) => number | null = () => null,
): ChartData {
  const x = Array.from({ length: iterations + 1 }, (_, i) => i);
  const series = curves.flatMap((curve) =>
    curve.arms
      .filter((arm) => arms.includes(arm))
      .map((arm): Series => {
        const at = x.map((iteration) => evaluations.find((e) => e.arm === arm && e.iteration === iteration));
        const values: (number | null)[] = at.map((evaluation) => (evaluation ? curve.value(evaluation) : null));
        const next = values.indexOf(null);
        const soFar = next >= 0 ? current(next, arm) : null;
        if (soFar !== null) values[next] = soFar;
        const bounds = at.map((evaluation) => (evaluation && curve.interval?.(evaluation)) ?? null);
        return {
          label: nameOf(arm, curve.label),
          short: curve.label,
          colour: arm,
          dash: curve.dash,
          values,
          ...(curve.interval && { low: bounds.map((b) => b?.[0] ?? null), high: bounds.map((b) => b?.[1] ?? null) }),
          open: soFar !== null,
        };
      }),
  );
  return { x, series, marks: [], ...levelOf(curves) };
}

function levelOf(of: readonly { readonly level?: number }[]): Pick<ChartData, 'level'> {
  const [level] = of.flatMap((one) => one.level ?? []);
  return level === undefined ? {} : { level };
}

const RUN_COLOURS: readonly Colour[] = ['thinking', 'third', 'fourth', 'direct'];
export const MOST_RUNS = RUN_COLOURS.length;
export const runColour = (place: number): Colour => RUN_COLOURS[place] ?? 'direct';

/** Several runs in one chart. The colour shows the run; dashed lines are the direct arm. */
export function overlay(parts: readonly { readonly name: string; readonly data: ChartData }[]): ChartData {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only.data;
  const x = [...new Set(parts.flatMap(({ data }) => data.x))].sort((a, b) => a - b);
  const series = parts.flatMap(({ name, data }, place) => {
    const row = new Map(data.x.map((value, i) => [value, i]));
    const align = (values: readonly (number | null)[]) => x.map((value) => values[row.get(value) ?? -1] ?? null);
    return data.series.map(
      (one): Series => ({
        ...one,
        label: `${name}, ${one.label}`,
        short: '',
        colour: runColour(place),
        dash: one.colour === 'direct',
        values: align(one.values),
        ...(one.low && { low: align(one.low) }),
        ...(one.high && { high: align(one.high) }),
      }),
    );
  });
  return { x, series, marks: [], ...levelOf(parts.map(({ data }) => data)) };
}

const nameOf = (arm: Arm, label: string): string => [ARM_NAME[arm], label].filter(Boolean).join(', ');
