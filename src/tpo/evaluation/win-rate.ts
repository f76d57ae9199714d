/** Win rates on the held-out prompts: the n-th sample of a prompt against the other policy's n-th sample. */
import type { Random } from '../../lib/random';
import { bootstrapInterval, type Group, groupMean, sum } from '../../lib/statistics';
import type { Candidate, Rollout } from '../../records/candidates';
import type { WinRate } from '../../records/evaluations';
import { lengthControlled, lengthControlledInterval, type Meeting } from './length-controlled';

/** The samples of one prompt, each against the other policy's. */
export interface Match {
  readonly category: string | null;
  /** Those with a verdict. */
  readonly meetings: readonly Meeting[];
  /** The number of samples without a verdict. */
  readonly unparsed: number;
}

/**
 * The outcome without asking a judge: a malformed sample loses to a well-formed one; two malformed samples tie, and so
 * do equal responses. Null if the judge decides.
 */
export function outcomeUnjudged(own: Candidate, other: Candidate): number | null {
  const [lost, won] = [own.malformed !== null, other.malformed !== null];
  if (lost !== won) return lost ? 0 : 1;
  return lost || own.response === other.response ? 0.5 : null;
}

/** Scores that differ by no more than rounding are a tie: 0.1 + 0.2 is not exactly 0.3. */
const ROUNDING = 1e-9;

/** The outcome by scores: 1 won, 0.5 a tie, 0 lost; null if either sample has no score. */
export function outcomeByScore(own: number | null, other: number | null): number | null {
  if (own === null || other === null) return null;
  if (Math.abs(own - other) <= ROUNDING * Math.max(1, Math.abs(own), Math.abs(other))) return 0.5;
  return own > other ? 1 : 0;
}

/**
 * Matches the samples of two policies. Prompts that only one of them has are left out.
 * @param own, other rollouts of purpose `evaluate`, each of one arm iteration
 * @param relative whether the judge is relative: then its comparisons count, which either rollout may hold
 */
export function matches(own: readonly Rollout[], other: readonly Rollout[], relative: boolean): Match[] {
  const others = new Map(other.map((rollout) => [rollout.position, rollout]));
  return own.flatMap((rollout): Match[] => {
    const against = others.get(rollout.position);
    if (against === undefined) return [];
    const compared = relative ? comparedWith(rollout, against) : [];
    const met = rollout.candidates.flatMap((candidate, i): { outcome: number | null; difference: number | null }[] => {
      const opposite = against.candidates[i];
      if (opposite === undefined) return [];
      const judged = relative ? (compared[i] ?? null) : outcomeByScore(candidate.score, opposite.score);
      const bothWellFormed = candidate.malformed === null && opposite.malformed === null;
      return [
        {
          outcome: outcomeUnjudged(candidate, opposite) ?? judged,
          difference: bothWellFormed ? candidate.responseTokens - opposite.responseTokens : null,
        },
      ];
    });
    const meetings = met.flatMap(({ outcome, difference }) => (outcome === null ? [] : [{ outcome, difference }]));
    return [{ category: rollout.prompt.category ?? null, meetings, unparsed: met.length - meetings.length }];
  });
}

/** The outcomes of comparisons from the point of view of `own`, whichever of the two rollouts holds them. */
function comparedWith(own: Rollout, other: Rollout): readonly (number | null)[] {
  const of = ({ comparisons }: Rollout, { iteration, arm }: Rollout) =>
    comparisons?.find(({ against }) => against.iteration === iteration && against.arm === arm)?.outcomes;
  const found = of(own, other);
  if (found) return found;
  return of(other, own)?.map((outcome) => (outcome === null ? null : 1 - outcome)) ?? [];
}

/** Null if no sample has a verdict. @param random new random numbers for each bootstrap */
export function winRate(against: WinRate['against'], all: readonly Match[], random: () => Random): WinRate | null {
  const met = all.filter(({ meetings }) => meetings.length > 0);
  const rate = groupMean(met.map(groupOf));
  if (rate === null) return null;
  const meetings = met.map((match) => match.meetings);
  const controlled = lengthControlled(meetings);
  return {
    against,
    rate,
    interval: bootstrapInterval(met.map(groupOf), random()),
    lengthControlled: controlled,
    lengthControlledInterval: controlled === null ? null : lengthControlledInterval(meetings, random()),
    prompts: met.length,
    unparsed: sum(all.map(({ unparsed }) => unparsed)),
    ...byCategory(met, random),
  };
}

const groupOf = ({ meetings }: Match): Group => ({
  sum: sum(meetings.map(({ outcome }) => outcome)),
  count: meetings.length,
});

/** @param met the matches with at least one verdict */
function byCategory(met: readonly Match[], random: () => Random): Pick<WinRate, 'byCategory' | 'byCategoryInterval'> {
  const names = [...new Set(met.flatMap(({ category }) => category ?? []))].sort();
  const groups = names.map((name) => [name, met.filter(({ category }) => category === name).map(groupOf)] as const);
  return {
    byCategory: Object.fromEntries(groups.map(([name, of]) => [name, groupMean(of) ?? 0])),
    byCategoryInterval: Object.fromEntries(groups.map(([name, of]) => [name, bootstrapInterval(of, random())])),
  };
}
