import { at } from '../../lib/assert';
import type { Once } from '../../lib/async';
import { LabError } from '../../lib/errors';
import { badRecipe, type RecipeFault } from '../../recipe/faults';
import { askedKinds, isInstant } from '../../recipe/judges/asked';
import type { Recipe } from '../../recipe/recipe';
import type { DeviceInfo, Estimate } from '../../records/device';
import { plannedWork } from '../../tpo/progress/time-left';
import type { JudgeTimes } from '../judging/judge-times';
import { estimateOf, estimateWork, refusal } from './estimate';
import type { RecipePlans } from './recipe-plans';
import type { StoredRuns } from './stored-runs';

export interface PreflightParts {
  readonly plans: RecipePlans;
  readonly runs: Pick<StoredRuns, 'lastMeasured'>;
  readonly judgeTimes: Once<JudgeTimes>;
  /** @throws LabError no-webgpu, adapter-limits, device-lost */
  device(): Promise<DeviceInfo>;
  /** Why the device may not train. Null if it may. */
  deviceFault(): Promise<string | null>;
  /** Why the recipe's judges cannot be used here. Null if they can. */
  judgeFault(recipe: Recipe): Promise<RecipeFault | null>;
  /** Why a new run cannot begin with the adapter that the recipe names. Null if it can. */
  adapterFault(recipe: Recipe): Promise<RecipeFault | null>;
}

/** Whether a recipe can run on this device, and what it takes. Nothing is allocated. */
export class Preflight {
  constructor(private readonly parts: PreflightParts) {}

  async estimate(recipe: Recipe): Promise<Estimate> {
    const { plans, runs, judgeTimes, device, deviceFault, judgeFault, adapterFault } = this.parts;
    try {
      const { plan, prompts, longest } = await plans.plan(recipe);
      const info = await device();
      const heldout = prompts.heldout(at(recipe.arms, 0)).length;
      const work = estimateWork(plan, recipe, prompts, info, await runs.lastMeasured(recipe, info.name));
      const policySeconds = work.seconds(plannedWork(recipe, heldout), null);
      const reading = (tokens: number) => work.reading(tokens);
      const judging = askedKinds(recipe).every(isInstant)
        ? { seconds: 0, untimed: [] }
        : await (await judgeTimes.get()).ofRun(recipe, heldout, info.name, reading, longest.verdict);
      const seconds = policySeconds === null ? null : policySeconds + judging.seconds;
      const estimate = { ...estimateOf(plan, recipe, info, seconds), untimed: judging.untimed };
      const wrong = await deviceFault();
      if (wrong !== null) return { ...estimate, refused: wrong, field: null };
      const fault = estimate.refused === null ? ((await judgeFault(recipe)) ?? (await adapterFault(recipe))) : null;
      return fault === null ? estimate : { ...estimate, refused: fault.message, field: fault.field };
    } catch (error) {
      return refusal(error);
    }
  }

  /** @throws LabError gpu-error, does-not-fit, judge-failed, and what planning throws */
  async check(recipe: Recipe): Promise<void> {
    const { plans, device, deviceFault, judgeFault } = this.parts;
    const wrong = await deviceFault();
    if (wrong !== null) throw new LabError('gpu-error', wrong, 'Nothing was started.');
    const { plan } = await plans.plan(recipe);
    const { refused } = estimateOf(plan, recipe, await device(), null);
    if (refused !== null)
      throw new LabError('does-not-fit', refused, 'Nothing was allocated. Change the value, then start.');
    const fault = await judgeFault(recipe);
    if (fault !== null) throw new LabError('judge-failed', fault.message, 'Nothing was started.');
  }

  /**
   * As `check`, and whether the recipe's adapter can be used. A run that is resumed needs no such check: its adapters
   * are in its checkpoints.
   * @throws LabError bad-recipe, and what `check` throws
   */
  async checkNew(recipe: Recipe): Promise<void> {
    await this.check(recipe);
    const fault = await this.parts.adapterFault(recipe);
    if (fault) throw badRecipe(fault.message);
  }
}
