/**
 * The prompt of the policy, and the markers that introduce thought and response in a completion. arXiv 2410.10630,
 * figures 2 and 3.
 */
import { LabError } from '../lib/errors';
import type { Arm, Recipe, ThoughtFormat } from './recipe';

const GENERIC =
  'Respond to the following user query in a comprehensive and detailed way. You can write down your thought ' +
  'process before responding. Write your thoughts after "Here is my thought process:" and write your response ' +
  'after "Here is my response:".\n\nUser query: {instruction}';

const SPECIFIC =
  'Respond to the following user query in a comprehensive and detailed way. But first write down your ' +
  'internal thoughts. This must include your draft response and its evaluation. After this, write your final ' +
  'response after "<R>".\n\nUser query: {instruction}';

export interface ThoughtPrompt {
  /** The user message, with the placeholder `{instruction}`. */
  readonly text: string;
  /** null: the thought begins at the start of the completion. */
  readonly thoughtMarker: string | null;
  /** null: the whole completion is the response (the direct arm). */
  readonly responseMarker: string | null;
  /** Markers are also found with other case, punctuation and mark-up, as models often write them. */
  readonly tolerant: boolean;
  /**
   * Uses the native thinking of the model. Otherwise the chat template switches it off, if it can (`enable_thinking`).
   */
  readonly native: boolean;
}

const prompt = (text: string, thoughtMarker: string | null, responseMarker: string | null): ThoughtPrompt => ({
  text,
  thoughtMarker,
  responseMarker,
  tolerant: true,
  native: responseMarker?.trim() === '</think>',
});

const FORMATS: Record<Exclude<ThoughtFormat, 'custom'> | 'direct', ThoughtPrompt> = {
  generic: prompt(GENERIC, 'Here is my thought process:', 'Here is my response:'),
  specific: prompt(SPECIFIC, null, '<R>'),
  /** For models that think natively. */
  think: prompt('{instruction}', '<think>', '</think>'),
  direct: prompt('{instruction}', null, null),
};

/** @throws LabError bad-recipe where a custom prompt has no `{instruction}` or no response marker */
export function thoughtPrompt(
  arm: Arm,
  recipe: Pick<Recipe, 'format' | 'thoughtPrompt' | 'thoughtMarker' | 'responseMarker'>,
): ThoughtPrompt {
  if (arm === 'direct') return FORMATS.direct;
  if (recipe.format !== 'custom') return FORMATS[recipe.format];
  if (!recipe.thoughtPrompt.includes('{instruction}')) {
    throw new LabError(
      'bad-recipe',
      'The custom thought prompt does not say where the instruction goes.',
      'Write {instruction} into it.',
    );
  }
  if (recipe.responseMarker === '') {
    throw new LabError(
      'bad-recipe',
      'The custom format has no response marker.',
      'Set the text after which the response begins.',
    );
  }
  return prompt(recipe.thoughtPrompt, recipe.thoughtMarker || null, recipe.responseMarker);
}

/** The user message for one instruction. A placeholder inside the instruction is left as it is. */
export function promptMessage({ text }: ThoughtPrompt, instruction: string): string {
  return text.split('{instruction}').join(instruction);
}
