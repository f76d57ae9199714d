/** Votes of a person who judges: what a ballot shows, and which prompts wait for one. */

import { needsVote } from '../../judges/human';
import { at } from '../../lib/assert';
import { LabError } from '../../lib/errors';
import { Random } from '../../lib/random';
import type { ArmIteration, Rollout } from '../../records/candidates';
import type { Ballot, CastVote, Vote } from '../../records/judgements';
import type { PromptPlace } from '../../records/pairs';

export const ballotId = ({ iteration, arm, position }: PromptPlace): string => `${iteration}/${arm}/${position}`;

const wellFormed = ({ candidates }: Rollout) => candidates.filter(({ malformed }) => malformed === null);

/**
 * Whether the prompt needs a person's vote: it is not judged yet, and has at least two different well-formed
 * responses.
 */
export const isOnBallot = (rollout: Rollout): boolean =>
  rollout.purpose === 'train' &&
  rollout.judgement === null &&
  needsVote(wellFormed(rollout).map(({ response }) => response));

/**
 * The ballot of a prompt: its well-formed responses, shuffled by the run's seed, so that their order is the same after
 * a reload. Of equal responses only the first is shown.
 */
export function ballotOf(rollout: Rollout, seed: number): Ballot {
  const { iteration, arm, position, prompt } = rollout;
  const different = [
    ...new Map(
      wellFormed(rollout)
        .toReversed()
        .map((one) => [one.response, one]),
    ).values(),
  ].sort((a, b) => a.index - b.index);
  const id = ballotId(rollout);
  const order = new Random(seed, `ballot/${id}`).permutation(different.length);
  const responses = order.map((i) => {
    const { index, response, thought } = at(different, i);
    return { candidate: index, text: response, thought };
  });
  return { id, iteration, arm, position, instruction: prompt.instruction, responses };
}

/** @throws LabError not-found: the vote names a response that is not on the ballot */
export function checkVote(ballot: Ballot, vote: Vote): void {
  if (vote === 'tie' || vote === 'skip') return;
  const isShown = (candidate: number) => ballot.responses.some((response) => response.candidate === candidate);
  if (isShown(vote.best) && isShown(vote.worst) && vote.best !== vote.worst) return;
  throw new LabError(
    'not-found',
    'This vote names a response that is not on its ballot.',
    'Nothing was stored. Vote again.',
  );
}

/** Votes by the position of their prompt. */
export type Votes = ReadonlyMap<number, Vote>;

export const NO_VOTES: Votes = new Map();

/** The votes of one arm iteration. */
export function votesOf(votes: readonly CastVote[], { iteration, arm }: ArmIteration): Votes {
  const ofIteration = votes.filter((vote) => vote.iteration === iteration && vote.arm === arm);
  return new Map(ofIteration.map(({ position, vote }) => [position, vote]));
}
