import { OneAtATime } from '../../lib/async';
import { LabError } from '../../lib/errors';
import { recipeForModel } from '../../recipe/model-recipe';
import { PRESETS } from '../../recipe/presets';
import type { Recipe } from '../../recipe/recipe';
import type { ModelInfo } from '../../records/models';
import type { MadePrompts, MakePromptsOptions, PromptProgress } from '../../records/prompt-sets';
import type { Prompt } from '../../records/prompts';
import { cancelled, makePrompts, makeRequests } from '../../tpo/generation/make-prompts';
import type { PromptEncoder } from '../../tpo/generation/run-prompts';
import type { OpeningOptions, Policy } from '../../tpo/policy';
import type { LongestTexts } from '../../training/recipe-plan';

/** Progress is reported at most this often. Milliseconds. */
const EVERY_MS = 100;
const LANES = 16;
/** Models with more than a billion parameters get fewer lanes, because their cache takes much memory. */
const LANES_OF_LARGE = 8;

export interface MakerParts {
  /** @throws LabError not-found */
  model(id: string): Promise<ModelInfo>;
  encoder(model: string): Promise<PromptEncoder>;
  prompts(set: string): Promise<readonly Prompt[]>;
  /** @param longest the longest texts that the policy will be given */
  openPolicy(recipe: Recipe, options: OpeningOptions, longest: LongestTexts): Promise<Policy>;
  /** Cancels other tasks that use a policy. @throws LabError running-elsewhere */
  check(): Promise<void>;
  onProgress(progress: PromptProgress): void;
  /** A monotonic clock in milliseconds. */
  now(): number;
}

/** Lets a model write prompts: one batch at a time, each with a policy on its own device. */
export class PromptMaker {
  private readonly making = new OneAtATime();

  constructor(private readonly parts: MakerParts) {}

  /**
   * Cancels the batch that is being made, if any.
   * @throws LabError cancelled, running-elsewhere, and what the policy throws
   */
  make(options: MakePromptsOptions): Promise<MadePrompts> {
    return this.making.take(async (signal, before) => {
      const { encoder, openPolicy, prompts, check, now, onProgress } = this.parts;
      await before();
      await check();
      let reported = Number.NEGATIVE_INFINITY;
      const progress = (state: PromptProgress, always = false) => {
        if (!always && now() - reported < EVERY_MS) return;
        reported = now();
        onProgress(state);
      };
      const known = await prompts(options.from);
      const heldout = await this.heldout(options);
      const requests = await makeRequests(await encoder(options.model), options, known);
      const longest = { prompt: Math.max(...requests.map(({ promptTokens }) => promptTokens.length)), verdict: null };
      const recipe = makingRecipe(options, await this.parts.model(options.model));
      const policy = await openPolicy(
        recipe,
        {
          onProgress: ({ phase, done, total }) => progress({ kind: phase, done, total }, done === 0),
          signal,
          runId: null,
        },
        longest,
      ).catch((error: unknown) => {
        throw signal.aborted ? cancelled() : error;
      });
      try {
        return await makePrompts(policy, options, requests, { known, heldout }, { progress, now }, signal);
      } finally {
        policy.dispose();
      }
    });
  }

  /** The prompts that the new ones must differ from. None if the recipe names a set that was deleted. */
  private async heldout({ from, apartFrom }: MakePromptsOptions): Promise<readonly Prompt[]> {
    if (from === apartFrom) return [];
    try {
      return await this.parts.prompts(apartFrom);
    } catch (error) {
      if (error instanceof LabError && error.code === 'not-found') return [];
      throw error;
    }
  }

  /** Resolves when the device is free. */
  cancel(): Promise<void> {
    return this.making.cancel();
  }
}

/** A recipe for generation only. It makes the rest of the policy as small as possible. */
function makingRecipe(options: MakePromptsOptions, { id, source, parameters }: ModelInfo): Recipe {
  const recipe = recipeForModel(PRESETS.quick, { id, bundled: source === 'bundled', parameters }, 'quick');
  return {
    ...recipe,
    ...{ prompts: options.from, heldout: options.from, arms: ['direct'], adapter: '', seed: options.seed, k: 1 },
    ...{ temperature: options.temperature, topP: options.topP, maxNewTokensDirect: options.maxNewTokens },
    ...{ lanes: (parameters ?? Infinity) <= 1e9 ? LANES : LANES_OF_LARGE, pairsPerStep: 1, checkpointing: true },
  };
}
