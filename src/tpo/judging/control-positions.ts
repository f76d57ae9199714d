import type { Recipe } from '../../recipe/recipe';

/** Positions of a block whose judge also sees control rows: so many, spread evenly. */
export function controlPositions({ controls }: Pick<Recipe, 'controls'>, size: number): ReadonlySet<number> {
  const count = Math.min(controls, size);
  return new Set(Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * size) / count)));
}
