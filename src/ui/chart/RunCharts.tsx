/** The charts of a run, by what they show: titles, explanations, units and axes are said once, for the Lab and for Runs. */
import type { Measure } from '../../records/heldout-measure';
import { measured, percent, subscript } from '../format';
import { Chart, type ChartProps } from './Chart';
import type { StepColumn, StepCurve } from './curves';

type Source = ChartProps['source'];

const wholePercent = (value: number) => percent(value, value === 0 || value === 1 ? 0 : 1);
const axisPercent = (value: number) => percent(value, 0);
const tokens = (value: number) => value.toFixed(1);
const modelName = (iteration: number) => `M${subscript(iteration)}`;

export const one = (column: StepColumn): StepCurve => ({ column, label: '', dash: false });
export const LOGPS: readonly StepCurve[] = [
  { column: 'logps/chosen', label: 'chosen', dash: false },
  { column: 'logps/rejected', label: 'rejected', dash: true },
];

type Words = Pick<ChartProps, 'title' | 'explanation' | 'format' | 'mayLog' | 'yRange'>;

const STEP_CHARTS = {
  loss: {
    title: 'Loss',
    explanation: 'What a step minimises. DPO begins at ln 2 = 0.693 in every iteration.',
    mayLog: true,
    format: measured,
  },
  margins: {
    title: 'Reward margin',
    explanation:
      'β × how much more the policy now prefers the chosen to the rejected than when the iteration began. It should rise.',
    format: measured,
  },
  accuracies: {
    title: 'Reward accuracy',
    explanation: 'Share of a step’s pairs whose chosen has the higher reward.',
    yRange: [0, 1],
    format: axisPercent,
  },
  logps: {
    title: 'Log-probabilities',
    explanation:
      'Sums over the tokens of the chosen and the rejected completion. Both fall a little in DPO; a steep fall of the chosen is the sign of a run going wrong.',
    format: measured,
  },
  gradNorm: {
    title: 'Gradient norm',
    explanation: 'Length of the gradient before clipping.',
    mayLog: true,
    format: measured,
  },
  learningRate: { title: 'Learning rate', explanation: 'Size of the step, by the schedule.', format: measured },
} as const satisfies Record<string, Words>;

const EVALUATION_CHARTS = {
  lengths: {
    title: 'Thought and response length',
    explanation: 'Mean tokens over the held-out samples.',
    format: tokens,
  },
  malformed: {
    title: 'Malformed',
    explanation: 'Share of held-out samples without a response that can be read.',
    format: wholePercent,
  },
} as const satisfies Record<string, Words>;

const SMALL = 120;
const byIteration = (iterations: number) =>
  ({ xLabel: 'model', xFormat: modelName, xRange: [-0.25, iterations + 0.25], points: true }) as const;

interface HeroProps {
  readonly source: Source;
  readonly iterations: number;
  readonly kind: Measure;
}

const HERO_WORDS: Readonly<Record<Measure, Pick<ChartProps, 'title' | 'format' | 'yRange'>>> = {
  accuracy: { title: 'Held-out accuracy, thinking against direct', format: axisPercent, yRange: [0, 1] },
  score: { title: 'Held-out score, thinking against direct', format: measured },
  wins: { title: 'Held-out win rate against the seed model', format: axisPercent, yRange: [0, 1] },
};

export function HeroChart({ source, iterations, kind }: HeroProps) {
  return (
    <Chart
      {...byIteration(iterations)}
      level={2}
      {...HERO_WORDS[kind]}
      explanation="Answers to prompts that were never trained on, by the model after each iteration, with 95% intervals. An open dot is an evaluation that goes on."
      source={source}
      height={216}
      empty="The first dots are the model before any training."
    />
  );
}

/** The paper's picture. */
export function WinChart({ source, iterations }: Omit<HeroProps, 'kind'>) {
  return (
    <Chart
      {...byIteration(iterations)}
      level={2}
      title="Win rate by iteration"
      explanation="Share of held-out samples that the judge prefers to the other model’s for the same prompt, a tie half, with 95% intervals: thinking against direct after the same iteration, and each arm against its own model before training. Above 50% is better than what it is held against."
      source={source}
      height={216}
      format={axisPercent}
      yRange={[0, 1]}
      empty="Comes with the second evaluation."
    />
  );
}

interface StepProps {
  readonly kind: keyof typeof STEP_CHARTS;
  readonly source: Source;
  readonly smoothing: number;
}

export function StepChart({ kind, source, smoothing }: StepProps) {
  return (
    <Chart
      {...STEP_CHARTS[kind]}
      source={source}
      smoothing={kind === 'learningRate' ? 0 : smoothing}
      xLabel="step"
      height={SMALL}
      empty="Begins with the first training step."
    />
  );
}

/** Of a run that has a warm-up. */
export function WarmUpChart({ source, smoothing }: Omit<StepProps, 'kind'>) {
  return (
    <Chart
      title="Warm-up loss"
      explanation="Mean negative log-likelihood of a token of the well-formed completions that are imitated (SFT), before iteration 1. It should fall."
      mayLog
      format={measured}
      source={source}
      smoothing={smoothing}
      xLabel="step of the warm-up"
      height={SMALL}
      empty="Begins when the warm-up’s completions are written."
    />
  );
}

interface EvaluationProps {
  readonly kind: keyof typeof EVALUATION_CHARTS;
  readonly source: Source;
  readonly iterations: number;
}

export function EvaluationChart({ kind, source, iterations }: EvaluationProps) {
  return (
    <Chart
      {...byIteration(iterations)}
      {...EVALUATION_CHARTS[kind]}
      source={source}
      height={SMALL}
      empty="Begins with the first evaluation."
    />
  );
}
