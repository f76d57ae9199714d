import { sha256 } from '../lib/sha256';
import type { Recipe } from './recipe';

/** JSON with the keys of every object sorted and no white space: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, x: unknown) =>
    typeof x === 'object' && x !== null && !Array.isArray(x)
      ? Object.fromEntries(Object.entries(x).sort(([a], [b]) => (a < b ? -1 : 1)))
      : x,
  );
}

/** What a checkpoint is bound to. A fresh adapter and no warm-up go unsaid, as in the checkpoints of before there was a choice. */
export function recipeHash({ adapter, sftPrompts, sftEpochs, sftLearningRate, ...rest }: Recipe): Promise<string> {
  const recipe = {
    ...rest,
    ...(adapter !== '' && { adapter }),
    ...(sftPrompts > 0 && { sftPrompts, sftEpochs, sftLearningRate }),
  };
  return sha256(new TextEncoder().encode(canonicalJson(recipe)));
}
