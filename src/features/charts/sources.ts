/** The Lab's curves: of the run that goes on, read when its records change. */
import type { Arm } from '../../recipe/recipe';
import { rollouts } from '../../state/rollout-log';
import { useRun } from '../../state/run';
import { steps } from '../../state/step-log';
import { evaluationCurves, type Reading, type StepCurve, sftCurves, stepCurves } from '../../ui/chart/curves';

export function stepSource(arms: readonly Arm[], curves: readonly StepCurve[]) {
  return { subscribe: steps.subscribe, version: steps.version, read: () => stepCurves(steps, arms, curves) };
}

export function warmUpSource() {
  return {
    subscribe: (listener: () => void) => useRun.subscribe(listener),
    version: () => useRun.getState().sftSteps.length,
    read: () => sftCurves(useRun.getState().sftSteps),
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
      const leave = [useRun.subscribe(listener), withCurrent ? rollouts.subscribe(listener) : () => undefined];
      return () => {
        for (const stop of leave) stop();
      };
    },
    version() {
      const { evaluations } = useRun.getState();
      if (evaluations !== seen) changes += 1;
      seen = evaluations;
      return changes + (withCurrent ? rollouts.version() : 0);
    },
    read: () =>
      evaluationCurves(
        useRun.getState().evaluations,
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
  const { prompts, right, judged, candidates } = rollouts.tally('evaluate', iteration, arm);
  // Where some have no answer, accuracy is not what is shown.
  return prompts < ENOUGH || judged < candidates ? null : right / judged;
}
