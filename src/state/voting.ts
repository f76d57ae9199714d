/** Prompts that wait for the reader's own choice, one after the other. */
import { create } from 'zustand';
import type { Ballot, Vote } from '../worker/protocol';

export interface Voting {
  /** Of the run that is shown. */
  readonly run: string | null;
  /** As the run last said. */
  readonly waiting: number;
  readonly queue: readonly Ballot[];
  readonly done: number;
  readonly total: number;
  /** Best chosen, worst not yet. */
  readonly best: number | null;
  /** The ballot just voted on, with its thoughts, until the reader goes on. */
  readonly voted: { readonly ballot: Ballot; readonly vote: Vote } | null;
}

export const useVoting = create<Voting>()(() => ({
  run: null,
  waiting: 0,
  queue: [],
  done: 0,
  total: 0,
  best: null,
  voted: null,
}));

/** News from the run. */
export function ballotsWait(waiting: number): void {
  useVoting.setState({ waiting });
}
