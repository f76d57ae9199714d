/** A wish to see one field of the recipe, from wherever a warning or a refusal names it. */
import { create } from 'zustand';
import type { Recipe } from '../recipe/recipe';
import { useSettings } from './settings';

/** Null again as soon as the recipe has shown it. */
export const useFocusField = create<{ readonly field: keyof Recipe | null }>()(() => ({ field: null }));

export function focusField(field: keyof Recipe): void {
  useSettings.setState({ recipeOpen: true });
  useFocusField.setState({ field });
}
