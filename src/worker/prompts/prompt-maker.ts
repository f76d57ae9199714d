/** Prompts made by a model, one batch at a time, each with a policy and so a device of its own. Loaded when the first is asked for. */

import { OneAtATime } from '../../lib/async';
import { LabError } from '../../lib/errors';
import { recipeForModel } from '../../recipe/model-recipe';
import { PRESETS } from '../../recipe/presets';
import type { Recipe } from '../../recipe/recipe';
import type { ModelInfo } from '../../records/models';
import type { MadePrompts, MakePromptsWish, Prompt, PromptProgress } from '../../records/prompts';
import { makePrompts, makeRequests } from '../../tpo/generation/make-prompts';
import type { PromptEncoder } from '../../tpo/generation/run-prompts';
import type { Policy } from '../../tpo/policy';
import type { LongestTexts } from '../../training/recipe-plan';

/** Told no more often than this. Milliseconds. */
const EVERY_MS = 100;
const MOST_LANES = 16;

export interface MakerServices {
  /** @throws LabError not-found */
  model(id: string): Promise<ModelInfo>;
  encoder(model: string): Promise<PromptEncoder>;
  prompts(set: string): Promise<readonly Prompt[]>;
  /** @param longest of what it will be given */
  openPolicy(
    recipe: Recipe,
    onProgress: (done: number, total: number) => void,
    longest: LongestTexts,
  ): Promise<Policy>;
  /** Throws where it cannot be begun. */
  check(): Promise<void>;
  tell(progress: PromptProgress): void;
  now(): number;
}

export class PromptMaker {
  private readonly making = new OneAtATime();

  constructor(private readonly services: MakerServices) {}

  /** @throws LabError cancelled, running-elsewhere, and what prompts and policy throw */
  make(wish: MakePromptsWish): Promise<MadePrompts> {
    return this.making.take(async (signal, before) => {
      const { encoder, openPolicy, prompts, check, now, tell } = this.services;
      await before();
      await check();
      let told = Number.NEGATIVE_INFINITY;
      const progress = (state: PromptProgress, always = false) => {
        if (!always && now() - told < EVERY_MS) return;
        told = now();
        tell(state);
      };
      const known = await prompts(wish.from);
      const heldout = await this.heldout(wish);
      const requests = await makeRequests(await encoder(wish.model), wish, known);
      const longest = { prompt: Math.max(...requests.map(({ promptTokens }) => promptTokens.length)), verdict: null };
      const recipe = makingRecipe(wish, await this.services.model(wish.model));
      const policy = await openPolicy(
        recipe,
        (done, total) => progress({ kind: 'load', done, total }, done === 0),
        longest,
      );
      try {
        return await makePrompts(policy, wish, requests, { known, heldout }, { progress, now }, signal);
      } finally {
        policy.dispose();
      }
    });
  }

  /** None where the recipe names a set that was deleted: there is nothing to keep apart from. */
  private async heldout({ from, apartFrom }: MakePromptsWish): Promise<readonly Prompt[]> {
    if (from === apartFrom) return [];
    try {
      return await this.services.prompts(apartFrom);
    } catch (error) {
      if (error instanceof LabError && error.code === 'not-found') return [];
      throw error;
    }
  }

  /** Resolves when its device is free. */
  cancel(): Promise<void> {
    return this.making.cancel();
  }
}

/** Generation only, and the least of what a policy must have besides. */
function makingRecipe(wish: MakePromptsWish, { id, source, parameters }: ModelInfo): Recipe {
  const recipe = recipeForModel(PRESETS.quick, { id, bundled: source === 'bundled', parameters }, 'quick');
  return {
    ...recipe,
    ...{ prompts: wish.from, heldout: wish.from, arms: ['direct'], adapter: '', seed: wish.seed, k: 1 },
    ...{ temperature: wish.temperature, topP: wish.topP, maxNewTokensDirect: wish.maxNewTokens },
    ...{ lanes: Math.min(recipe.lanes, MOST_LANES), pairsPerStep: 1, checkpointing: true },
  };
}
