/** A field's new value from a control, whose type only the schema knows. */
import * as v from 'valibot';
import { type Recipe, RecipeSchema } from './recipe';

/** The change, or none where the value is not one that the field takes. */
export function changeOf(recipe: Recipe, name: keyof Recipe, value: unknown): Partial<Recipe> {
  const parsed = v.safeParse(RecipeSchema, { ...recipe, [name]: value });
  return parsed.success ? parsed.output : {};
}
