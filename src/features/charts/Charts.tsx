import { useMemo } from 'react';
import type { Arm } from '../../recipe/recipe';
import { useRun } from '../../state/run';
import { useSession } from '../../state/session';
import { useSettings } from '../../state/settings';
import { steps } from '../../state/step-log';
import { Chart } from '../../ui/chart/Chart';
import { measured, percent } from '../../ui/format';
import './charts.css';
import { evaluationSource, type Reading } from './evaluation-source';
import { type Curve, stepSource } from './step-source';

const BOTH: readonly Arm[] = ['thinking', 'direct'];
const wholePercent = (value: number) => percent(value, value === 0 || value === 1 ? 0 : 1);
const axisPercent = (value: number) => percent(value, 0);
const lengths = (value: number) => value.toFixed(1);

const ACCURACY: Reading = { label: '', dash: false, arms: BOTH, value: (e) => e.accuracy, interval: (e) => e.accuracyInterval };
const SCORE: Reading = { label: '', dash: false, arms: BOTH, value: (e) => e.meanScore, interval: (e) => e.meanScoreInterval };
const LENGTHS: readonly Reading[] = [
  { label: 'thought', dash: true, arms: ['thinking'], value: (e) => e.thoughtTokens },
  { label: 'response', dash: false, arms: BOTH, value: (e) => e.responseTokens },
];
const MALFORMED: readonly Reading[] = [{ label: '', dash: false, arms: BOTH, value: (e) => e.malformed }];

const one = (column: Curve['column']): readonly Curve[] => [{ column, label: '', dash: false }];
const LOGPS: readonly Curve[] = [
  { column: 'logps/chosen', label: 'chosen', dash: false },
  { column: 'logps/rejected', label: 'rejected', dash: true },
];

/** The curves of a run, the one that matters most first and largest. */
export function Charts() {
  const recipe = useSession((session) => session.recipe);
  const run = useRun((state) => state.run);
  const { iterations, arms: ordered } = run?.recipe ?? recipe;
  const scored = useRun((state) => state.evaluations.length > 0 && state.evaluations.every((e) => e.accuracy === null));
  const smoothing = useSettings((settings) => settings.smoothing);
  const armKey = ordered.join();

  // biome-ignore lint/correctness/useExhaustiveDependencies: the arms by value
  const sources = useMemo(() => {
    const arms = BOTH.filter((arm) => ordered.includes(arm));
    return {
      hero: evaluationSource(arms, iterations, [scored ? SCORE : ACCURACY], !scored),
      lengths: evaluationSource(arms, iterations, LENGTHS, false),
      malformed: evaluationSource(arms, iterations, MALFORMED, false),
      loss: stepSource(steps, arms, one('loss')),
      margins: stepSource(steps, arms, one('rewards/margins')),
      accuracies: stepSource(steps, arms, one('rewards/accuracies')),
      logps: stepSource(steps, arms, LOGPS),
      gradNorm: stepSource(steps, arms, one('grad_norm')),
      learningRate: stepSource(steps, arms, one('learning_rate')),
    };
  }, [armKey, iterations, scored]);

  const byIteration = { xLabel: 'iteration', xRange: [-0.25, iterations + 0.25] as const, points: true };
  const byStep = { xLabel: 'step', smoothing, height: 120, empty: 'Begins with the first training step.' };
  return (
    <section className="panel charts scroll" aria-label="Charts">
      <Chart
        {...byIteration}
        level={2}
        title={scored ? 'Held-out score, thinking against direct' : 'Held-out accuracy, thinking against direct'}
        explanation="Answers to prompts that were never trained on, after each iteration, with 95% intervals. An open dot is an evaluation that goes on."
        source={sources.hero}
        height={216}
        format={scored ? measured : axisPercent}
        {...(!scored && { yRange: [0, 1] as const })}
        empty="The first dots are the model before any training."
      />
      <div className="charts-rest">
        <div className="charts-bar">
          <label className="charts-smoothing">
            Smoothing
            <input
              type="range"
              min="0"
              max="0.95"
              step="0.05"
              value={smoothing}
              onChange={(event) => useSettings.setState({ smoothing: event.currentTarget.valueAsNumber })}
            />
            <output>{smoothing.toFixed(2)}</output>
          </label>
        </div>
        <Chart
          {...byStep}
          title="Loss"
          mayLog
          explanation="What a step minimises. DPO begins at ln 2 = 0.693 in every iteration."
          source={sources.loss}
          format={measured}
        />
        <Chart
          {...byStep}
          title="Reward margin"
          explanation="β × how much more the policy now prefers the chosen to the rejected than when the iteration began. It should rise."
          source={sources.margins}
          format={measured}
        />
        <Chart
          {...byStep}
          title="Reward accuracy"
          explanation="Share of a step’s pairs whose chosen has the higher reward."
          source={sources.accuracies}
          yRange={[0, 1]}
          format={axisPercent}
        />
        <Chart
          {...byStep}
          title="Log-probability of chosen and rejected"
          explanation="Both fall a little in DPO; a steep fall of the chosen is the sign of a run going wrong."
          source={sources.logps}
          format={measured}
        />
        <Chart
          {...byIteration}
          title="Thought and response length"
          explanation="Mean tokens over the held-out samples."
          source={sources.lengths}
          height={120}
          format={lengths}
          empty="Begins with the first evaluation."
        />
        <Chart
          {...byIteration}
          title="Malformed"
          explanation="Share of held-out samples without a response that can be read."
          source={sources.malformed}
          height={120}
          format={wholePercent}
          empty="Begins with the first evaluation."
        />
        <Chart
          {...byStep}
          title="Gradient norm"
          mayLog
          explanation="Length of the gradient before clipping."
          source={sources.gradNorm}
          format={measured}
        />
        <Chart
          {...byStep}
          title="Learning rate"
          mayLog
          explanation="Size of the step, by the schedule."
          source={sources.learningRate}
          format={measured}
        />
      </div>
    </section>
  );
}
