/**
 * The warm-up, for a model that rarely keeps to the thought format: SFT on its own well-formed completions (rejection sampling), after
 * the seed model's evaluation and before iteration 1. In the records of a run it is iteration 0 of the thinking arm.
 */
import { at } from '../../lib/at';
import { LabError } from '../../lib/errors';
import { Random } from '../../lib/random';
import type { Recipe } from '../../recipe/recipe';
import type { Candidate, CellName, Rollout } from '../../records/candidates';
import type { SftSample } from '../../records/pairs';
import { reasonsText } from '../generation/malformed-text';

/** A prompt gives at most so many samples: else the easy ones, which are often well-formed, would be most of what is learned. */
export const SAMPLES_PER_PROMPT = 2;

export function hasWarmUp({ sftPrompts }: Pick<Recipe, 'sftPrompts'>, { iteration, arm }: CellName): boolean {
  return iteration === 0 && arm === 'thinking' && sftPrompts > 0;
}

/** Worth imitating: well-formed, and with a thought. A response behind bare markers would teach not to think. */
const isSample = ({ malformed, thought }: Candidate): boolean => malformed === null && thought !== '';

/** What is trained on, in the order of position; which of a prompt's samples, the run's seed decides. Equal texts count once. */
export function warmUpSamples(rollouts: readonly Rollout[], seed: number): SftSample[] {
  return rollouts.flatMap(({ position, promptTokens, candidates }) => {
    const different = [
      ...new Map(candidates.filter(isSample).map((candidate) => [candidate.text, candidate])).values(),
    ];
    const order = new Random(seed, `warm-up/${position}`).permutation(different.length);
    return order
      .slice(0, SAMPLES_PER_PROMPT)
      .map((i) => ({ position, promptTokens, tokens: at(different, i).tokens }));
  });
}

/** The end of a run whose warm-up found nothing to learn from. @param rollouts of the warm-up, all */
export function nothingToImitate(
  rollouts: readonly Rollout[],
  { maxNewTokens }: Pick<Recipe, 'maxNewTokens'>,
): LabError {
  const candidates = rollouts.flatMap((rollout) => rollout.candidates);
  const wellFormed = candidates.filter(({ malformed }) => malformed === null).length;
  const reasons = [
    ...reasonsText(candidates, maxNewTokens),
    ...(wellFormed > 0 ? [`${wellFormed} with a response and no thought`] : []),
  ];
  return new LabError(
    'nothing-to-learn',
    `The warm-up found no completion to imitate among ${candidates.length}: ${reasons.join(', ')}.`,
    'What was written is kept. Start again with another thought prompt, longer completions or a larger model.',
  );
}
