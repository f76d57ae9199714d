import { KINDS } from '../../recipe/judges/kinds';
import type { Recipe } from '../../recipe/recipe';
import type { RunSummary } from '../../records/runs';

/** The name of a new run: its model and its judge, with a number where that name is taken, so that a legend can tell runs apart. */
export function runName(recipe: Recipe, others: readonly Pick<RunSummary, 'name'>[]): string {
  const name = `${recipe.model}, ${KINDS[recipe.judge].runName(recipe)}`;
  const taken = new Set(others.map((other) => other.name));
  for (let number = 1; ; number++) {
    const numbered = number === 1 ? name : `${name} ${number}`;
    if (!taken.has(numbered)) return numbered;
  }
}
