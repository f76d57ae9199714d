/** The models that the page recommends (public/models/curated.json), and the memory that each takes on this device. */
import * as v from 'valibot';
import { type GgmlType, isGgmlType } from '../../formats/ggml-types';
import { firstIssue, LabError } from '../../lib/errors';
import { parseConfig } from '../../model/config';
import { tensorList } from '../../model/tensor-list';
import { PRESETS } from '../../recipe/presets';
import type { CuratedModel, ModelCosts } from '../../records/models';
import type { ChosenRecipe } from '../../training/recipe-plan';
import type { PlanningDevice } from '../device/device-info';
import { modelCosts, refusedCosts } from './model-costs';

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const Text = v.pipe(v.string(), v.minLength(1));
const Type = v.custom<GgmlType>((type) => typeof type === 'string' && isGgmlType(type), 'is not a type of ggml');

const CuratedSchema = v.strictObject({
  version: v.literal(1),
  models: v.array(
    v.strictObject({
      name: Text,
      repository: v.pipe(v.string(), v.regex(/^[\w.-]+\/[\w.-]+$/)),
      /** A commit. */
      revision: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/)),
      /** Name of a GGUF file. Null for the repository's safetensors. */
      choice: v.nullable(v.pipe(v.string(), v.endsWith('.gguf'))),
      licence: Text,
      gated: v.boolean(),
      parameters: Count,
      /** Size of the tensors. The files are up to 1% larger because of the header and the tokenizer. */
      bytes: Count,
      note: Text,
      storage: v.strictObject({ matrices: Type, vectors: Type }),
      /** The keys of config.json that a plan depends on. */
      config: v.record(v.string(), v.unknown()),
    }),
  ),
});

/** A model of the list, with everything that it is planned from. */
export type CuratedEntry = v.InferOutput<typeof CuratedSchema>['models'][number];

/** @throws LabError bad-file */
export function parseCurated(json: unknown): readonly CuratedEntry[] {
  const parsed = v.safeParse(CuratedSchema, json);
  if (parsed.success) return parsed.output.models;
  throw new LabError('bad-file', `The list of models is damaged: ${firstIssue(parsed.issues)}.`, 'Reload the page.');
}

/** Tokens of the longest prompt, including the one with which every completion begins. */
export const CURATED_PROMPT = 257;

/**
 * The recipe whose memory is shown. Generation: K = 8 candidates of one prompt are decoded at once, each of up to 384
 * tokens. Training: a step on one pair of 1,024 tokens, which are 256 of the prompt (computed once for both) and 384
 * of each completion. As in a run, the cache, the optimiser and one adapter of rank 16 on all projections are there
 * at the same time.
 */
export const CURATED_RECIPE: ChosenRecipe = {
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
    return refusedCosts(error);
  }
}

/** @throws LabError bad-file */
export async function curatedModels(json: unknown, device: PlanningDevice): Promise<readonly CuratedModel[]> {
  const models: CuratedModel[] = [];
  for (const entry of parseCurated(json)) {
    const { config, storage, ...model } = entry;
    models.push({ ...model, costs: curatedCosts(entry, device) });
    // Lets a run in this worker continue.
    await new Promise((resolve) => setTimeout(resolve));
  }
  return models;
}
