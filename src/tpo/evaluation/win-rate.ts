/** Win rates on the held-out prompts: the n-th sample of a prompt against the other policy's n-th sample. */
import type { Random } from '../../lib/random';
import { bootstrapInterval, type Group, groupMean, sum } from '../../lib/statistics';
import type { Candidate, Rollout } from '../../records/candidates';
import type { WinRate } from '../../records/evaluations';
import { lengthControlled, lengthControlledInterval, type SampleOutcome } from './length-controlled-win-rate';

/** The samples of one prompt, each against the other policy's. */
export interface Match {
  readonly category: string | null;
  /** Those with a verdict. */
  readonly samples: readonly SampleOutcome[];
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
    const all = rollout.candidates.flatMap((candidate, i): { outcome: number | null; difference: number | null }[] => {
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
    const samples = all.flatMap(({ outcome, difference }) => (outcome === null ? [] : [{ outcome, difference }]));
    return [{ category: rollout.prompt.category ?? null, samples, unparsed: all.length - samples.length }];
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
  const judged = all.filter(({ samples }) => samples.length > 0);
  const rate = groupMean(judged.map(groupOf));
  if (rate === null) return null;
  const samples = judged.map((match) => match.samples);
  const controlled = lengthControlled(samples);
  return {
    against,
    rate,
    interval: bootstrapInterval(judged.map(groupOf), random()),
    lengthControlled: controlled,
    lengthControlledInterval: controlled === null ? null : lengthControlledInterval(samples, random()),
    prompts: judged.length,
    unparsed: sum(all.map(({ unparsed }) => unparsed)),
    ...byCategory(judged, random),
  };
}

const groupOf = ({ samples }: Match): Group => ({
  sum: sum(samples.map(({ outcome }) => outcome)),
  count: samples.length,
});

/** @param judged the matches with at least one verdict */
function byCategory(
  judged: readonly Match[],
  random: () => Random,
): Pick<WinRate, 'byCategory' | 'byCategoryInterval'> {
  const names = [...new Set(judged.flatMap(({ category }) => category ?? []))].sort();
  const groups = names.map((name) => [name, judged.filter(({ category }) => category === name).map(groupOf)] as const);
  return {
    byCategory: Object.fromEntries(groups.map(([name, of]) => [name, groupMean(of) ?? 0])),
    byCategoryInterval: Object.fromEntries(groups.map(([name, of]) => [name, bootstrapInterval(of, random())])),
  };
}
