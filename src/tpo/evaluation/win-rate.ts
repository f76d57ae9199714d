/** A policy against another one on the held-out prompts: the n-th sample of a prompt against the other's n-th. */
import type { Random } from '../../lib/random';
import { bootstrapInterval, type Group, groupMean, sum } from '../../lib/statistics';
import type { Candidate, Rollout } from '../../records/candidates';
import type { WinRate } from '../../records/evaluations';
import { lengthControlled, lengthControlledInterval, type Meeting } from './length-controlled';

/** Everything both policies said of one prompt. */
export interface Match {
  readonly category: string | null;
  /** Those that came to a verdict. */
  readonly meetings: readonly Meeting[];
  /** How many did not. */
  readonly unparsed: number;
}

/** Who wins before any judge is asked: malformed loses to well-formed; two malformed tie, and so do equal responses. null: the judge decides. */
export function outcomeUnjudged(own: Candidate, other: Candidate): number | null {
  const [lost, won] = [own.malformed !== null, other.malformed !== null];
  if (lost !== won) return lost ? 0 : 1;
  return lost || own.response === other.response ? 0.5 : null;
}

/** Scores tie up to rounding: 0.1 + 0.2 is not exactly 0.3. */
const ROUNDING = 1e-9;

/** null where either has no score. */
export function outcomeByScore(own: number | null, other: number | null): number | null {
  if (own === null || other === null) return null;
  if (Math.abs(own - other) <= ROUNDING * Math.max(1, Math.abs(own), Math.abs(other))) return 0.5;
  return own > other ? 1 : 0;
}

/**
 * @param own, other rollouts of purpose `evaluate`, each of one iteration and arm; prompts that only one of them has are left out
 * @param relative the judge's scores cannot be compared: it compared the two responses, and either rollout holds what it said
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

/** Outcomes as `own` sees them, whichever of the two holds them. */
function comparedWith(own: Rollout, other: Rollout): readonly (number | null)[] {
  const of = ({ comparisons }: Rollout, { iteration, arm }: Rollout) =>
    comparisons?.find(({ against }) => against.iteration === iteration && against.arm === arm)?.outcomes;
  const found = of(own, other);
  if (found) return found;
  return of(other, own)?.map((outcome) => (outcome === null ? null : 1 - outcome)) ?? [];
}

/** @param random for every bootstrap. null where nothing came to a verdict */
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

/** @param met those with a verdict */
function byCategory(met: readonly Match[], random: () => Random): Pick<WinRate, 'byCategory' | 'byCategoryInterval'> {
  const names = [...new Set(met.flatMap(({ category }) => category ?? []))].sort();
  const groups = names.map((name) => [name, met.filter(({ category }) => category === name).map(groupOf)] as const);
  return {
    byCategory: Object.fromEntries(groups.map(([name, of]) => [name, groupMean(of) ?? 0])),
    byCategoryInterval: Object.fromEntries(groups.map(([name, of]) => [name, bootstrapInterval(of, random())])),
  };
}
