/** The prompts of the run in the Lab, in the order in which generation started, with their candidates so far. */
import type { Arm } from '../../recipe/recipe';
import type { LiveCandidates, Purpose, Rollout } from '../../records/candidates';
import { Signal } from '../signal';

interface RolloutId {
  readonly purpose: Purpose;
  readonly iteration: number;
  readonly arm: Arm;
  readonly position: number;
}

/** A prompt while its candidates are generated (`live`) and when they are scored (`rollout`). Immutable. */
export interface PromptEntry extends RolloutId {
  readonly key: string;
  /** Index in `entries`. */
  readonly order: number;
  readonly instruction: string;
  readonly live: LiveCandidates | null;
  readonly rollout: Rollout | null;
}

export const keyOf = (id: RolloutId): string => `${id.purpose}/${id.iteration}/${id.arm}/${id.position}`;

/** Counts over the scored prompts of one (purpose, iteration, arm). */
export interface RolloutCounts {
  readonly prompts: number;
  readonly pairs: number;
  readonly candidates: number;
  readonly right: number;
  /** Candidates that are known to be right or wrong. */
  readonly judged: number;
}
const NO_COUNTS: RolloutCounts = { prompts: 0, pairs: 0, candidates: 0, right: 0, judged: 0 };

export class RolloutStore extends Signal {
  private list: PromptEntry[] = [];
  private readonly orders = new Map<string, number>();
  private readonly counts = new Map<string, RolloutCounts>();
  private generating = new Set<string>();

  get entries(): readonly PromptEntry[] {
    return this.list;
  }

  get(key: string): PromptEntry | null {
    const order = this.orders.get(key);
    return order === undefined ? null : (this.list[order] ?? null);
  }

  /** Prompts whose candidates are being generated. */
  live(): PromptEntry[] {
    const found: PromptEntry[] = [];
    for (const key of this.generating) {
      const entry = this.get(key);
      if (entry !== null) found.push(entry);
    }
    return found;
  }

  countsOf(purpose: Purpose, iteration: number, arm: Arm): RolloutCounts {
    return this.counts.get(`${purpose}/${iteration}/${arm}`) ?? NO_COUNTS;
  }

  putLive(live: readonly LiveCandidates[]): void {
    for (const one of live) {
      const known = this.get(keyOf(one));
      if (known?.rollout) continue;
      this.put(one, one.instruction, one, null);
      this.generating.add(keyOf(one));
    }
    this.changed();
  }

  putRollouts(rollouts: readonly Rollout[]): void {
    for (const rollout of rollouts) {
      const known = this.get(keyOf(rollout));
      this.updateCounts(rollout, known?.rollout ?? null);
      this.put(rollout, rollout.prompt.instruction, null, rollout);
      this.generating.delete(keyOf(rollout));
    }
    this.changed();
  }

  /** Removes the prompts that were being generated when the run stopped: the run does not keep them either. */
  dropUnfinished(): void {
    if (this.generating.size === 0) return;
    this.reset(this.list.flatMap((entry) => (entry.rollout === null ? [] : [entry.rollout])));
  }

  reset(rollouts: readonly Rollout[]): void {
    this.list = [];
    this.orders.clear();
    this.counts.clear();
    this.generating = new Set();
    this.putRollouts(rollouts);
  }

  private put(id: RolloutId, instruction: string, live: LiveCandidates | null, rollout: Rollout | null): void {
    const key = keyOf(id);
    const order = this.orders.get(key) ?? this.list.length;
    const { purpose, iteration, arm, position } = id;
    this.orders.set(key, order);
    this.list[order] = { key, order, purpose, iteration, arm, position, instruction, live, rollout };
  }

  /** A rollout arrives a second time when its pair is decided: then only the number of pairs changes. */
  private updateCounts(rollout: Rollout, earlier: Rollout | null): void {
    const key = `${rollout.purpose}/${rollout.iteration}/${rollout.arm}`;
    const before = this.counts.get(key) ?? NO_COUNTS;
    if (earlier) {
      this.counts.set(key, { ...before, pairs: before.pairs + pairsOf(rollout) - pairsOf(earlier) });
      return;
    }
    this.counts.set(key, {
      prompts: before.prompts + 1,
      pairs: before.pairs + pairsOf(rollout),
      candidates: before.candidates + rollout.candidates.length,
      right: before.right + rollout.candidates.filter((c) => c.correct === true).length,
      judged: before.judged + rollout.candidates.filter((c) => c.correct !== null).length,
    });
  }
}

const pairsOf = ({ pair }: Rollout): number => (pair !== null && 'chosen' in pair ? 1 : 0);

/** The rollouts of the run in the Lab. */
export const rollouts = new RolloutStore();
