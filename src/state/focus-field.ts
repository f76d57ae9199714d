/** A wish to see one field of the recipe, from wherever a warning or a refusal names it. */
import { create } from 'zustand';
import type { Recipe } from '../recipe/recipe';
import { useSettings } from './settings';

/** A new object for every wish, so that the same field can be wished for twice. */
export const useFocusField = create<{ readonly field: keyof Recipe | null }>()(() => ({ field: null }));

export function focusField(field: keyof Recipe): void {
  useSettings.setState({ recipeOpen: true });
  useFocusField.setState({ field }, true);
}
