/** The evaluation on held-out prompts, and how the device is used. */
import { AUTO, choice, flag, integer, integerOrAuto } from '../declare';

export const EVALUATION_FIELDS = {
  evaluationPrompts: integer({
    label: 'Held-out prompts used',
    explanation: 'Prompts of each evaluation. Fewer are faster and widen the intervals. 0: all.',
    group: 'Evaluation',
    min: 0,
    max: 100_000,
    unit: 'prompts',
    default: 0,
  }),
  evaluationSamples: integer({
    label: 'Samples per prompt',
    explanation: 'Completions sampled for every held-out prompt, at the temperature above.',
    group: 'Evaluation',
    min: 1,
    max: 64,
    default: 2,
  }),
  earlyStop: flag({
    label: 'Stop early',
    explanation:
      'Stops training an arm after its held-out accuracy has fallen twice in a row. If the rule cannot check ' +
      'some prompts, the win rate against the seed model counts instead.',
    group: 'Evaluation',
    default: false,
    addedLater: true,
  }),
};

export const MACHINE_FIELDS = {
  lanes: integerOrAuto({
    label: 'Lanes',
    explanation:
      'Candidates that are generated at once. More take more memory. auto: the number that measures fastest on this ' +
      'device, up to 64.',
    group: 'Machine',
    min: 1,
    max: 1024,
    default: AUTO,
  }),
  kvCache: choice({
    label: 'KV cache',
    explanation: 'f16 takes half the memory. Tokens are then sampled with slightly other probabilities than scored.',
    group: 'Machine',
    options: { f32: 'f32', f16: 'f16' },
    default: 'f32',
    advanced: true,
    addedLater: true,
  }),
  checkpointing: flag({
    label: 'Recompute activations',
    explanation: 'Training takes less memory, and about a third more time.',
    group: 'Machine',
    default: false,
  }),
};
