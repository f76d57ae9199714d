import { useMemo } from 'react';
import type { RunDetail } from '../../records/runs';
import { useStore } from '../../state/react';
import { StepStore } from '../../state/runs/step-store';
import { settingsStore } from '../../state/session/settings';
import type { ChartData } from '../../ui/chart/chart-data';
import {
  BOTH_ARMS,
  type EvaluationCurve,
  evaluationCurves,
  HELDOUT_CURVE,
  LENGTHS,
  MALFORMED,
  measureOf,
  overlay,
  runColour,
  type StepCurve,
  sftCurves,
  stepCurves,
} from '../../ui/chart/curves';
import {
  ChartsBar,
  curveOf,
  EvaluationChart,
  HeldoutChart,
  LOGPS,
  StepChart,
  WarmUpChart,
} from '../../ui/chart/RunCharts';
import { ARM_NAME } from '../../ui/format';

/** The charts of one run, or of several runs overlaid. */
export function RunCurves({ runs }: { readonly runs: readonly RunDetail[] }) {
  const smoothing = useStore(settingsStore, (settings) => settings.smoothing);
  const iterations = Math.max(...runs.map((run) => run.summary.recipe.iterations));
  // The measure that all runs have.
  const kind = measureOf(runs.flatMap(({ evaluations }) => evaluations));
  const single = runs.length === 1;

  const sources = useMemo(() => {
    const logs = runs.map((run) => {
      const log = new StepStore();
      log.reset(run.steps);
      return log;
    });
    const armsOf = (run: RunDetail) => BOTH_ARMS.filter((arm) => run.summary.recipe.arms.includes(arm));
    const evaluated = (...curves: readonly EvaluationCurve[]) =>
      staticSource(
        overlay(
          runs.map((run) => ({
            name: run.summary.name,
            data: evaluationCurves(run.evaluations, armsOf(run), iterations, curves),
          })),
        ),
      );
    const stepped = (...curves: readonly StepCurve[]) =>
      staticSource(
        overlay(
          runs.map((run, i) => ({
            name: run.summary.name,
            data: stepCurves(logs[i] ?? new StepStore(), armsOf(run), curves),
          })),
        ),
      );
    return {
      warmUp: staticSource(overlay(runs.map((run) => ({ name: run.summary.name, data: sftCurves(run.sftSteps) })))),
      hero: evaluated(HELDOUT_CURVE[kind]),
      lengths: evaluated(...LENGTHS),
      malformed: evaluated(...MALFORMED),
      loss: stepped(curveOf('loss')),
      margins: stepped(curveOf('rewards/margins')),
      accuracies: stepped(curveOf('rewards/accuracies')),
      logps: stepped(...LOGPS),
      gradNorm: stepped(curveOf('grad_norm')),
      learningRate: stepped(curveOf('learning_rate')),
    };
  }, [runs, iterations, kind]);

  return (
    <div className="run-curves">
      <HeldoutChart source={sources.hero} iterations={iterations} kind={kind} />
      <div className="charts-rest">
        <ChartsBar
          names={
            single
              ? BOTH_ARMS.map((arm) => ({ colour: arm, name: ARM_NAME[arm] }))
              : runs.map((run, place) => ({ colour: runColour(place), name: run.summary.name }))
          }
          {...(!single && { dashed: ARM_NAME.direct })}
          smoothing={smoothing}
          onSmoothing={(weight) => settingsStore.setState({ smoothing: weight })}
        />
        {runs.some((run) => run.sftSteps.length > 0) && <WarmUpChart source={sources.warmUp} smoothing={smoothing} />}
        <StepChart kind="loss" source={sources.loss} smoothing={smoothing} />
        <StepChart kind="margins" source={sources.margins} smoothing={smoothing} />
        <StepChart kind="accuracies" source={sources.accuracies} smoothing={smoothing} />
        {single && <StepChart kind="logps" source={sources.logps} smoothing={smoothing} />}
        {single && <EvaluationChart kind="lengths" source={sources.lengths} iterations={iterations} />}
        <EvaluationChart kind="malformed" source={sources.malformed} iterations={iterations} />
        <StepChart kind="gradNorm" source={sources.gradNorm} smoothing={smoothing} />
        <StepChart kind="learningRate" source={sources.learningRate} smoothing={smoothing} />
      </div>
    </div>
  );
}

/** A chart source that never changes, for stored runs. */
export function staticSource(data: ChartData) {
  return { subscribe: () => () => undefined, version: () => 0, read: () => data };
}
