/** Several judges as one. Their scores have different scales, so each member's are made comparable per prompt (z) before they are added. */
import { allOrNone } from '../lib/all-or-none';
import { at } from '../lib/at';
import { LabError } from '../lib/errors';
import { disagreement } from '../lib/rank-agreement';
import { sha256OfText } from '../lib/sha256';
import { sum, zScores } from '../lib/statistics';
import type { JudgeCall, MemberScores } from '../records/judgements';
import type { Judge, OpenJudge } from './judge';

export interface PanelSeat {
  readonly judge: OpenJudge;
  readonly weight: number;
}

/** z over the responses that have a score; null for the others. */
function standardised(scores: readonly (number | null)[]): (number | null)[] {
  const known = scores.flatMap((score) => score ?? []);
  const z = zScores(known);
  let next = 0;
  return scores.map((score) => (score === null ? null : at(z, next++)));
}

/** Mean z by weight, over the members that scored the response; null where none did. */
export function panelScores(members: readonly MemberScores[]): (number | null)[] {
  const z = members.map(({ scores }) => standardised(scores));
  return (members[0]?.scores ?? []).map((_, i) => {
    const heard = members.flatMap(({ weight }, m) => {
      const score = at(z, m)[i] ?? null;
      return score === null ? [] : [{ weight, score }];
    });
    return heard.length === 0 ? null : sum(heard.map((x) => x.weight * x.score)) / sum(heard.map((x) => x.weight));
  });
}

const PACES = ['at-once', 'policy-idle', 'patient'] as const satisfies readonly Judge['pace'][];

/** Of the members' prompts, as one name. */
function versionOf(members: readonly PanelSeat[]): string | null {
  const versions = members.flatMap(({ judge }) => judge.promptVersion ?? []);
  return versions.length < 2 ? (versions[0] ?? null) : sha256OfText(versions.join()).slice(0, 8);
}

/** It waits for its slowest member, and fails with the first that fails. Its scores mean something among one prompt's responses only. */
export function createPanel(members: readonly PanelSeat[]): OpenJudge {
  const judges = members.map(({ judge }) => judge);
  const machines = members.filter(({ judge }) => judge.pace !== 'patient');
  const slowest = Math.max(0, ...judges.map(({ pace = 'at-once' }) => PACES.indexOf(pace)));
  return {
    name: `panel of ${members.map(({ judge, weight }) => (weight === 1 ? judge.name : `${judge.name} × ${weight}`)).join(', ')}`,
    promptVersion: versionOf(members),
    relative: true,
    pace: at(PACES, slowest),
    ...(machines.length > 0 && machines.length < members.length && { tested: createPanel(machines) }),

    async score(request) {
      // Who is still at it when another fails is told that nobody waits any more.
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
        detail: `${opposed}; ${judgements.map((j) => j.detail).join('; ')}`,
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
