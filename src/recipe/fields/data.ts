/** The model, the prompts, and how many of them a run uses. */
import { integer, several, storedId } from '../declare';

export const DATA_FIELDS = {
  model: storedId({
    label: 'Model',
    explanation:
      'The policy: the language model that learns to think. Its weights stay frozen; an adapter is trained.',
    group: 'What it learns from',
    of: 'model',
    default: 'tiny-thinker',
  }),
  prompts: storedId({
    label: 'Training prompts',
    explanation:
      'The instructions that it practises on. They are shuffled once, and every iteration takes the next block.',
    group: 'What it learns from',
    of: 'prompts',
    default: 'tiny-train',
  }),
  heldout: storedId({
    label: 'Held-out prompts',
    explanation: 'Instructions that it never trains on. The evaluation uses only these.',
    group: 'What it learns from',
    of: 'prompts',
    default: 'tiny-heldout',
  }),
};

export const ARM_FIELDS = {
  arms: several({
    label: 'Arms',
    explanation:
      'Thinking writes a thought first. Direct is the paper’s baseline: the same training without thoughts.',
    group: 'What it learns from',
    options: { thinking: 'Thinks first', direct: 'Answers at once' },
    default: ['thinking', 'direct'],
  }),
  seed: integer({
    label: 'Seed',
    explanation:
      'Decides the shuffle, every sampled token and the adapter’s initial weights: the same seed gives the same run.',
    group: 'What it learns from',
    min: 0,
    max: 0xffffffff,
    default: 1,
    advanced: true,
  }),
};

export const SIZE_FIELDS = {
  iterations: integer({
    label: 'Iterations',
    explanation:
      'Rounds of generating, judging, pairing and training. Each starts from the model that the last one trained.',
    group: 'What it learns from',
    min: 1,
    max: 100,
    default: 3,
  }),
  promptsPerIteration: integer({
    label: 'Prompts per iteration',
    explanation: 'Training prompts that each arm uses in each iteration.',
    group: 'What it learns from',
    min: 1,
    max: 100_000,
    unit: 'prompts',
    default: 64,
  }),
  k: integer({
    label: 'Candidates per prompt, K',
    explanation: 'Completions sampled for every prompt. The best and the worst of them make a pair.',
    group: 'Sampling',
    min: 2,
    max: 64,
    default: 8,
  }),
};
