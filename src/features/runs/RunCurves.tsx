import { useMemo } from 'react';
import type { RunDetail } from '../../records/runs';
import { useSettings } from '../../state/settings';
import { StepLog } from '../../state/step-log';
import { ARM_NAME } from '../../ui/arm-name';
import { ChartsBar } from '../../ui/chart/ChartsBar';
import type { ChartData } from '../../ui/chart/chart-data';
import {
  BOTH_ARMS,
  evaluationCurves,
  HERO,
  heroKind,
  LENGTHS,
  MALFORMED,
  overlay,
  type Reading,
  runColour,
  type StepCurve,
  sftCurves,
  stepCurves,
} from '../../ui/chart/curves';
import { EvaluationChart, HeroChart, LOGPS, one, StepChart, WarmUpChart } from '../../ui/chart/RunCharts';

/** The curves of one run, or of several over each other. */
export function RunCurves({ runs }: { readonly runs: readonly RunDetail[] }) {
  const smoothing = useSettings((settings) => settings.smoothing);
  const iterations = Math.max(...runs.map((run) => run.summary.recipe.iterations));
  // What all of them have.
  const kind = heroKind(runs.flatMap(({ evaluations }) => evaluations));
  const single = runs.length === 1;

  const sources = useMemo(() => {
    const logs = runs.map((run) => {
      const log = new StepLog();
      log.reset(run.steps);
      return log;
    });
    const armsOf = (run: RunDetail) => BOTH_ARMS.filter((arm) => run.summary.recipe.arms.includes(arm));
    const evaluated = (...readings: readonly Reading[]) =>
      still(
        overlay(
          runs.map((run) => ({
            name: run.summary.name,
            data: evaluationCurves(run.evaluations, armsOf(run), iterations, readings),
          })),
        ),
      );
    const stepped = (...curves: readonly StepCurve[]) =>
      still(
        overlay(
          runs.map((run, i) => ({
            name: run.summary.name,
            data: stepCurves(logs[i] ?? new StepLog(), armsOf(run), curves),
          })),
        ),
      );
    return {
      warmUp: still(overlay(runs.map((run) => ({ name: run.summary.name, data: sftCurves(run.sftSteps) })))),
      hero: evaluated(HERO[kind]),
      lengths: evaluated(...LENGTHS),
      malformed: evaluated(...MALFORMED),
      loss: stepped(one('loss')),
      margins: stepped(one('rewards/margins')),
      accuracies: stepped(one('rewards/accuracies')),
      logps: stepped(...LOGPS),
      gradNorm: stepped(one('grad_norm')),
      learningRate: stepped(one('learning_rate')),
    };
  }, [runs, iterations, kind]);

  return (
    <div className="run-curves">
      <HeroChart source={sources.hero} iterations={iterations} kind={kind} />
      <div className="charts-rest">
        <ChartsBar
          names={
            single
              ? BOTH_ARMS.map((arm) => ({ colour: arm, name: ARM_NAME[arm] }))
              : runs.map((run, place) => ({ colour: runColour(place), name: run.summary.name }))
          }
          {...(!single && { dashed: ARM_NAME.direct })}
          smoothing={smoothing}
          onSmoothing={(weight) => useSettings.setState({ smoothing: weight })}
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

/** A stored run does not change while it is looked at. */
export function still(data: ChartData) {
  return { subscribe: () => () => undefined, version: () => 0, read: () => data };
}
