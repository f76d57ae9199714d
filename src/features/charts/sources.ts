/** The Lab's curves: of the run that goes on, read when its records change. */
import type { Arm } from '../../recipe/recipe';
import { currentRunStore } from '../../state/runs/current-run';
import { rollouts } from '../../state/runs/rollout-store';
import { steps } from '../../state/runs/step-store';
import { evaluationCurves, type Reading, type StepCurve, sftCurves, stepCurves } from '../../ui/chart/curves';

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

/** @param withCurrent the evaluation that goes on is drawn too, as far as it is */
export function evaluationSource(
  arms: readonly Arm[],
  iterations: number,
  readings: readonly Reading[],
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
        readings,
        withCurrent ? accuracySoFar : undefined,
      ),
  };
}

/** Fewer prompts than this say nothing yet. */
const ENOUGH = 8;

function accuracySoFar(iteration: number, arm: Arm): number | null {
  const { prompts, right, judged, candidates } = rollouts.countsOf('evaluate', iteration, arm);
  // Where some have no answer, accuracy is not what is shown.
  return prompts < ENOUGH || judged < candidates ? null : right / judged;
}
