import { recipeToQuery } from '../../recipe/encoding';
import type { Recipe } from '../../recipe/recipe';

/** A recipe in a line: the preset that it is nearest to, and what differs. */
export function recipeLine(recipe: Recipe): string {
  const parts = [...new URLSearchParams(recipeToQuery(recipe))];
  return parts.map(([name, value]) => (name === 'preset' ? value : `${name} ${value}`)).join(', ');
}
