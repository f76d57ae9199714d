/** How the adapter is trained: pairs, loss, adapter, warm-up and optimiser. */
import { choice, flag, integer, real, several, storedId } from '../declare';

export const PAIR_FIELDS = {
  rho: real({
    label: 'Length control, ρ',
    explanation:
      'Subtracts ρ × the relative length of a response from its score: above 0, longer responses must be better.',
    group: 'Pairs',
    min: 0,
    max: 0.5,
    default: 0,
  }),
  malformedShare: real({
    label: 'Malformed as rejected, at most',
    explanation: 'The share of an iteration’s prompts whose rejected completion may be malformed.',
    group: 'Pairs',
    min: 0,
    max: 1,
    default: 0.25,
  }),
};

export const LOSS_FIELDS = {
  loss: choice({
    label: 'Loss',
    explanation: 'What a step minimises over the pairs. The paper trains with DPO.',
    group: 'Loss',
    options: {
      sigmoid: 'DPO (sigmoid)',
      ipo: 'IPO',
      hinge: 'Hinge',
      robust: 'Robust DPO',
      sigmoid_norm: 'DPO over mean log-probability',
      apo_zero: 'APO zero',
    },
    default: 'sigmoid',
  }),
  beta: real({
    label: 'β',
    explanation: 'How strongly the policy is held near the reference. A smaller value lets it move further.',
    group: 'Loss',
    min: 0,
    max: 100,
    default: 0.1,
  }),
  labelSmoothing: real({
    label: 'Label smoothing',
    explanation: 'The share of pairs in which you expect the judge to have confused chosen and rejected.',
    group: 'Loss',
    min: 0,
    max: 0.49,
    default: 0,
  }),
  sftWeight: real({
    label: 'Weight of the chosen’s likelihood, α',
    explanation:
      'Adds the negative log-likelihood of the chosen completion to the loss (IRPO), so that its probability ' +
      'does not fall. 0: off.',
    group: 'Loss',
    min: 0,
    max: 100,
    default: 0,
  }),
};

export const ADAPTER_FIELDS = {
  adapter: storedId({
    label: 'Initial adapter',
    explanation:
      'An imported adapter that the thinking arm continues to train; the values below must match it. The ' +
      'direct arm always starts with a new one.',
    group: 'Adapter',
    of: 'adapter',
    default: '',
    addedLater: true,
  }),
  rank: integer({
    label: 'Rank, r',
    explanation: 'Width of the adapter. A larger rank can learn more, and takes more memory.',
    group: 'Adapter',
    min: 1,
    max: 256,
    default: 16,
  }),
  alpha: real({
    label: 'LoRA α',
    explanation: 'The adapter’s output is scaled by α/r.',
    group: 'Adapter',
    min: 0.001,
    max: 4096,
    default: 32,
  }),
  rsLora: flag({
    label: 'Rank-stabilised',
    explanation: 'Scales by α/√r instead, so that a large rank learns as fast as a small one.',
    group: 'Adapter',
    default: false,
  }),
  targetModules: several({
    label: 'Adapted projections',
    explanation: 'The matrices of each layer that get an adapter.',
    group: 'Adapter',
    options: {
      q_proj: 'q_proj',
      k_proj: 'k_proj',
      v_proj: 'v_proj',
      o_proj: 'o_proj',
      gate_proj: 'gate_proj',
      up_proj: 'up_proj',
      down_proj: 'down_proj',
    },
    code: true,
    default: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
  }),
};

interface WarmUp {
  readonly arms: readonly string[];
  readonly sftPrompts: number;
}
const warmedUp = ({ sftPrompts }: WarmUp): boolean => sftPrompts > 0;

export const WARM_UP_FIELDS = {
  sftPrompts: integer({
    label: 'Warm-up prompts',
    explanation:
      'Before iteration 1 the model samples completions of this many training prompts, and is fine-tuned on ' +
      'those that are well-formed (SFT). For a model that rarely keeps to the format. 0: off.',
    group: 'Warm-up',
    min: 0,
    max: 100_000,
    unit: 'prompts',
    default: 0,
    when: (recipe: WarmUp): boolean => recipe.arms.includes('thinking') || warmedUp(recipe),
    addedLater: true,
    hashedWhen: warmedUp,
  }),
  sftEpochs: integer({
    label: 'Warm-up epochs',
    explanation: 'Passes over the well-formed completions.',
    group: 'Warm-up',
    min: 1,
    max: 100,
    default: 2,
    when: warmedUp,
    addedLater: true,
    hashedWhen: warmedUp,
  }),
  sftLearningRate: real({
    label: 'Warm-up learning rate',
    explanation: 'Peak learning rate of the warm-up. SFT tolerates a higher rate than preference training.',
    group: 'Warm-up',
    min: 0,
    max: 1,
    default: 2e-4,
    when: warmedUp,
    addedLater: true,
    hashedWhen: warmedUp,
  }),
};

export const OPTIMISER_FIELDS = {
  learningRate: real({
    label: 'Learning rate',
    explanation:
      'Size of a step, at its peak. A rate ten times too high is the classic way to ruin a run: watch logps/chosen.',
    group: 'Optimiser',
    min: 0,
    max: 1,
    default: 1e-3,
  }),
  schedule: choice({
    label: 'Schedule',
    explanation: 'How the learning rate changes over an iteration.',
    group: 'Optimiser',
    options: { cosine: 'Cosine to zero', constant: 'Constant' },
    default: 'cosine',
  }),
  /** At least one step when above 0. */
  warmup: real({
    label: 'Warm-up of the rate',
    explanation: 'The share of an iteration’s steps over which the rate rises from 0.',
    group: 'Optimiser',
    min: 0,
    max: 1,
    default: 0.05,
  }),
  adamBeta1: real({
    label: 'Adam β₁',
    explanation: 'Decay of the gradient’s running mean.',
    group: 'Optimiser',
    min: 0,
    max: 0.9999,
    default: 0.9,
    advanced: true,
  }),
  adamBeta2: real({
    label: 'Adam β₂',
    explanation: 'Decay of the running mean of the squared gradient.',
    group: 'Optimiser',
    min: 0,
    max: 0.99999,
    default: 0.95,
    advanced: true,
  }),
  adamEpsilon: real({
    label: 'Adam ε',
    explanation: 'Added to the denominator, so that a step stays finite where gradients are tiny.',
    group: 'Optimiser',
    min: 0,
    max: 1,
    default: 1e-8,
    advanced: true,
  }),
  weightDecay: real({
    label: 'Weight decay',
    explanation: 'Pulls the adapter towards zero. 0: off.',
    group: 'Optimiser',
    min: 0,
    max: 10,
    default: 0,
    advanced: true,
  }),
  maxGradNorm: real({
    label: 'Gradient clipping',
    explanation: 'A gradient whose norm is larger is scaled down to this norm. 0: off.',
    group: 'Optimiser',
    min: 0,
    max: 1e6,
    default: 1,
    advanced: true,
  }),
  epochs: integer({
    label: 'Epochs',
    explanation: 'Passes over an iteration’s pairs.',
    group: 'Optimiser',
    min: 1,
    max: 100,
    default: 2,
  }),
  pairsPerStep: integer({
    label: 'Pairs per step',
    explanation: 'Pairs whose gradients are averaged into one step of the optimiser.',
    group: 'Optimiser',
    min: 1,
    max: 1024,
    unit: 'pairs',
    default: 8,
  }),
};
