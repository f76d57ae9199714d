/** Curves of the held-out evaluations by iteration. */
import type { Arm } from '../../recipe/recipe';
import { rollouts } from '../../state/rollout-log';
import { useRun } from '../../state/run';
import type { Evaluation } from '../../tpo/types';
import type { ChartData, Series } from '../../ui/chart/chart-data';
import { ARM_LABEL } from './step-source';

export interface Reading {
  readonly label: string;
  readonly dash: boolean;
  readonly arms: readonly Arm[];
  value(evaluation: Evaluation): number | null;
  interval?(evaluation: Evaluation): readonly [number, number] | null;
}

/** Both the stored evaluations and the one that is going on are watched. */
export function evaluationSource(arms: readonly Arm[], iterations: number, readings: readonly Reading[], withCurrent: boolean) {
  const subscribe = (listener: () => void) => {
    const leave = [useRun.subscribe(listener), withCurrent ? rollouts.subscribe(listener) : () => undefined];
    return () => {
      for (const stop of leave) stop();
    };
  };
  let seen: unknown = null;
  let count = 0;
  const version = () => {
    const { evaluations } = useRun.getState();
    if (evaluations !== seen) count += 1;
    seen = evaluations;
    return count + (withCurrent ? rollouts.version() : 0);
  };
  const read = () => readEvaluations(useRun.getState().evaluations, arms, iterations, readings, withCurrent);
  return { subscribe, version, read };
}

export function readEvaluations(
  evaluations: readonly Evaluation[],
  arms: readonly Arm[],
  iterations: number,
  readings: readonly Reading[],
  withCurrent: boolean,
): ChartData {
  const x = Array.from({ length: iterations + 1 }, (_, i) => i);
  const series = readings.flatMap((reading) =>
    reading.arms
      .filter((arm) => arms.includes(arm))
      .map((arm): Series => {
        const of = (iteration: number) => evaluations.find((e) => e.arm === arm && e.iteration === iteration);
        const values: (number | null)[] = x.map((iteration) => {
          const evaluation = of(iteration);
          return evaluation ? reading.value(evaluation) : null;
        });
        const next = values.indexOf(null);
        const sofar = withCurrent && next >= 0 ? accuracySoFar(next, arm) : null;
        if (sofar !== null) values[next] = sofar;
        const bounds = x.map((iteration) => {
          const evaluation = of(iteration);
          return (evaluation && reading.interval?.(evaluation)) ?? null;
        });
        return {
          label: [ARM_LABEL[arm], reading.label].filter(Boolean).join(', '),
          colour: arm,
          dash: reading.dash,
          values,
          ...(reading.interval && { low: bounds.map((b) => b?.[0] ?? null), high: bounds.map((b) => b?.[1] ?? null) }),
          open: sofar !== null,
        };
      }),
  );
  return { x, series, marks: [] };
}

/** Fewer prompts than this say nothing yet. */
const ENOUGH = 8;

/** Share right in an evaluation that is going on. */
function accuracySoFar(iteration: number, arm: Arm): number | null {
  const { prompts, right, judged } = rollouts.tally('evaluate', iteration, arm);
  return prompts < ENOUGH || judged === 0 ? null : right / judged;
}
