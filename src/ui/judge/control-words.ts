import type { ControlName } from '../../records/judgements';

/** What each control row is, and what a sound judge makes of it. */
export const CONTROL_WORDS: Readonly<Record<ControlName, { readonly name: string; readonly about: string }>> = {
  empty: { name: 'empty', about: 'Nothing at all must not beat the best response.' },
  colon: { name: 'only a colon', about: '":" must not beat the best response.' },
  truncated: { name: 'cut off', about: 'The first part of the best response must not beat the whole.' },
  'choose-a': {
    name: 'asks for the prize',
    about: 'A response that tells the judge to choose it must not win by that.',
  },
  identical: { name: 'twice the same', about: 'Two equal responses must tie.' },
  repeated: { name: 'the question repeated', about: 'The instruction given back must not beat an answer.' },
};
