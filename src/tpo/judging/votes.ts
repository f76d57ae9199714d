/** What a person is asked: a prompt's responses, shuffled, and which of them is best and which worst. */
import { needsVote } from '../../judges/human';
import { at } from '../../lib/at';
import { LabError } from '../../lib/errors';
import { Random } from '../../lib/random';
import type { Rollout } from '../../records/candidates';
import type { PromptPlace } from '../../records/pairs';
import type { Ballot, CastVote, Vote } from '../../records/votes';

export const ballotId = ({ iteration, arm, position }: PromptPlace): string => `${iteration}/${arm}/${position}`;

const wellFormed = ({ candidates }: Rollout) => candidates.filter(({ malformed }) => malformed === null);

/** Whether a prompt waits for a person. */
export const isOnBallot = (rollout: Rollout): boolean =>
  rollout.purpose === 'train' &&
  rollout.judgement === null &&
  needsVote(wellFormed(rollout).map(({ response }) => response));

/** Of two equal responses the first stands for both. The order is the seed's: the same after a reload. */
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

/** @throws LabError not-found, where the vote names what is not on the ballot */
export function checkVote(ballot: Ballot, vote: Vote): void {
  if (vote === 'tie' || vote === 'skip') return;
  const known = (candidate: number) => ballot.responses.some((response) => response.candidate === candidate);
  if (known(vote.best) && known(vote.worst) && vote.best !== vote.worst) return;
  throw new LabError(
    'not-found',
    'This vote names a response that is not on its ballot.',
    'Nothing was stored. Vote again.',
  );
}

/** The votes of one iteration and arm, by position. */
export function votesOf(
  votes: readonly CastVote[],
  { iteration, arm }: Omit<PromptPlace, 'position'>,
): ReadonlyMap<number, Vote> {
  const own = votes.filter((vote) => vote.iteration === iteration && vote.arm === arm);
  return new Map(own.map(({ position, vote }) => [position, vote]));
}
