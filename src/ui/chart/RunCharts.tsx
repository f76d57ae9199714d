/** The charts of a run with their titles, explanations, units and axes. The Lab and the Runs page share them. */
import type { Measure } from '../../records/evaluations';
import { measured, percent, subscript } from '../format';
import { Chart, type ChartProps } from './Chart';
import type { Colour } from './chart-data';
import type { StepColumn, StepCurve } from './curves';

type Source = ChartProps['source'];

const wholePercent = (value: number) => percent(value, value === 0 || value === 1 ? 0 : 1);
const axisPercent = (value: number) => percent(value, 0);
const tokens = (value: number) => value.toFixed(1);
const modelName = (iteration: number) => `M${subscript(iteration)}`;

export const curveOf = (column: StepColumn): StepCurve => ({ column, label: '', dash: false });
export const LOGPS: readonly StepCurve[] = [
  { column: 'logps/chosen', label: 'chosen', dash: false },
  { column: 'logps/rejected', label: 'rejected', dash: true },
];

type Words = Pick<ChartProps, 'title' | 'explanation' | 'format' | 'mayLog' | 'yRange'>;

const STEP_CHARTS = {
  loss: {
    title: 'Loss',
    explanation: 'The DPO loss of each training step. It starts at ln 2 = 0.693 in every iteration and should fall.',
    mayLog: true,
    format: measured,
  },
  margins: {
    title: 'Reward margin',
    explanation:
      'β × how much more the model prefers the chosen over the rejected candidate than at the ' +
      'start of the iteration. It should rise.',
    format: measured,
  },
  accuracies: {
    title: 'Reward accuracy',
    explanation: 'Share of a step’s pairs in which the chosen candidate has the higher reward.',
    yRange: [0, 1],
    format: axisPercent,
  },
  logps: {
    title: 'Log-probabilities',
    explanation:
      'Log-probability of the chosen and of the rejected completion, summed over tokens. Both fall ' +
      'slightly in DPO. A steep fall of the chosen one means that the run is going wrong.',
    format: measured,
  },
  gradNorm: {
    title: 'Gradient norm',
    explanation: 'Norm of the gradient before clipping.',
    mayLog: true,
    format: measured,
  },
  learningRate: {
    title: 'Learning rate',
    explanation: 'Learning rate of each step, which follows the schedule.',
    format: measured,
  },
} as const satisfies Record<string, Words>;

const EVALUATION_CHARTS = {
  lengths: {
    title: 'Thought and response length',
    explanation: 'Mean length in tokens of the thoughts and responses to held-out prompts.',
    format: tokens,
  },
  malformed: {
    title: 'Malformed',
    explanation: 'Share of held-out samples that do not follow the format, so that they have no readable response.',
    format: wholePercent,
  },
} as const satisfies Record<string, Words>;

const SMALL = 120;
const byIteration = (iterations: number) =>
  ({ xLabel: 'model', xFormat: modelName, xRange: [-0.25, iterations + 0.25], points: true }) as const;

interface HeldoutProps {
  readonly source: Source;
  readonly iterations: number;
  readonly kind: Measure;
}

const HELDOUT_WORDS: Readonly<Record<Measure, Pick<ChartProps, 'title' | 'format' | 'yRange'>>> = {
  accuracy: { title: 'Held-out accuracy, thinking against direct', format: axisPercent, yRange: [0, 1] },
  score: { title: 'Held-out score, thinking against direct', format: measured },
  wins: { title: 'Held-out win rate against the seed model', format: axisPercent, yRange: [0, 1] },
};

export function HeldoutChart({ source, iterations, kind }: HeldoutProps) {
  return (
    <Chart
      {...byIteration(iterations)}
      level={2}
      {...HELDOUT_WORDS[kind]}
      explanation={
        'Results on held-out prompts, which are never trained on, for the model after each ' +
        'iteration, with 95% intervals. An open dot is an evaluation that is not finished.'
      }
      source={source}
      height={216}
      empty="The first dots will show the model before any training."
    />
  );
}

/** Win rates by iteration, as the paper plots them. */
export function WinChart({ source, iterations }: Omit<HeldoutProps, 'kind'>) {
  return (
    <Chart
      {...byIteration(iterations)}
      level={2}
      title="Win rate by iteration"
      explanation={
        'Share of held-out samples that the judge prefers over the other model’s samples for the ' +
        'same prompt, with 95% intervals. A tie counts as half. The comparisons are thinking against ' +
        'direct after the same iteration, and each arm against its own model before training. Above ' +
        '50% is better than the other model.'
      }
      source={source}
      height={216}
      format={axisPercent}
      yRange={[0, 1]}
      empty="Appears with the second evaluation."
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
      empty="Appears with the first training step."
    />
  );
}

/** The SFT loss of a run with a warm-up. */
export function WarmUpChart({ source, smoothing }: Omit<StepProps, 'kind'>) {
  return (
    <Chart
      title="Warm-up loss"
      explanation={
        'Mean negative log-likelihood per token of the well-formed completions that the model learns ' +
        'to imitate (SFT) before iteration 1. It should fall.'
      }
      mayLog
      format={measured}
      source={source}
      smoothing={smoothing}
      xLabel="warm-up step"
      height={SMALL}
      empty="Appears when the completions of the warm-up have been generated."
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
      empty="Appears with the first evaluation."
    />
  );
}

interface ChartsBarProps {
  /** Meaning of each colour. */
  readonly names: readonly { readonly colour: Colour; readonly name: string }[];
  /** Meaning of a dashed line, if no other legend explains it. */
  readonly dashed?: string;
  readonly smoothing: number;
  readonly onSmoothing: (weight: number) => void;
}

/** The legend of the small charts, and their smoothing. */
export function ChartsBar({ names, dashed, smoothing, onSmoothing }: ChartsBarProps) {
  return (
    <div className="charts-bar">
      <ul className="legend">
        {names.map(({ colour, name }) => (
          <li key={colour} className="legend-item">
            <svg className={`legend-line colour-${colour}`} width="16" height="8" aria-hidden="true">
              <line x1="0" x2="16" y1="4" y2="4" stroke="currentColor" strokeWidth="2" />
            </svg>
            {name}
          </li>
        ))}
        {dashed !== undefined && <li className="legend-item">dashed: {dashed}</li>}
      </ul>
      <label
        className="charts-smoothing"
        title="Exponential moving average. The unsmoothed values are drawn in a lighter colour."
      >
        Smoothing
        <input
          type="range"
          min="0"
          max="0.95"
          step="0.05"
          value={smoothing}
          onChange={(event) => onSmoothing(event.currentTarget.valueAsNumber)}
        />
        <output className="tabular">{smoothing.toFixed(2)}</output>
      </label>
    </div>
  );
}
