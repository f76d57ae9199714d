/** The prompts of a run in the order in which they were taken up, with their candidates so far: outside React. */
import type { Arm } from '../recipe/recipe';
import type { LiveCandidates, Purpose, Rollout } from '../records/candidates';
import { Signal } from './signal';

interface Place {
  readonly purpose: Purpose;
  readonly iteration: number;
  readonly arm: Arm;
  readonly position: number;
}

/** A prompt while its candidates are written (`live`) and once they are scored (`rollout`). Replaced, never changed. */
export interface Entry extends Place {
  readonly key: string;
  /** Where it stands in the log. */
  readonly order: number;
  readonly instruction: string;
  readonly live: LiveCandidates | null;
  readonly rollout: Rollout | null;
}

export const keyOf = (place: Place): string => `${place.purpose}/${place.iteration}/${place.arm}/${place.position}`;

/** Counts of scored prompts of one (purpose, iteration, arm). */
export interface Tally {
  readonly prompts: number;
  readonly pairs: number;
  readonly candidates: number;
  readonly right: number;
  /** Candidates whose rightness is known. */
  readonly judged: number;
}
const NOTHING: Tally = { prompts: 0, pairs: 0, candidates: 0, right: 0, judged: 0 };

export class RolloutLog extends Signal {
  private list: Entry[] = [];
  private readonly orders = new Map<string, number>();
  private readonly tallies = new Map<string, Tally>();
  private writing = new Set<string>();

  get entries(): readonly Entry[] {
    return this.list;
  }

  get(key: string): Entry | null {
    const order = this.orders.get(key);
    return order === undefined ? null : (this.list[order] ?? null);
  }

  /** Prompts whose candidates are being written now. */
  live(): Entry[] {
    const found: Entry[] = [];
    for (const key of this.writing) {
      const entry = this.get(key);
      if (entry !== null) found.push(entry);
    }
    return found;
  }

  tally(purpose: Purpose, iteration: number, arm: Arm): Tally {
    return this.tallies.get(`${purpose}/${iteration}/${arm}`) ?? NOTHING;
  }

  putLive(live: readonly LiveCandidates[]): void {
    for (const one of live) {
      const known = this.get(keyOf(one));
      if (known?.rollout) continue;
      this.put(one, one.instruction, one, null);
      this.writing.add(keyOf(one));
    }
    this.changed();
  }

  putRollouts(rollouts: readonly Rollout[]): void {
    for (const rollout of rollouts) {
      const known = this.get(keyOf(rollout));
      this.count(rollout, known?.rollout ?? null);
      this.put(rollout, rollout.prompt.instruction, null, rollout);
      this.writing.delete(keyOf(rollout));
    }
    this.changed();
  }

  /** What was being written when a run stops is not kept by the run: it goes from the log too. */
  dropUnfinished(): void {
    if (this.writing.size === 0) return;
    this.reset(this.list.flatMap((entry) => (entry.rollout === null ? [] : [entry.rollout])));
  }

  reset(rollouts: readonly Rollout[]): void {
    this.list = [];
    this.orders.clear();
    this.tallies.clear();
    this.writing = new Set();
    this.putRollouts(rollouts);
  }

  private put(place: Place, instruction: string, live: LiveCandidates | null, rollout: Rollout | null): void {
    const key = keyOf(place);
    const order = this.orders.get(key) ?? this.list.length;
    const { purpose, iteration, arm, position } = place;
    this.orders.set(key, order);
    this.list[order] = { key, order, purpose, iteration, arm, position, instruction, live, rollout };
  }

  /** A rollout comes again when its pair is decided, which waits for the prompts before it. */
  private count(rollout: Rollout, earlier: Rollout | null): void {
    const key = `${rollout.purpose}/${rollout.iteration}/${rollout.arm}`;
    const before = this.tallies.get(key) ?? NOTHING;
    if (earlier) {
      this.tallies.set(key, { ...before, pairs: before.pairs + pairsOf(rollout) - pairsOf(earlier) });
      return;
    }
    this.tallies.set(key, {
      prompts: before.prompts + 1,
      pairs: before.pairs + pairsOf(rollout),
      candidates: before.candidates + rollout.candidates.length,
      right: before.right + rollout.candidates.filter((c) => c.correct === true).length,
      judged: before.judged + rollout.candidates.filter((c) => c.correct !== null).length,
    });
  }
}

const pairsOf = ({ pair }: Rollout): number => (pair !== null && 'chosen' in pair ? 1 : 0);

/** Of the run in the Lab. */
export const rollouts = new RolloutLog();
