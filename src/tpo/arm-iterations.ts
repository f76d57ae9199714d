/** The arm iterations of a run: which there are, in which order, and which of them is worked on. */
import type { Arm, Recipe } from '../recipe/recipe';
import type { ArmIteration } from '../records/candidates';

/** All arm iterations, in order: every arm of iteration 0, then every arm of iteration 1, and so on. */
export function armIterationsOf({ iterations, arms }: Pick<Recipe, 'iterations' | 'arms'>): ArmIteration[] {
  return Array.from({ length: iterations + 1 }, (_, iteration) => arms.map((arm) => ({ iteration, arm }))).flat();
}

export const sameArmIteration = (a: ArmIteration, b: ArmIteration): boolean =>
  a.iteration === b.iteration && a.arm === b.arm;

/** Whether this arm iteration is the warm-up: iteration 0 of the thinking arm, if the recipe has warm-up prompts. */
export function hasWarmUp({ sftPrompts }: Pick<Recipe, 'sftPrompts'>, { iteration, arm }: ArmIteration): boolean {
  return iteration === 0 && arm === 'thinking' && sftPrompts > 0;
}

export const otherArm = (arm: Arm): Arm => (arm === 'thinking' ? 'direct' : 'thinking');

/**
 * The arm iterations that are not closed yet. Only the first is worked on, except while it waits for votes: then the
 * candidates of the second are generated.
 */
export class OpenIterations<State extends ArmIteration> {
  /** The states that are open: none, the first, or the first and the second. */
  readonly open: State[] = [];

  constructor(
    /** Arm iterations that are not closed, in order. */
    private readonly unclosed: ArmIteration[],
    private readonly openState: (which: ArmIteration) => Promise<State>,
  ) {}

  get remaining(): readonly ArmIteration[] {
    return this.unclosed;
  }

  /** The arm iteration to work on; null when all are closed. */
  current(): Promise<State | null> {
    return this.stateAt(0);
  }

  /** The arm iteration after the current one; null if that is the last. */
  following(): Promise<State | null> {
    return this.stateAt(1);
  }

  /** Closes the current arm iteration, and drops those that will not take place. */
  close(takesPlace: (which: ArmIteration) => boolean): void {
    this.open.shift();
    this.unclosed.shift();
    this.unclosed.splice(0, Infinity, ...this.unclosed.filter(takesPlace));
    this.open.splice(0, Infinity, ...this.open.filter(takesPlace));
  }

  private async stateAt(index: 0 | 1): Promise<State | null> {
    const which = this.unclosed[index];
    if (!which) return null;
    this.open[index] ??= await this.openState(which);
    return this.open[index];
  }
}
