/** The arm iterations of a run: which there are, and in which order they are worked through. */
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
