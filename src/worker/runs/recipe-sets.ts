/** The prompt sets that a recipe names. */
import { LabError } from '../../lib/errors';
import type { Recipe } from '../../recipe/recipe';
import type { Prompt } from '../../records/prompts';

type SetField = 'prompts' | 'heldout';

/** Not there, or no set of prompts; says which of the recipe's two it is. */
export class UnusableSet extends LabError {
  constructor(
    readonly field: SetField,
    { code, message, advice, cause }: LabError,
  ) {
    super(code, message, advice, { cause });
  }
}

/** @throws UnusableSet not-found, bad-prompts; what else reading throws */
export async function setOf(
  read: (set: string) => Promise<readonly Prompt[]>,
  recipe: Recipe,
  field: SetField,
): Promise<readonly Prompt[]> {
  try {
    return await read(recipe[field]);
  } catch (error) {
    const unusable = error instanceof LabError && (error.code === 'not-found' || error.code === 'bad-prompts');
    throw unusable ? new UnusableSet(field, error) : error;
  }
}
