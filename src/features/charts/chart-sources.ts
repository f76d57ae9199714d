/** Sources of the Lab's charts. They notify their charts when the records of the run change. */
import type { Arm } from '../../recipe/recipe';
import { currentRunStore } from '../../state/runs/current-run';
import { rollouts } from '../../state/runs/rollout-store';
import { steps } from '../../state/runs/step-store';
import { type EvaluationCurve, evaluationCurves, type StepCurve, sftCurves, stepCurves } from '../../ui/chart/curves';

export function stepSource(arms: readonly Arm[], curves: readonly StepCurve[]) {
  return { subscribe: steps.subscribe, version: steps.version, read: () => stepCurves(steps, arms, curves) };
}

export function warmUpSource() {
  return {
    subscribe: (listener: () => void) => currentRunStore.subscribe(listener),
    version: () => currentRunStore.getState().sftSteps.length,
    read: () => sftCurves(currentRunStore.getState().sftSteps),
  };
}

/** @param withCurrent also draw the evaluation that is not finished */
export function evaluationSource(
  arms: readonly Arm[],
  iterations: number,
  curves: readonly EvaluationCurve[],
  withCurrent: boolean,
) {
  let seen: unknown = null;
  let changes = 0;
  return {
    subscribe(listener: () => void) {
      const leave = [
        currentRunStore.subscribe(listener),
        withCurrent ? rollouts.subscribe(listener) : () => undefined,
      ];
      return () => {
        for (const stop of leave) stop();
      };
    },
    version() {
      const { evaluations } = currentRunStore.getState();
      if (evaluations !== seen) changes += 1;
      seen = evaluations;
      return changes + (withCurrent ? rollouts.version() : 0);
    },
    read: () =>
      evaluationCurves(
        currentRunStore.getState().evaluations,
        arms,
        iterations,
        curves,
        withCurrent ? accuracySoFar : undefined,
      ),
  };
}

/** An unfinished evaluation is drawn from this number of prompts on. */
const MIN_PROMPTS = 8;

function accuracySoFar(iteration: number, arm: Arm): number | null {
  const { prompts, right, judged, candidates } = rollouts.countsOf('evaluate', iteration, arm);
  // Without a known result for every candidate, the chart does not show accuracy.
  return prompts < MIN_PROMPTS || judged < candidates ? null : right / judged;
}
