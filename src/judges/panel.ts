/**
 * Several judges as one. Their scales differ, so each member's scores are standardised per prompt (z-scores) before
 * they are averaged by weight.
 */

import { at } from '../lib/assert';
import { allOrNone } from '../lib/async';
import { LabError } from '../lib/errors';
import { sha256OfText } from '../lib/sha256';
import { disagreement, sum, zScores } from '../lib/statistics';
import { parsePanel } from '../recipe/judges/asked';
import type { JudgeCall, MemberScores } from '../records/judgements';
import type { JudgePace, OpenJudge } from './judge';
import type { JudgeOpening } from './opening';

export interface WeightedJudge {
  readonly judge: OpenJudge;
  readonly weight: number;
}

/** Opens the members that the recipe names, one after the other. If one fails, those opened before are closed. */
export async function openPanel({ recipe, open }: JudgeOpening): Promise<OpenJudge> {
  const members: WeightedJudge[] = [];
  try {
    for (const { kind, weight } of parsePanel(recipe.panel)) members.push({ judge: await open(kind), weight });
    const memory = members.reduce((total, { judge }) => total + (judge.memory ?? 0), 0);
    return { ...createPanel(members), memory };
  } catch (error) {
    for (const { judge } of members) judge.dispose();
    throw error;
  }
}

/** z-scores of the responses that have a score; null for the others. */
function standardised(scores: readonly (number | null)[]): (number | null)[] {
  const present = scores.flatMap((score) => score ?? []);
  const z = zScores(present);
  let next = 0;
  return scores.map((score) => (score === null ? null : at(z, next++)));
}

/** Weighted mean of the z-scores over the members that scored the response; null if none did. */
export function panelScores(members: readonly MemberScores[]): (number | null)[] {
  const z = members.map(({ scores }) => standardised(scores));
  return (members[0]?.scores ?? []).map((_, i) => {
    const present = members.flatMap(({ weight }, m) => {
      const score = at(z, m)[i] ?? null;
      return score === null ? [] : [{ weight, score }];
    });
    return present.length === 0
      ? null
      : sum(present.map((x) => x.weight * x.score)) / sum(present.map((x) => x.weight));
  });
}

/** From the fastest to the slowest. */
const PACES = ['at-once', 'policy-idle', 'patient'] as const satisfies readonly JudgePace[];

/** One version for all members that are asked in words. */
function versionOf(members: readonly WeightedJudge[]): string | null {
  const versions = members.flatMap(({ judge }) => judge.promptVersion ?? []);
  return versions.length < 2 ? (versions[0] ?? null) : sha256OfText(versions.join()).slice(0, 8);
}

/**
 * The panel is as slow as its slowest member and fails with the first member that fails. Its scores are comparable
 * only within one prompt.
 */
export function createPanel(members: readonly WeightedJudge[]): OpenJudge {
  const judges = members.map(({ judge }) => judge);
  const withoutPeople = members.filter(({ judge }) => judge.pace !== 'patient');
  const slowest = Math.max(0, ...judges.map(({ pace = 'at-once' }) => PACES.indexOf(pace)));
  const named = members.map(({ judge, weight }) => (weight === 1 ? judge.name : `${judge.name} × ${weight}`));
  return {
    name: `panel of ${named.join(', ')}`,
    promptVersion: versionOf(members),
    relative: true,
    pace: at(PACES, slowest),
    ...(withoutPeople.length > 0 && withoutPeople.length < members.length && { tested: createPanel(withoutPeople) }),

    async score(request) {
      // If one member fails, the signal cancels the others, whose results are no longer needed.
      const judgements = await allOrNone(
        judges,
        (judge, signal) => judge.score({ ...request, signal }),
        request.signal,
      );
      const scored = members.map(({ judge, weight }, i): MemberScores => {
        const { scores } = at(judgements, i);
        if (scores.length !== request.responses.length) {
          throw new LabError(
            'judge-failed',
            `${judge.name} gave ${scores.length} scores for ${request.responses.length} responses.`,
          );
        }
        return { judge: judge.name, weight, scores };
      });
      const share = disagreement(scored.map(({ scores }) => scores));
      const opposed =
        share === null
          ? 'no two members order the same two responses'
          : `${Math.round(100 * share)}% of orders opposed`;
      const calls = judgements.flatMap((judgement, i) =>
        (judgement.calls ?? []).map((call): JudgeCall => ({ ...call, judge: at(judges, i).name })),
      );
      return {
        scores: panelScores(scored),
        detail: `${opposed}; ${judgements.map((judgement) => judgement.detail).join('; ')}`,
        calls,
        members: scored,
      };
    },
    async release() {
      await Promise.all(judges.map((judge) => judge.release?.()));
    },
    dispose() {
      for (const judge of judges) judge.dispose();
    },
  };
}
