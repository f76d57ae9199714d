/** A recipe from outside: checked field by field, then as a whole. */
import * as v from 'valibot';
import { LabError } from '../lib/errors';
import { methodOf } from './judge-calls';
import { judgePromptFault } from './judge-prompt-fault';
import { asksPerson, judgesOf, panelFault } from './panel';
import { type JudgeKind, type Recipe, RecipeSchema } from './recipe';
import { parseRemoteAddress } from './remote-address';

export interface RecipeFault {
  readonly field: keyof Recipe | null;
  /** A sentence. */
  readonly message: string;
}

/** What the fields do not say one by one; null where all is well. */
export function recipeFault(recipe: Recipe): RecipeFault | null {
  const thinking = recipe.arms.includes('thinking');
  if (thinking && recipe.format === 'custom') {
    if (!recipe.thoughtPrompt.includes('{instruction}')) {
      return {
        field: 'thoughtPrompt',
        message: 'A custom thought prompt must say where the instruction goes: write {instruction} into it.',
      };
    }
    if (recipe.responseMarker.trim() === '') {
      return {
        field: 'responseMarker',
        message: 'A custom format needs a response marker: the text after which the response begins.',
      };
    }
  }
  if (recipe.prompts === recipe.heldout) {
    return {
      field: 'heldout',
      message: 'The held-out prompts are the training prompts: choose another set, or split this one in Prompts.',
    };
  }
  if (recipe.adapter !== '' && !thinking) {
    return {
      field: 'adapter',
      message: 'Only the thinking arm begins from an imported adapter: add that arm, or begin with a fresh adapter.',
    };
  }
  if (recipe.sftPrompts > 0 && !thinking) {
    return {
      field: 'sftPrompts',
      message:
        'Only the thinking arm has a format to be warmed up for: add that arm, or set the warm-up prompts to 0.',
    };
  }
  if (recipe.onnxTemplate !== '' && !recipe.onnxTemplate.includes('{response}')) {
    return {
      field: 'onnxTemplate',
      message:
        'The reward model’s template must say where the response goes: write {response} into it, or leave it empty.',
    };
  }
  if (recipe.temperature === 0) {
    return {
      field: 'temperature',
      message: 'At temperature 0 all candidates of a prompt are the same and no pair can be made.',
    };
  }
  if (recipe.loss === 'robust' && recipe.labelSmoothing === 0) {
    return {
      field: 'labelSmoothing',
      message: 'The robust loss with label smoothing 0 is the sigmoid loss: choose a value above 0, or that loss.',
    };
  }
  return judgeFault(recipe);
}

function judgeFault(recipe: Recipe): RecipeFault | null {
  const panel = recipe.judge === 'panel' ? panelFault(recipe.panel) : null;
  if (panel !== null) return { field: 'panel', message: panel };
  if (recipe.evaluationJudge === 'same' && asksPerson(recipe)) {
    return {
      field: 'evaluationJudge',
      message:
        'Hundreds of held-out answers are more than a person wants to judge: choose another judge of the evaluation.',
    };
  }
  for (const kind of judgesOf(recipe)) {
    const unnamed = judgeModelFault(kind, recipe);
    if (unnamed) return unnamed;
    const method = methodOf(kind, recipe);
    const fault = method === null ? null : judgePromptFault(method, recipe);
    if (fault) return fault;
  }
  return null;
}

/** Whether a judge of this kind is named at all; null where it is. Whether it is there, nobody knows before it is asked. */
function judgeModelFault(kind: JudgeKind, recipe: Recipe): RecipeFault | null {
  if (kind === 'webllm' && recipe.webllmModel === '') {
    return {
      field: 'webllmModel',
      message: 'The recipe names no model of WebLLM: fetch one in Models and choose it.',
    };
  }
  if (kind === 'similarity' && recipe.similarityModel === '') {
    return {
      field: 'similarityModel',
      message: 'The recipe names no sentence-embedding model: add one in Models and choose it.',
    };
  }
  if (kind !== 'remote') return null;
  const address = parseRemoteAddress(recipe.remoteUrl);
  if ('fault' in address) return { field: 'remoteUrl', message: address.fault };
  if (recipe.remoteModel.trim() !== '') return null;
  return {
    field: 'remoteModel',
    message: `No model of ${address.host} is named: ask what it offers, and choose one.`,
  };
}

/** As it may be kept and shared: an address that is none may hold a key. */
export function withoutFaultyAddress(recipe: Recipe): Recipe {
  return 'fault' in parseRemoteAddress(recipe.remoteUrl) ? { ...recipe, remoteUrl: '' } : recipe;
}

/** Without an address that is faulty, where no judge is asked at it. @throws LabError bad-recipe, with the first thing that is wrong */
export function parseRecipe(value: unknown): Recipe {
  const recipe = parseFields(value);
  const fault = recipeFault(recipe);
  if (fault) throw badRecipe(fault.message);
  return withoutFaultyAddress(recipe);
}

/** Each field is what it may be; what they say together is not looked at. @throws LabError bad-recipe */
export function parseFields(value: unknown): Recipe {
  const parsed = v.safeParse(RecipeSchema, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const field = issue.path?.[0]?.key;
    throw badRecipe(
      field === undefined
        ? 'A recipe is a JSON object of named values.'
        : fieldFault(String(field), issue.received, issue.message),
    );
  }
  return parsed.output;
}

function fieldFault(field: string, received: string, message: string): string {
  if (!Object.hasOwn(RecipeSchema.entries, field)) return `A recipe has no ${field}.`;
  if (received === 'undefined') return `The recipe lacks ${field}.`;
  return `${field}: ${message}.`;
}

export function badRecipe(message: string): LabError {
  return new LabError('bad-recipe', message, 'Nothing was started. Correct the value, or begin with a preset.');
}
