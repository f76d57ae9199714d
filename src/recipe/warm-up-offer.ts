import type { Recipe } from './recipe';

const FEWEST = 16;
const MOST = 64;

/** Prompts of a warm-up that is offered: as an iteration has, but neither too few to find samples nor many more than a format needs. */
export function warmUpPrompts({ promptsPerIteration }: Pick<Recipe, 'promptsPerIteration'>): number {
  return Math.min(MOST, Math.max(FEWEST, promptsPerIteration));
}
