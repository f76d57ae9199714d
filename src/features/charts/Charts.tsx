import { useMemo } from 'react';
import { useStore } from '../../state/react';
import { currentRunStore } from '../../state/runs/current-run';
import { sessionStore } from '../../state/session/session';
import { settingsStore } from '../../state/session/settings';
import { BOTH_ARMS, HELDOUT_CURVE, LENGTHS, MALFORMED, measureOf } from '../../ui/chart/curves';
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
import { evaluationSource, stepSource, warmUpSource } from './chart-sources';
import './charts.css';

/** The charts of the run in the Lab. The most important one is the first and largest. */
export function Charts() {
  const recipe = useStore(sessionStore, (session) => session.recipe);
  const run = useStore(currentRunStore, (state) => state.run);
  const { iterations, arms: chosen, sftPrompts } = run?.recipe ?? recipe;
  const kind = useStore(currentRunStore, (state) => measureOf(state.evaluations));
  const smoothing = useStore(settingsStore, (settings) => settings.smoothing);
  const armKey = chosen.join();

  // biome-ignore lint/correctness/useExhaustiveDependencies: the arms by value
  const sources = useMemo(() => {
    const arms = BOTH_ARMS.filter((arm) => chosen.includes(arm));
    const step = (...curves: Parameters<typeof stepSource>[1]) => stepSource(arms, curves);
    return {
      arms,
      warmUp: warmUpSource(),
      hero: evaluationSource(arms, iterations, [HELDOUT_CURVE[kind]], kind === 'accuracy'),
      lengths: evaluationSource(arms, iterations, LENGTHS, false),
      malformed: evaluationSource(arms, iterations, MALFORMED, false),
      loss: step(curveOf('loss')),
      margins: step(curveOf('rewards/margins')),
      accuracies: step(curveOf('rewards/accuracies')),
      logps: step(...LOGPS),
      gradNorm: step(curveOf('grad_norm')),
      learningRate: step(curveOf('learning_rate')),
    };
  }, [armKey, iterations, kind]);

  return (
    <section className="panel charts scroll" aria-label="Charts">
      <HeldoutChart source={sources.hero} iterations={iterations} kind={kind} />
      <div className="charts-rest">
        <ChartsBar
          names={sources.arms.map((arm) => ({ colour: arm, name: ARM_NAME[arm] }))}
          smoothing={smoothing}
          onSmoothing={(weight) => settingsStore.setState({ smoothing: weight })}
        />
        {sftPrompts > 0 && <WarmUpChart source={sources.warmUp} smoothing={smoothing} />}
        <StepChart kind="loss" source={sources.loss} smoothing={smoothing} />
        <StepChart kind="margins" source={sources.margins} smoothing={smoothing} />
        <StepChart kind="accuracies" source={sources.accuracies} smoothing={smoothing} />
        <StepChart kind="logps" source={sources.logps} smoothing={smoothing} />
        <EvaluationChart kind="lengths" source={sources.lengths} iterations={iterations} />
        <EvaluationChart kind="malformed" source={sources.malformed} iterations={iterations} />
        <StepChart kind="gradNorm" source={sources.gradNorm} smoothing={smoothing} />
        <StepChart kind="learningRate" source={sources.learningRate} smoothing={smoothing} />
      </div>
    </section>
  );
}
