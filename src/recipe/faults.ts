/** Checks a recipe: first each field by itself, then the recipe as a whole. */
import * as v from 'valibot';
import { LabError } from '../lib/errors';
import { askedKinds, asksPerson, methodOf } from './judges/asked';
import { KINDS } from './judges/kinds';
import { judgePromptFault } from './judges/language';
import { parseRemoteAddress } from './judges/remote-address';
import { isFieldName, type Recipe, RecipeSchema, TARGET_MODULES, type TargetModule } from './recipe';

export interface RecipeFault {
  /** The field to change; null where no single field is at fault. */
  readonly field: keyof Recipe | null;
  /** A sentence. */
  readonly message: string;
}

/** The first fault of a recipe whose fields are valid one by one. null: it can run. */
export function recipeFault(recipe: Recipe): RecipeFault | null {
  return formatFault(recipe) ?? dataFault(recipe) ?? trainingFault(recipe) ?? judgeFault(recipe);
}

function formatFault({ arms, format, thoughtPrompt, responseMarker }: Recipe): RecipeFault | null {
  if (!arms.includes('thinking') || format !== 'custom') return null;
  if (!thoughtPrompt.includes('{instruction}')) {
    return {
      field: 'thoughtPrompt',
      message: 'A custom thought prompt must say where the instruction goes: write {instruction} into it.',
    };
  }
  if (responseMarker.trim() === '') {
    return {
      field: 'responseMarker',
      message: 'A custom format needs a response marker: the text after which the response begins.',
    };
  }
  return null;
}

function dataFault({ arms, prompts, heldout, adapter, sftPrompts }: Recipe): RecipeFault | null {
  if (prompts === heldout) {
    return {
      field: 'heldout',
      message: 'The held-out prompts are the training prompts: choose another set, or split this one in Prompts.',
    };
  }
  if (arms.includes('thinking')) return null;
  if (adapter !== '') {
    return {
      field: 'adapter',
      message: 'Only the thinking arm can start from an imported adapter: add that arm, or start with a new adapter.',
    };
  }
  if (sftPrompts > 0) {
    return {
      field: 'sftPrompts',
      message: 'Only the thinking arm can be warmed up: add that arm, or set the warm-up prompts to 0.',
    };
  }
  return null;
}

function trainingFault({ onnxTemplate, temperature, loss, labelSmoothing }: Recipe): RecipeFault | null {
  if (onnxTemplate !== '' && !onnxTemplate.includes('{response}')) {
    return {
      field: 'onnxTemplate',
      message:
        'The reward model’s template must say where the response goes: write {response} into it, or leave it empty.',
    };
  }
  if (temperature === 0) {
    return {
      field: 'temperature',
      message: 'At temperature 0 all candidates of a prompt are the same, and no pair can be made.',
    };
  }
  if (loss === 'robust' && labelSmoothing === 0) {
    return {
      field: 'labelSmoothing',
      message:
        'With label smoothing 0 the robust loss equals the sigmoid loss: choose a value above 0, or the sigmoid loss.',
    };
  }
  return null;
}

function judgeFault(recipe: Recipe): RecipeFault | null {
  const fault = KINDS[recipe.judge].fault(recipe);
  if (fault !== null && KINDS[recipe.judge].method === 'members') return fault;
  if (recipe.evaluationJudge === 'same' && asksPerson(recipe)) {
    return {
      field: 'evaluationJudge',
      message: 'The evaluation has too many answers for a person: choose another judge of the evaluation.',
    };
  }
  for (const kind of askedKinds(recipe)) {
    const fault = KINDS[kind].fault(recipe);
    if (fault !== null) return fault;
    const method = methodOf(kind, recipe);
    const promptFault = method === null ? null : judgePromptFault(method, recipe);
    if (promptFault !== null) return promptFault;
  }
  return null;
}

/** The settings that decide how the tensors of an adapter are shaped and scaled. */
export interface AdapterSettings {
  readonly rank: number;
  readonly alpha: number;
  readonly rsLora: boolean;
  readonly targetModules: readonly TargetModule[];
}

/** Why a run of the recipe cannot continue to train an adapter; null where it can. */
export function adapterFault(recipe: Recipe, adapter: AdapterSettings): RecipeFault | null {
  for (const field of ['rank', 'alpha', 'rsLora', 'targetModules'] as const) {
    const [imported, inRecipe] = [settingText(adapter[field]), settingText(recipe[field])];
    if (imported === inRecipe) continue;
    const message =
      `The imported adapter has ${field} ${imported}, the recipe ${inRecipe}: set ${field} to ${imported}, or ` +
      'start with a new adapter.';
    return { field, message };
  }
  return null;
}

/** Modules in a fixed order: the order in which they are named does not matter. */
function settingText(value: AdapterSettings[keyof AdapterSettings]): string {
  return typeof value === 'object'
    ? TARGET_MODULES.filter((module) => value.includes(module)).join(',')
    : String(value);
}

/** A recipe without a faulty address, which may contain a key: only such a recipe is stored and shared. */
export function withoutFaultyAddress(recipe: Recipe): Recipe {
  return 'fault' in parseRemoteAddress(recipe.remoteUrl) ? { ...recipe, remoteUrl: '' } : recipe;
}

/**
 * Checks a recipe that comes from outside. A faulty address that no judge uses is removed.
 * @throws LabError bad-recipe, with the first fault
 */
export function parseRecipe(value: unknown): Recipe {
  const recipe = parseFields(value);
  const fault = recipeFault(recipe);
  if (fault) throw badRecipe(fault.message);
  return withoutFaultyAddress(recipe);
}

/** Checks each field by itself; the recipe as a whole may still be faulty. @throws LabError bad-recipe */
export function parseFields(value: unknown): Recipe {
  const parsed = v.safeParse(RecipeSchema, value);
  if (parsed.success) return parsed.output;
  const [{ path, received, message }] = parsed.issues;
  const field = path?.[0]?.key;
  if (field === undefined) throw badRecipe('A recipe is a JSON object of named values.');
  throw badRecipe(fieldFault(String(field), received, message));
}

/** @param expected of the value, from the field's declaration */
function fieldFault(field: string, received: string, expected: string): string {
  if (!isFieldName(field)) return `A recipe has no ${field}.`;
  if (received === 'undefined') return `The recipe lacks ${field}.`;
  return `${field}: ${expected}, got ${received}.`;
}

export function badRecipe(message: string): LabError {
  return new LabError('bad-recipe', message, 'Nothing was started. Correct the value, or start from a preset.');
}
