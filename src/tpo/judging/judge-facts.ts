/** How reliable a judge is, according to its judgements of one arm iteration. */
import { agreement } from '../../judges/rule';
import { mean, sum } from '../../lib/statistics';
import type { Candidate, Rollout } from '../../records/candidates';
import type { ControlName, ControlOutcome, JudgeCall, JudgeFacts, StoredJudgement } from '../../records/judgements';

/** The correlation with length needs at least this many responses. */
const FEWEST_RESPONSES = 10;

type Judged = Rollout & { readonly judgement: StoredJudgement };
const isJudged = (rollout: Rollout): rollout is Judged => rollout.judgement !== null;

/** The facts of one arm iteration's judge. Null before its first judgement. */
export function judgeFacts(rollouts: readonly Rollout[]): JudgeFacts | null {
  const judged = rollouts.filter(isJudged);
  const [first] = judged;
  if (first === undefined) return null;
  const outcomes = judged.flatMap(({ judgement }) => judgement.controls);
  const members = membersOf(judged);
  return {
    judge: first.judgement.judge,
    controls: controlsOf(outcomes),
    silentControls: outcomes.filter(({ none }) => none === 'no-verdict').length,
    positionBias: positionBias(judged),
    lengthBias: lengthBias(judged),
    agreement: agreement(
      judged.map(({ candidates }) => candidates.map(({ score, correct }) => ({ score, right: correct }))),
    ),
    unparsed: unparsed(judged),
    ...(members.length > 0 && { members }),
  };
}

/** For a panel: the facts of each member, as if it had judged alone. */
function membersOf(judged: readonly Judged[]): JudgeFacts[] {
  const names = new Set(judged.flatMap(({ judgement }) => judgement.members.map(({ judge }) => judge)));
  return [...names].flatMap((name) => judgeFacts(judged.map((rollout) => asIfAlone(rollout, name))) ?? []);
}

function asIfAlone(rollout: Judged, name: string): Judged {
  const { candidates, judgement } = rollout;
  const scores = judgement.members.find(({ judge }) => judge === name)?.scores ?? [];
  return {
    ...rollout,
    candidates: candidates.map((candidate) => ({ ...candidate, score: scores[candidate.index] ?? null })),
    judgement: {
      ...judgement,
      judge: name,
      calls: judgement.calls.filter(({ judge }) => judge === name),
      members: [],
      controls: judgement.controls.flatMap(({ control, members = [] }) =>
        members.filter(({ judge }) => judge === name).map((result) => ({ control, ...result })),
      ),
    },
  };
}

function controlsOf(outcomes: readonly ControlOutcome[]): JudgeFacts['controls'] {
  const counts: Partial<Record<ControlName, { failed: number; of: number }>> = {};
  for (const { control, passed } of outcomes) {
    if (passed === null) continue;
    const { failed, of } = counts[control] ?? { failed: 0, of: 0 };
    counts[control] = { failed: failed + Number(!passed), of: of + 1 };
  }
  return counts;
}

/**
 * The share of pairs whose two verdicts contradict each other. Each pair is shown in both orders; the verdicts agree
 * if one is the negative of the other.
 */
function positionBias(judged: readonly Judged[]): JudgeFacts['positionBias'] {
  const contradicted = judged.flatMap(({ judgement: { calls } }) => {
    const key = (judge: string | undefined, m: number, n: number) => `${m} ${n} ${judge ?? ''}`;
    const verdicts = new Map<string, number>();
    for (const { shown, verdict, judge } of calls) {
      if (shown.length === 2 && verdict !== null) verdicts.set(key(judge, shown[0], shown[1]), verdict);
    }
    return calls.flatMap(({ shown, judge }) => {
      // Count each pair once: the order in which the lower index is shown first.
      if (shown.length !== 2 || shown[0] > shown[1]) return [];
      const inOrder = verdicts.get(key(judge, shown[0], shown[1]));
      const reversed = verdicts.get(key(judge, shown[1], shown[0]));
      return inOrder === undefined || reversed === undefined ? [] : [inOrder + reversed !== 0];
    });
  });
  return contradicted.length === 0 ? null : { share: mean(contradicted.map(Number)) ?? 0, of: contradicted.length };
}

const scoredOf = ({ candidates }: Rollout) =>
  candidates.flatMap(({ score, malformed, responseTokens }: Candidate) =>
    score === null || malformed !== null ? [] : [{ score, length: responseTokens }],
  );

/**
 * The correlation of score and length within prompts: both are taken relative to their prompt's mean, because prompts
 * differ in how long and how good their responses are.
 */
function lengthBias(judged: readonly Judged[]): number | null {
  const deviations = judged.flatMap((rollout) => {
    const scored = scoredOf(rollout);
    const score = mean(scored.map((x) => x.score)) ?? 0;
    const length = mean(scored.map((x) => x.length)) ?? 0;
    return scored.map((x) => ({ score: x.score - score, length: x.length - length }));
  });
  const sumOver = (of: (x: { score: number; length: number }) => number) => sum(deviations.map(of));
  if (deviations.length < FEWEST_RESPONSES) return null;
  const spread = Math.sqrt(sumOver((x) => x.score ** 2) * sumOver((x) => x.length ** 2));
  return spread <= 1e-9 ? null : sumOver((x) => x.score * x.length) / spread;
}

/** Counts replies without a verdict. For a judge without replies, responses without a score. */
function unparsed(judged: readonly Judged[]): JudgeFacts['unparsed'] {
  const calls: readonly Pick<JudgeCall, 'verdict'>[] = judged.flatMap(({ judgement }) => judgement.calls);
  const responses = judged.flatMap(({ candidates }) => candidates.filter(({ malformed }) => malformed === null));
  const verdicts = calls.length > 0 ? calls.map(({ verdict }) => verdict) : responses.map(({ score }) => score);
  return { count: verdicts.filter((verdict) => verdict === null).length, of: verdicts.length };
}
