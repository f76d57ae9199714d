import type { Recipe } from '../recipe/recipe';
import type { RunSummary } from './protocol';

const JUDGES: Readonly<Record<Recipe['judge'], string>> = { rule: 'rule judge', onnx: 'tiny-judge' };

/** A new run's name: by model and judge, numbered where others have it already, so that a legend can tell them apart. */
export function runName({ model, judge }: Recipe, others: readonly Pick<RunSummary, 'name'>[]): string {
  const name = `${model}, ${JUDGES[judge]}`;
  const taken = new Set(others.map((other) => other.name));
  for (let number = 1; ; number++) {
    const numbered = number === 1 ? name : `${name} ${number}`;
    if (!taken.has(numbered)) return numbered;
  }
}
