/** Votes of a person who judges blind. Types only. */
import type { Arm } from '../recipe/recipe';

/** A person's choice among responses, or among a prompt's candidates, by index. */
export type Vote = { readonly best: number; readonly worst: number } | 'tie' | 'skip';

/** A prompt whose candidates wait for a person. */
export interface Ballot {
  readonly id: string;
  readonly iteration: number;
  readonly arm: Arm;
  readonly position: number;
  readonly instruction: string;
  /** Shuffled; equal responses once. */
  readonly responses: readonly { readonly candidate: number; readonly text: string; readonly thought: string }[];
}

/** A vote that was cast; its prompt's ballot has the same place. */
export interface CastVote {
  readonly iteration: number;
  readonly arm: Arm;
  readonly position: number;
  readonly vote: Vote;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Of one run. */
export interface Ballots {
  readonly waiting: readonly Ballot[];
  /** Votes that can still be taken back, and they with those that wait. */
  readonly done: number;
  readonly total: number;
}
