/** Held-out samples of two policies before a judge whose scores mean nothing from call to call: it sees both, in both orders. */
import type { OpenJudge } from '../../judges/judge';
import { allOrNone } from '../../lib/async';
import { at } from '../../lib/at';
import { sum } from '../../lib/statistics';
import type { Candidate, CellName, Rollout } from '../../records/candidates';
import type { Comparison, StoredJudgement } from '../../records/judgements';
import type { Prompt } from '../../records/prompts';
import { judgePrompt } from '../judging/judge-prompt';
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
    const met = await allOrNone(
      samples,
      (sample, ended, i) => meet(rollout.prompt, sample, at(other, i), judge, ended),
      signal,
    );
    const flags = met.flatMap((one, sample) =>
      one.flags.map(({ candidate, words }) => ({ sample, own: candidate === 0, words })),
    );
    return {
      against: { iteration: place.iteration, arm: place.arm },
      outcomes: met.map(({ outcome }) => outcome),
      calls: met.map(({ calls }) => calls),
      ...(flags.length > 0 && { flags }),
    };
  });
  const { seconds } = rollout;
  return {
    ...rollout,
    comparisons: [...rollout.comparisons, ...added],
    seconds: { ...seconds, judge: seconds.judge + (now() - begun) / 1000 },
  };
}

type Calls = StoredJudgement['calls'];
type Scores = readonly [own: number | null, other: number | null];

interface Met extends Pick<StoredJudgement, 'calls' | 'flags'> {
  readonly outcome: number | null;
}

async function meet(
  prompt: Prompt,
  own: Candidate,
  other: Candidate,
  judge: OpenJudge,
  signal: AbortSignal,
): Promise<Met> {
  const unjudged = outcomeUnjudged(own, other);
  if (unjudged !== null) return { outcome: unjudged, calls: [], flags: [] };
  const pair = [
    { ...own, index: 0 },
    { ...other, index: 1 },
  ];
  const { candidates, judgement } = await judgePrompt(judge, {
    prompt,
    candidates: pair,
    rho: 0,
    controls: false,
    signal,
  });
  const { calls, flags, members } = judgement;
  const outcome =
    members.length > 0
      ? outcomeOfPanel(members, calls)
      : outcomeOf(calls, [at(candidates, 0).score, at(candidates, 1).score]);
  return { outcome, calls, flags };
}

/** Where two were compared the mean of both orders, null unless both parsed: the sign of their ELO knows no half. Else by the scores. */
function outcomeOf(calls: Calls, [own, other]: Scores): number | null {
  const compared = calls.filter(({ shown }) => shown.length === 2);
  if (compared.length === 0) return outcomeByScore(own, other);
  const won = (first: number): number | null => compared.find(({ shown }) => shown[0] === first)?.verdict ?? null;
  const [there, back] = [won(0), won(1)];
  return there === null || back === null ? null : (2 + there - back) / 4;
}

/** As the weights of its members decide, each as sure as its two orders are; who came to no verdict has no say. */
function outcomeOfPanel(members: StoredJudgement['members'], calls: Calls): number | null {
  const heard = members.flatMap(({ judge, weight, scores }) => {
    const own = calls.filter((call) => call.judge === judge);
    const outcome = outcomeOf(own, [scores[0] ?? null, scores[1] ?? null]);
    return outcome === null ? [] : [weight * (2 * outcome - 1)];
  });
  return heard.length === 0 ? null : outcomeByScore(sum(heard), 0);
}
