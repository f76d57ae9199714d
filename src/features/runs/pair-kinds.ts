import type { Rollout } from '../../worker/protocol';

export const KINDS = ['all', 'pair', 'none', 'malformed'] as const;
export type Kind = (typeof KINDS)[number];

export const KIND_NAMES: Record<Kind, string> = {
  all: 'all prompts',
  pair: 'with a pair',
  none: 'without a pair',
  malformed: 'rejected is malformed',
};

export function keepKind({ pair }: Rollout, kind: Kind): boolean {
  const made = pair !== null && 'chosen' in pair;
  switch (kind) {
    case 'all':
      return true;
    case 'pair':
      return made;
    case 'none':
      return !made;
    case 'malformed':
      return made && pair.rejectedMalformed;
    default:
      return kind satisfies never;
  }
}
