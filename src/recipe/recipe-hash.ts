import { sha256 } from '../lib/sha256';
import { JUDGE_FIELDS } from './judge-fields';
import { type Recipe, RecipeSchema } from './recipe';

/** JSON with the keys of every object sorted and no white space: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, x: unknown) =>
    typeof x === 'object' && x !== null && !Array.isArray(x)
      ? Object.fromEntries(Object.entries(x).sort(([a], [b]) => (a < b ? -1 : 1)))
      : x,
  );
}

/** Fields that came later: their defaults go unsaid, as in the checkpoints of before there was a choice. */
const LATER = [
  'evaluationJudge',
  ...JUDGE_FIELDS,
  'controls',
  'earlyStop',
] as const satisfies readonly (keyof Recipe)[];

/** What a checkpoint is bound to. */
export function recipeHash({ adapter, sftPrompts, sftEpochs, sftLearningRate, ...rest }: Recipe): Promise<string> {
  const unsaid = LATER.filter((name) => rest[name] === RecipeSchema.entries[name].default);
  const recipe = {
    ...Object.fromEntries(Object.entries(rest).filter(([name]) => !unsaid.some((field) => field === name))),
    ...(adapter !== '' && { adapter }),
    ...(sftPrompts > 0 && { sftPrompts, sftEpochs, sftLearningRate }),
  };
  return sha256(new TextEncoder().encode(canonicalJson(recipe)));
}
