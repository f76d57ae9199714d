/** Votes of a person who judges without knowing which candidate is which. Types only. */
import type { Arm } from '../recipe/recipe';

/** A person's vote on a prompt. `best` and `worst` are indices of candidates; for a judge, positions of responses. */
export type Vote = { readonly best: number; readonly worst: number } | 'tie' | 'skip';

/** A prompt whose candidates wait for a vote. */
export interface Ballot {
  readonly id: string;
  readonly iteration: number;
  readonly arm: Arm;
  readonly position: number;
  readonly instruction: string;
  /** Shuffled. Equal responses are shown once. */
  readonly responses: readonly { readonly candidate: number; readonly text: string; readonly thought: string }[];
}

/** A vote that was cast on the prompt at this place. */
export interface CastVote {
  readonly iteration: number;
  readonly arm: Arm;
  readonly position: number;
  readonly vote: Vote;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The ballots of one run. */
export interface Ballots {
  readonly waiting: readonly Ballot[];
  /** `done` votes can still be taken back. `total` is their number plus that of the waiting ballots. */
  readonly done: number;
  readonly total: number;
}
