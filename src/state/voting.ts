/** Prompts that wait for the reader's own choice, one after the other. */
import { create } from 'zustand';
import type { Ballot, Vote } from '../records/votes';

export interface Voting {
  /** Of the run that is shown. */
  readonly run: string | null;
  /** Of the run in the Lab, as it last said. */
  readonly waiting: number;
  /** The first is shown until it is voted on; whoever comes meanwhile stands behind. */
  readonly queue: readonly Ballot[];
  readonly done: number;
  readonly total: number;
  /** Best chosen, worst not yet: of the ballot that is shown. */
  readonly best: number | null;
  /** A vote, or the taking back of one, is on its way: until then no other key counts. */
  readonly casting: boolean;
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
  casting: false,
  voted: null,
}));

/** News from the run. */
export function ballotsWait(waiting: number): void {
  useVoting.setState({ waiting });
}
