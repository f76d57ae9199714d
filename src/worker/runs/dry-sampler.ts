import { OneAtATime } from '../../lib/async';
import type { Recipe } from '../../recipe/recipe';
import type { DryProgress, DrySample } from '../../records/candidates';
import { notHeldOut } from '../../tpo/generation/run-prompts';
import { load } from '../lazy-modules';
import type { RunServices } from './run-session';

/** Progress is reported at most this often. Milliseconds. */
const EVERY_MS = 100;

interface DrySamplerParts extends Pick<RunServices, 'openPolicy' | 'prompts' | 'now'> {
  onProgress(progress: DryProgress): void;
}

/** Takes dry samples, one at a time, each with a policy on its own device. */
export class DrySampler {
  private readonly taking = new OneAtATime();

  constructor(private readonly parts: DrySamplerParts) {}

  /**
   * Takes a dry sample. Cancels the one that is being taken, if any. `cancel` works from this call on.
   * @param check throws if the sample cannot be taken
   * @throws LabError cancelled, and what `check`, the prompts and the policy throw
   */
  take(recipe: Recipe, check: () => Promise<void>): Promise<DrySample> {
    return this.taking.take((signal, before) =>
      this.sample(recipe, signal, async () => {
        await before();
        await check();
      }),
    );
  }

  /** Resolves when the device is free. */
  cancel(): Promise<void> {
    return this.taking.cancel();
  }

  private async sample(recipe: Recipe, signal: AbortSignal, ready: () => Promise<void>): Promise<DrySample> {
    const { openPolicy, prompts, now, onProgress } = this.parts;
    const { cancelled, dryRecipe, drySample } = await load.drySample();
    await ready();
    if (signal.aborted) throw cancelled();
    let reported = Number.NEGATIVE_INFINITY;
    const progress = (state: DryProgress, always = false) => {
      if (!always && now() - reported < EVERY_MS) return;
      reported = now();
      onProgress(state);
    };
    const policy = await openPolicy(dryRecipe(recipe), {
      onProgress: (opening) => progress({ ...opening, tokens: 0, tokensPerSecond: null }, opening.done === 0),
      signal,
      runId: null,
    }).catch((error: unknown) => {
      throw signal.aborted ? cancelled() : error;
    });
    try {
      if (signal.aborted) throw cancelled();
      const training = notHeldOut(await prompts(recipe.prompts), await prompts(recipe.heldout));
      return await drySample(policy, recipe, training, { progress, now }, signal);
    } finally {
      policy.dispose();
    }
  }
}
