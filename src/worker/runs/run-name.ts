import type { Recipe } from '../../recipe/recipe';
import type { RunSummary } from '../../records/runs';

const JUDGES: Readonly<Record<Recipe['judge'], string>> = {
  rule: 'rule judge',
  onnx: 'reward model',
  similarity: 'similarity',
  webllm: 'WebLLM judge',
  remote: 'remote judge',
  self: 'its own judge',
  human: 'judged by you',
  panel: 'panel',
};

/** A new run's name: by model and judge, numbered where others have it already, so that a legend can tell them apart. */
export function runName({ model, judge, onnxModel }: Recipe, others: readonly Pick<RunSummary, 'name'>[]): string {
  const name = `${model}, ${judge === 'onnx' && onnxModel === '' ? 'tiny-judge' : JUDGES[judge]}`;
  const taken = new Set(others.map((other) => other.name));
  for (let number = 1; ; number++) {
    const numbered = number === 1 ? name : `${name} ${number}`;
    if (!taken.has(numbered)) return numbered;
  }
}
