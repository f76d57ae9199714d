/** Held-out samples of two policies before a judge whose scores mean nothing from call to call: it sees both, in both orders. */
import type { OpenJudge } from '../judges/judge';
import { allOrNone } from '../lib/all-or-none';
import { at } from '../lib/at';
import type { CellName } from './cell';
import { judgePrompt } from './judge-prompt';
import type { Candidate, Comparison, Prompt, Rollout } from './types';
import { outcomeByScore, outcomeUnjudged } from './win-rate';

/** Whom an evaluation's samples are held against. */
export interface Opponent {
  readonly place: CellName;
  /** Of its evaluation. */
  readonly rollouts: readonly Rollout[];
}

const isOf =
  ({ iteration, arm }: CellName) =>
  ({ against }: Comparison): boolean =>
    against.iteration === iteration && against.arm === arm;

const lacks = (rollout: Rollout, { place }: Opponent): boolean => !rollout.comparisons.some(isOf(place));

/** Prompts that have not been compared with all opponents. */
export function uncompared(own: readonly Rollout[], opponents: readonly Opponent[]): Rollout[] {
  return own.filter((rollout) => opponents.some((opponent) => lacks(rollout, opponent)));
}

/**
 * A prompt's rollout with the comparisons that it lacked, all asked for at once: how many calls are under way is the judge's affair. The
 * first that fails ends the others.
 * @param now milliseconds
 * @throws LabError judge-failed, cancelled
 */
export async function compared(
  rollout: Rollout,
  opponents: readonly Opponent[],
  judge: OpenJudge,
  now: () => number,
): Promise<Rollout> {
  const begun = now();
  const missing = opponents.filter((opponent) => lacks(rollout, opponent));
  const added = await allOrNone(missing, async ({ place, rollouts }, signal): Promise<Comparison> => {
    const other = rollouts.find(({ position }) => position === rollout.position)?.candidates ?? [];
    const samples = rollout.candidates.slice(0, other.length);
    const met = await allOrNone(samples, (sample, ended, i) => meet(rollout.prompt, sample, at(other, i), judge, ended), signal);
    const against = { iteration: place.iteration, arm: place.arm };
    return { against, outcomes: met.map(({ outcome }) => outcome), calls: met.map(({ calls }) => calls) };
  });
  const { seconds } = rollout;
  return {
    ...rollout,
    comparisons: [...rollout.comparisons, ...added],
    seconds: { ...seconds, judge: seconds.judge + (now() - begun) / 1000 },
  };
}

interface Met {
  readonly outcome: number | null;
  readonly calls: Comparison['calls'][number];
}

async function meet(prompt: Prompt, own: Candidate, other: Candidate, judge: OpenJudge, signal: AbortSignal): Promise<Met> {
  const unjudged = outcomeUnjudged(own, other) ?? (own.response === other.response ? 0.5 : null);
  if (unjudged !== null) return { outcome: unjudged, calls: [] };
  const pair = [
    { ...own, index: 0 },
    { ...other, index: 1 },
  ];
  const { candidates, judgement } = await judgePrompt(judge, { prompt, candidates: pair, rho: 0, controls: false, signal });
  return { outcome: outcomeByScore(at(candidates, 0).score, at(candidates, 1).score), calls: judgement.calls };
}
