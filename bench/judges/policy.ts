/** A policy on its own device, without the rest of the page. */

import { browserGpu, Device } from '../../src/engine/device';
import { PipelineCache } from '../../src/engine/kernel';
import { tunedPlan } from '../../src/engine/tuner';
import { BlobSource } from '../../src/formats/byte-source';
import { openGgufModel } from '../../src/model/gguf/gguf-model';
import { encodeUserMessage, type LanguageModel, openModel } from '../../src/model/language-model';
import type { ModelSource } from '../../src/model/model-source';
import { WorkerTemplates } from '../../src/model/tokenizer/template-renderer';
import { recipeForModel } from '../../src/recipe/model-recipe';
import { PRESETS } from '../../src/recipe/presets';
import { createPolicy } from '../../src/training/policy';
import { type ChosenRecipe, planRecipe } from '../../src/training/recipe-plan';
import { ModelFiles } from '../../src/worker/models/model-files';
import { longestVerdict } from '../../src/worker/runs/longest-verdict';
import type { JudgeOptions } from './report';

const base = new URL('./', location.href).href;

async function ggufSource({ name, url }: { readonly name: string; readonly url: string }): Promise<ModelSource> {
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

/** The page's prompt leaves no room for a response in the bundled model's 256 tokens. */
const SHORT_PROMPT = '{instruction}\nA: {first}\nB: {second}\nWhich is right, [[A]] or [[B]]?';

/** The recipe of the policy: the bundled model's, or one that suits a model of its size. */
/** Candidates that are generated at once. */
const LANES = 16;

function recipeOf(model: LanguageModel, bundled: boolean): ChosenRecipe {
  const quick: ChosenRecipe = { ...PRESETS.quick, judge: 'self', arms: ['direct'], lanes: LANES };
  if (bundled) return { ...quick, comparisonPrompt: SHORT_PROMPT };
  const shapes = [...model.weights.tensors.values()].map(({ shape }) =>
    shape.reduce((product, size) => product * size, 1),
  );
  const parameters = shapes.reduce((sum, size) => sum + size, 0);
  return {
    ...recipeForModel(quick, { id: model.name, bundled: false, parameters }, 'quick'),
    lanes: LANES,
    maxNewTokensDirect: 24,
  };
}

/** @param instructions the instructions of the responses that it will judge */
export async function openPolicy(file: JudgeOptions['model'], instructions: readonly string[]) {
  const source = file === null ? new ModelFiles(base, 'tiny-thinker') : await ggufSource(file);
  const model = await openModel(source, new WorkerTemplates(), openGgufModel);
  const recipe = recipeOf(model, file === null);
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
