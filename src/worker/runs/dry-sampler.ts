import { OneAtATime } from '../../lib/async';
import type { Recipe } from '../../recipe/recipe';
import type { DryProgress, DrySample } from '../../records/dry-sample';
import type { RunServices } from './run-session';

/** Told no more often than this. Milliseconds. */
const EVERY_MS = 100;

interface DryServices extends Pick<RunServices, 'openPolicy' | 'prompts' | 'now'> {
  tell(progress: DryProgress): void;
}

/** Takes dry samples, one at a time, each with a policy and so a device of its own. */
export class DrySampler {
  private readonly taking = new OneAtATime();

  constructor(private readonly services: DryServices) {}

  /**
   * One that is under way is given up. It can be cancelled from the call on.
   * @param check throws where it cannot be taken
   * @throws LabError cancelled, and what check, prompts and policy throw
   */
  take(recipe: Recipe, check: () => Promise<void>): Promise<DrySample> {
    return this.taking.take((signal, before) =>
      this.sample(recipe, signal, async () => {
        await before();
        await check();
      }),
    );
  }

  /** Resolves when its device is free. */
  cancel(): Promise<void> {
    return this.taking.cancel();
  }

  private async sample(recipe: Recipe, signal: AbortSignal, ready: () => Promise<void>): Promise<DrySample> {
    const { openPolicy, prompts, now, tell } = this.services;
    const { cancelled, drySample } = await import('../../tpo/generation/dry-sample');
    await ready();
    if (signal.aborted) throw cancelled();
    let told = Number.NEGATIVE_INFINITY;
    const progress = (state: DryProgress, always = false) => {
      if (!always && now() - told < EVERY_MS) return;
      told = now();
      tell(state);
    };
    const loading = { phase: 'load', tokens: 0, tokensPerSecond: null } as const;
    const policy = await openPolicy(recipe, (done, total) => progress({ ...loading, done, total }, done === 0));
    try {
      if (signal.aborted) throw cancelled();
      return await drySample(policy, recipe, await prompts(recipe.prompts), { progress, now }, signal);
    } finally {
      policy.dispose();
    }
  }
}
