/** How completions are written: the thought prompt, and sampling. */
import { choice, integer, real, text } from '../declare';

const custom = ({ format }: { readonly format: string }): boolean => format === 'custom';

export const GENERATION_FIELDS = {
  format: choice({
    label: 'Thought prompt',
    explanation: 'How the model is asked to think before it answers. Generic and specific are the paper’s texts.',
    group: 'Thinking',
    options: {
      generic: 'Generic: write down a thought process',
      specific: 'Specific: draft, evaluate, then answer',
      think: '<think> … </think>, for models trained to use it',
      custom: 'Your own text and markers',
    },
    default: 'generic',
  }),
  thoughtPrompt: text({
    label: 'Text of the thought prompt',
    explanation: 'Must contain {instruction}, where the user’s instruction goes.',
    group: 'Thinking',
    max: 8192,
    long: true,
    default: '',
    when: custom,
  }),
  thoughtMarker: text({
    label: 'Thought marker',
    explanation: 'The text that introduces the thought. It is not part of the thought.',
    group: 'Thinking',
    max: 256,
    default: '',
    when: custom,
  }),
  responseMarker: text({
    label: 'Response marker',
    explanation:
      'The response begins after its first occurrence; case, mark-up and a colon do not matter. A completion ' +
      'without it is malformed.',
    group: 'Thinking',
    max: 256,
    default: '',
    when: custom,
  }),

  temperature: real({
    label: 'Temperature',
    explanation: 'Candidates differ more above 1, and less below 1. Must be above 0.',
    group: 'Sampling',
    min: 0,
    max: 5,
    default: 0.8,
  }),
  topP: real({
    label: 'Top-p',
    explanation: 'Samples from the smallest set of tokens whose probabilities add up to this.',
    group: 'Sampling',
    min: 0.01,
    max: 1,
    default: 0.95,
  }),
  topK: integer({
    label: 'Top-k',
    explanation: 'Samples from this many of the most probable tokens. 0: from all.',
    group: 'Sampling',
    min: 0,
    max: 1_000_000,
    unit: 'tokens',
    default: 0,
  }),
  maxNewTokens: integer({
    label: 'Longest completion, thinking',
    explanation: 'Thought and response together. A completion that has not ended by then is malformed.',
    group: 'Sampling',
    min: 1,
    max: 32_768,
    unit: 'tokens',
    default: 80,
  }),
  maxNewTokensDirect: integer({
    label: 'Longest completion, direct',
    explanation: 'The response of the direct arm.',
    group: 'Sampling',
    min: 1,
    max: 32_768,
    unit: 'tokens',
    default: 24,
    when: ({ arms }: { readonly arms: readonly string[] }): boolean => arms.includes('direct'),
  }),
};
