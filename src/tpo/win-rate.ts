/** A policy against another one on the held-out prompts: the n-th sample of a prompt against the other's n-th. */
import type { Random } from '../lib/random';
import { bootstrapInterval, type Group, mean, sum } from '../lib/statistics';
import { lengthControlled, lengthControlledInterval, type Meeting } from './length-controlled';
import type { Candidate, Rollout, WinRate } from './types';

/** Everything both policies said of one prompt that came to a verdict. */
export interface Match {
  readonly category: string | null;
  readonly meetings: readonly Meeting[];
}

/** Who wins before any judge is asked: malformed loses to well-formed, two malformed tie. null: the judge decides. */
export function outcomeUnjudged(own: Candidate, other: Candidate): number | null {
  const [lost, won] = [own.malformed !== null, other.malformed !== null];
  if (lost && won) return 0.5;
  if (lost) return 0;
  return won ? 1 : null;
}

/** null where either has no score. */
export function outcomeByScore(own: number | null, other: number | null): number | null {
  if (own === null || other === null) return null;
  return own === other ? 0.5 : own > other ? 1 : 0;
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
    const meetings = rollout.candidates.flatMap((candidate, i): Meeting[] => {
      const met = against.candidates[i];
      if (met === undefined) return [];
      const unjudged = outcomeUnjudged(candidate, met);
      const judged = relative ? (compared[i] ?? null) : outcomeByScore(candidate.score, met.score);
      const outcome = unjudged ?? judged;
      const difference = unjudged === null ? candidate.responseTokens - met.responseTokens : null;
      return outcome === null ? [] : [{ outcome, difference }];
    });
    return [{ category: rollout.prompt.category ?? null, meetings }];
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

/** @param random for both bootstraps. null where nothing came to a verdict */
export function winRate(against: WinRate['against'], all: readonly Match[], random: () => Random): WinRate | null {
  const met = all.filter(({ meetings }) => meetings.length > 0);
  const rate = mean(met.flatMap(({ meetings }) => meetings.map(({ outcome }) => outcome)));
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
    byCategory: byCategory(met),
  };
}

const groupOf = ({ meetings }: Match): Group => ({ sum: sum(meetings.map(({ outcome }) => outcome)), count: meetings.length });

function byCategory(all: readonly Match[]): Record<string, number> {
  const categories = [...new Set(all.flatMap(({ category }) => category ?? []))].sort();
  const entries = categories.map((name): [string, number] => {
    const meetings = all.flatMap(({ category, meetings }) => (category === name ? meetings : []));
    return [name, mean(meetings.map(({ outcome }) => outcome)) ?? 0];
  });
  return Object.fromEntries(entries);
}
