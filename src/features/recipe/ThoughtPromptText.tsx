import type { Recipe } from '../../recipe/recipe';
import { thoughtPrompt } from '../../recipe/thought-prompts';

/** The thought prompt as the model reads it, and the markers that separate thought and response. */
export function ThoughtPromptText({ recipe }: { readonly recipe: Recipe }) {
  if (recipe.format === 'custom' || !recipe.arms.includes('thinking')) return null;
  const { text, thoughtMarker, responseMarker } = thoughtPrompt('thinking', recipe);
  return (
    <dl className="thought-prompt">
      <dt>The model reads</dt>
      <dd className="thought-prompt-text">{text}</dd>
      <dt>The thought begins after</dt>
      <dd>{thoughtMarker === null ? 'the start' : <code>{thoughtMarker}</code>}</dd>
      <dt>The response begins after</dt>
      <dd>{responseMarker === null ? 'the start' : <code>{responseMarker}</code>}</dd>
    </dl>
  );
}
