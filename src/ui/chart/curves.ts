/** Records of a run as curves. */

import type { Arm } from '../../recipe/recipe';
import type { Evaluation, WinRate } from '../../records/evaluations';
import { heldoutMeasure, type Measure, rankOf } from '../../records/heldout-measure';
import type { SftStep, StepMetrics } from '../../records/training';
import { ARM_NAME } from '../arm-name';
import type { ChartData, Colour, Series } from './chart-data';

export const BOTH_ARMS: readonly Arm[] = ['thinking', 'direct'];

type NumberOf<T> = { [K in keyof T]: T[K] extends number ? K : never }[keyof T];
export type StepColumn = Exclude<NumberOf<StepMetrics>, 'step' | 'steps' | 'tokens' | 'seconds'>;

/** The steps of both arms, by column, oldest first. */
export interface StepColumns {
  /** Number of the oldest step, from 1, counted over the iterations. */
  first(arm: Arm): number;
  /** Of the newest. */
  count(arm: Arm): number;
  column(arm: Arm, name: StepColumn): Float64Array;
}

export interface StepCurve {
  readonly column: StepColumn;
  /** Said after the arm's name; empty where the arm says it all. */
  readonly label: string;
  readonly dash: boolean;
}

/** Both arms on one x, the step counted over the iterations. */
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

/** The warm-up's loss, by its own steps: it is another loss than that of the pairs. */
export function sftCurves(steps: readonly SftStep[]): ChartData {
  const values = steps.map(({ loss }) => loss);
  const series = { label: nameOf('thinking', ''), short: '', colour: 'thinking', dash: false, values } as const;
  return { x: steps.map(({ step }) => step), series: [series], marks: [] };
}

/** Where each iteration begins, by the arm that is furthest. */
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

export interface Reading {
  readonly label: string;
  readonly dash: boolean;
  readonly arms: readonly Arm[];
  /** What its values are held against. */
  readonly level?: number;
  value(evaluation: Evaluation): number | null;
  interval?(evaluation: Evaluation): readonly [number, number] | null;
}

const won = (e: Evaluation, against: WinRate['against']) => e.winRates.find((rate) => rate.against === against);

const rankBy = (measure: Measure) => ({
  value: (e: Evaluation) => rankOf(e, measure)?.value ?? null,
  interval: (e: Evaluation) => rankOf(e, measure)?.interval ?? null,
});

/** What the first chart shows. */
export const HERO: Readonly<Record<Measure, Reading>> = {
  accuracy: { label: '', dash: false, arms: BOTH_ARMS, ...rankBy('accuracy') },
  score: { label: '', dash: false, arms: BOTH_ARMS, ...rankBy('score') },
  wins: { label: '', dash: false, arms: BOTH_ARMS, level: 0.5, ...rankBy('wins') },
};

/** The measure that policies are ranked by. Before the first evaluation accuracy; where some lack every measure, the win rates that there are. */
export function heroKind(evaluations: readonly Evaluation[]): Measure {
  return evaluations.length === 0 ? 'accuracy' : (heldoutMeasure(evaluations) ?? 'wins');
}

export const WINS: readonly Reading[] = [
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
export const LENGTHS: readonly Reading[] = [
  { label: 'thought', dash: true, arms: ['thinking'], value: (e) => e.thoughtTokens },
  { label: 'response', dash: false, arms: BOTH_ARMS, value: (e) => e.responseTokens },
];
export const MALFORMED: readonly Reading[] = [{ label: '', dash: false, arms: BOTH_ARMS, value: (e) => e.malformed }];

/** @param current the value so far of an evaluation that goes on; null where there is none */
export function evaluationCurves(
  evaluations: readonly Evaluation[],
  arms: readonly Arm[],
  iterations: number,
  readings: readonly Reading[],
  current: (iteration: number, arm: Arm) => number | null = () => null,
): ChartData {
  const x = Array.from({ length: iterations + 1 }, (_, i) => i);
  const series = readings.flatMap((reading) =>
    reading.arms
      .filter((arm) => arms.includes(arm))
      .map((arm): Series => {
        const at = x.map((iteration) => evaluations.find((e) => e.arm === arm && e.iteration === iteration));
        const values: (number | null)[] = at.map((evaluation) => (evaluation ? reading.value(evaluation) : null));
        const next = values.indexOf(null);
        const sofar = next >= 0 ? current(next, arm) : null;
        if (sofar !== null) values[next] = sofar;
        const bounds = at.map((evaluation) => (evaluation && reading.interval?.(evaluation)) ?? null);
        return {
          label: nameOf(arm, reading.label),
          short: reading.label,
          colour: arm,
          dash: reading.dash,
          values,
          ...(reading.interval && { low: bounds.map((b) => b?.[0] ?? null), high: bounds.map((b) => b?.[1] ?? null) }),
          open: sofar !== null,
        };
      }),
  );
  return { x, series, marks: [], ...levelOf(readings) };
}

function levelOf(of: readonly { readonly level?: number }[]): Pick<ChartData, 'level'> {
  const [level] = of.flatMap((one) => one.level ?? []);
  return level === undefined ? {} : { level };
}

const RUN_COLOURS: readonly Colour[] = ['thinking', 'third', 'fourth', 'direct'];
export const MOST_RUNS = RUN_COLOURS.length;
export const runColour = (place: number): Colour => RUN_COLOURS[place] ?? 'direct';

/** Several runs on one chart: colour tells the run, a dashed line is the direct arm. */
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
