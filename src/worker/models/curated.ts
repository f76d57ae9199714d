/** Models that the page recommends: data beside it (public/models/curated.json), and what each takes on this device. */
import * as v from 'valibot';
import { type GgmlType, isGgmlType } from '../../formats/dequantize';
import { firstIssue, LabError } from '../../lib/errors';
import { parseConfig } from '../../model/config';
import { tensorList } from '../../model/tensor-list';
import { PRESETS } from '../../recipe/presets';
import type { Recipe } from '../../recipe/recipe';
import type { CuratedModel, ModelCosts } from '../../records/models';
import { refusal } from '../runs/estimate';
import { modelCosts, type PlanningDevice } from './model-costs';

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const Text = v.pipe(v.string(), v.minLength(1));
const Type = v.custom<GgmlType>((type) => typeof type === 'string' && isGgmlType(type), 'no type of ggml');

const CuratedSchema = v.strictObject({
  version: v.literal(1),
  models: v.array(
    v.strictObject({
      name: Text,
      repository: v.pipe(v.string(), v.regex(/^[\w.-]+\/[\w.-]+$/)),
      /** A commit. */
      revision: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/)),
      /** A GGUF's file name; null: the repository's safetensors. */
      choice: v.nullable(v.pipe(v.string(), v.endsWith('.gguf'))),
      licence: Text,
      gated: v.boolean(),
      parameters: Count,
      /** Of the tensors; the files are up to a hundredth larger: header, tokenizer. */
      bytes: Count,
      note: Text,
      storage: v.strictObject({ matrices: Type, vectors: Type }),
      /** The keys of its config.json that decide the plan. */
      config: v.record(v.string(), v.unknown()),
    }),
  ),
});

/** One of the list, with what a plan of it is made from. */
export type CuratedEntry = v.InferOutput<typeof CuratedSchema>['models'][number];

/** @throws LabError bad-file */
export function parseCurated(json: unknown): readonly CuratedEntry[] {
  const parsed = v.safeParse(CuratedSchema, json);
  if (parsed.success) return parsed.output.models;
  throw new LabError('bad-file', `The list of models is damaged: ${firstIssue(parsed.issues)}.`, 'Reload the page.');
}

/** Tokens of the longest prompt, the one that begins every completion included. */
export const CURATED_PROMPT = 257;

/**
 * What the costs are of. Generation: K = 8 candidates of one prompt decode at once, each up to 384 tokens. Training: a step on one
 * pair of 1,024 tokens, 256 of the prompt, computed once for both, and 384 of each completion; cache, optimiser and one adapter of
 * rank 16 on all projections are there at the same time, as in a run.
 */
export const CURATED_RECIPE: Recipe = {
  ...PRESETS.standard,
  arms: ['thinking'],
  k: 8,
  lanes: 8,
  evaluationSamples: 8,
  maxNewTokens: 384,
  pairsPerStep: 1,
  rank: 16,
  checkpointing: true,
};

export function curatedCosts({ config, storage }: CuratedEntry, device: PlanningDevice): ModelCosts {
  try {
    const parsed = parseConfig(config);
    const weights = { tensors: tensorList(parsed, storage) };
    return modelCosts({ config: parsed, weights }, CURATED_RECIPE, { prompt: CURATED_PROMPT, verdict: null }, device);
  } catch (error) {
    return { generation: 0, training: 0, trainingCheckpointed: 0, refused: refusal(error).refused };
  }
}

/** @throws LabError bad-file */
export async function curatedModels(json: unknown, device: PlanningDevice): Promise<readonly CuratedModel[]> {
  const models: CuratedModel[] = [];
  for (const entry of parseCurated(json)) {
    const { config, storage, ...model } = entry;
    models.push({ ...model, costs: curatedCosts(entry, device) });
    // A run in this worker must not wait for the whole list.
    await new Promise((resolve) => setTimeout(resolve));
  }
  return models;
}
