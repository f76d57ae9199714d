/** A policy on its own device, without the rest of the page. */

import { browserGpu, Device } from '../src/engine/device';
import { PipelineCache } from '../src/engine/kernel';
import { tunedPlan } from '../src/engine/tuner';
import { BlobSource } from '../src/formats/byte-source';
import { openGgufModel } from '../src/model/gguf/gguf-model';
import { encodeUserMessage, type LanguageModel, openModel } from '../src/model/language-model';
import type { ModelSource } from '../src/model/model-source';
import { WorkerTemplates } from '../src/model/tokenizer/template-renderer';
import { createPolicy } from '../src/training/policy';
import { type ChosenRecipe, planRecipe } from '../src/training/recipe-plan';
import { ModelFiles } from '../src/worker/models/model-files';
import { longestVerdict } from '../src/worker/runs/longest-verdict';

/** A GGUF file that the page can fetch. */
export interface GgufFile {
  readonly name: string;
  readonly url: string;
}

const base = new URL('./', location.href).href;

async function ggufSource({ name, url }: GgufFile): Promise<ModelSource> {
  const blob = await (await fetch(url)).blob();
  const none = async (file: string) => {
    throw new Error(`a GGUF has no ${file}`);
  };
  return {
    name,
    gguf: name,
    text: none,
    optionalText: async () => null,
    bytes: async () => new BlobSource(name, blob),
  };
}

/**
 * @param file null for the bundled model
 * @param instructions the longest of them limits the length of prompts, and of the pairs that the policy judges
 * @param recipeOf makes the recipe for the model; 'direct' must be among its arms
 */
export async function openPolicy(
  file: GgufFile | null,
  instructions: readonly string[],
  recipeOf: (model: LanguageModel) => ChosenRecipe,
) {
  const source = file === null ? new ModelFiles(base, 'tiny-thinker') : await ggufSource(file);
  const model = await openModel(source, new WorkerTemplates(), openGgufModel);
  const recipe = recipeOf(model);
  const device = await Device.open(browserGpu());
  const cache = new PipelineCache(device);
  const encoder = {
    contextLength: model.config.context,
    encodePrompt: (message: string, native: boolean) => encodeUserMessage(model, message, native),
  };
  const prompts = await Promise.all(instructions.map((instruction) => encoder.encodePrompt(instruction, false)));
  const longest = {
    prompt: Math.max(...prompts.map(({ length }) => length)),
    verdict: await longestVerdict(encoder, recipe, instructions),
  };
  const { plan } = await tunedPlan(device, cache, {}, (tuning) =>
    planRecipe(model, recipe, longest, {
      maxStorageBufferBindingSize: device.limits.maxStorageBufferBindingSize,
      expandWeights: device.isSoftware,
      tuning,
    }),
  );
  const policy = await createPolicy(
    device,
    cache,
    model,
    recipe,
    plan,
    () => {},
    () => Promise.reject(new Error('no adapter')),
  );
  await policy.setState('direct', await policy.initialState('direct', recipe.seed));
  return {
    policy,
    recipe,
    prompts,
    close() {
      policy.dispose();
      device.destroy();
    },
  };
}
