/**
 * Comparisons of held-out samples by a relative judge, whose scores cannot be compared from call to call. It sees one
 * sample of each of two policies, in both orders.
 */
import type { OpenJudge } from '../../judges/judge';
import { at } from '../../lib/assert';
import { allOrNone } from '../../lib/async';
import { sum } from '../../lib/statistics';
import type { ArmIteration, Candidate, Rollout } from '../../records/candidates';
import type { Comparison, JudgeFacts, StoredJudgement } from '../../records/judgements';
import type { Prompt } from '../../records/prompts';
import { sameArmIteration } from '../arm-iterations';
import { judgeCandidates } from '../judging/judge-candidates';
import { judgeFacts } from '../judging/judge-facts';
import { outcomeByScore, outcomeUnjudged } from './win-rate';

/** A policy that another one's held-out samples are compared with. */
export interface Opponent {
  readonly place: ArmIteration;
  /** Its held-out rollouts. */
  readonly rollouts: readonly Rollout[];
}

const lacks = (rollout: Rollout, { place }: Opponent): boolean =>
  !rollout.comparisons.some(({ against }) => sameArmIteration(against, place));

/** The rollouts that have not been compared with every opponent. */
export function uncompared(own: readonly Rollout[], opponents: readonly Opponent[]): Rollout[] {
  return own.filter((rollout) => opponents.some((opponent) => lacks(rollout, opponent)));
}

/**
 * The rollout with its missing comparisons added. They are all requested at once; the judge limits how many calls run
 * at a time. The first that fails cancels the others.
 * @param now milliseconds, monotonic
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
    const results = await allOrNone(
      samples,
      (sample, ended, i) => compareTwo(rollout.prompt, sample, at(other, i), judge, ended),
      signal,
    );
    const flags = results.flatMap((one, sample) =>
      one.flags.map(({ candidate, words }) => ({ sample, own: candidate === 0, words })),
    );
    return {
      against: { iteration: place.iteration, arm: place.arm },
      outcomes: results.map(({ outcome }) => outcome),
      calls: results.map(({ calls }) => calls),
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

interface Compared extends Pick<StoredJudgement, 'calls' | 'flags'> {
  readonly outcome: number | null;
}

async function compareTwo(
  prompt: Prompt,
  own: Candidate,
  other: Candidate,
  judge: OpenJudge,
  signal: AbortSignal,
): Promise<Compared> {
  const unjudged = outcomeUnjudged(own, other);
  if (unjudged !== null) return { outcome: unjudged, calls: [], flags: [] };
  const pair = [
    { ...own, index: 0 },
    { ...other, index: 1 },
  ];
  const { candidates, judgement } = await judgeCandidates(judge, {
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

/**
 * The outcome of two samples. If the judge compared them: the mean over both orders, null unless both verdicts parsed.
 * (The sign of their ELO difference could not express a half win.) Otherwise by their scores.
 */
function outcomeOf(calls: Calls, [own, other]: Scores): number | null {
  const compared = calls.filter(({ shown }) => shown.length === 2);
  if (compared.length === 0) return outcomeByScore(own, other);
  const won = (first: number): number | null => compared.find(({ shown }) => shown[0] === first)?.verdict ?? null;
  const [there, back] = [won(0), won(1)];
  return there === null || back === null ? null : (2 + there - back) / 4;
}

/**
 * The outcome of a panel: its members vote with their weights. A member whose two orders disagree votes less strongly,
 * and one without a verdict does not vote.
 */
function outcomeOfPanel(members: StoredJudgement['members'], calls: Calls): number | null {
  const votes = members.flatMap(({ judge, weight, scores }) => {
    const callsOfJudge = calls.filter((call) => call.judge === judge);
    const outcome = outcomeOf(callsOfJudge, [scores[0] ?? null, scores[1] ?? null]);
    return outcome === null ? [] : [weight * (2 * outcome - 1)];
  });
  return votes.length === 0 ? null : outcomeByScore(sum(votes), 0);
}

/**
 * How reliable the judge of the held-out samples is; null before its first judgement.
 * @param own rollouts of purpose `evaluate`, of one arm iteration
 * @param opponents for a relative judge: what it was shown besides the own samples. Null: the samples' scores count
 */
export function evaluationFacts(own: readonly Rollout[], opponents: readonly Opponent[] | null): JudgeFacts | null {
  if (opponents === null) return judgeFacts(own);
  // It was shown control rows, but no sample alone.
  const unscored = own.map((rollout) => ({ ...rollout, candidates: [] }));
  const shown = own.flatMap((rollout) =>
    rollout.comparisons.flatMap((comparison) => comparedSamples(rollout, comparison, opponents)),
  );
  return judgeFacts([...unscored, ...shown]);
}

/** Every two samples that the judge was shown, in the form of a prompt with two candidates. */
function comparedSamples(
  rollout: Rollout,
  { against, outcomes, calls }: Comparison,
  opponents: readonly Opponent[],
): Rollout[] {
  const { judgement, position } = rollout;
  const opponent = opponents.find(({ place }) => sameArmIteration(place, against));
  const others = opponent?.rollouts.find((other) => other.position === position)?.candidates ?? [];
  if (judgement === null) return [];
  return rollout.candidates.flatMap((candidate, i): Rollout[] => {
    const [other, outcome = null, asked = []] = [others[i], outcomes[i], calls[i]];
    // The judge was not asked if one of the two is malformed or both are equal.
    if (other === undefined || candidate.malformed !== null || other.malformed !== null) return [];
    if (candidate.response === other.response) return [];
    const both = [
      { ...candidate, index: 0, score: outcome },
      { ...other, index: 1, score: outcome === null ? null : 1 - outcome },
    ];
    return [{ ...rollout, candidates: both, judgement: { ...judgement, calls: asked, controls: [] } }];
  });
}
