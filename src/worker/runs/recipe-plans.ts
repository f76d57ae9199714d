import { LabError } from '../../lib/errors';
import type { LanguageModel } from '../../model/language-model';
import { AUTO } from '../../recipe/declare';
import { askedKinds } from '../../recipe/judges/asked';
import { KINDS } from '../../recipe/judges/kinds';
import type { Recipe } from '../../recipe/recipe';
import type { DeviceInfo } from '../../records/device';
import type { Prompt } from '../../records/prompts';
import type { StoredStepTimes } from '../../storage/key-value/tuning';
import { RunPrompts } from '../../tpo/generation/run-prompts';
import { type LongestTexts, planRecipe } from '../../training/recipe-plan';
import type { WorkspacePlan } from '../../training/workspace-plan';
import { planningTraits } from '../device/device-info';
import { machineMemory } from '../device/gpu-memory';
import { load } from '../lazy-modules';
import type { LanguageModels } from '../models/language-models';
import { UnusablePromptSet } from './estimate';

/** A recipe's memory and dispatches on this device, and the encoded prompts that they were planned from. */
export interface RecipePlan {
  readonly plan: WorkspacePlan;
  readonly prompts: RunPrompts;
  readonly longest: LongestTexts;
}

type PlannedDevice = Pick<DeviceInfo, 'name' | 'kind' | 'speed' | 'maxBufferSize' | 'maxStorageBufferBindingSize'>;

export interface PlanningParts {
  /** `get` returns the same object until the model's files change. */
  readonly models: Pick<LanguageModels, 'get' | 'encoder'>;
  /** @throws LabError not-found, bad-prompts */
  prompts(set: string): Promise<readonly Prompt[]>;
  /** @throws LabError no-webgpu, adapter-limits, device-lost */
  device(): Promise<PlannedDevice>;
  /** Times of decode steps on an adapter. They decide the number of lanes where the recipe does not. */
  stepTimes(adapter: string): Promise<StoredStepTimes>;
}

/** The plan of the current recipe, and one for another model whose cost the user compares. */
const PLANS_KEPT = 2;

/**
 * Plans recipes. An estimate, the check before a run and the opening of its policy need the same plan, and making
 * one encodes all prompts and traces the whole model. So the last plans are kept.
 *
 * A kept plan is valid for the same recipe, the same `LanguageModel` and, if it depends on them, the same times of
 * decode steps. Nothing else can change it: the id of a prompt set includes a hash of its rows (both sets are still
 * read each time, because they may have been deleted), the device is measured once, and the weights of an imported
 * adapter are read only when a policy is opened.
 */
export class RecipePlans {
  /** By recipe, the newest last. */
  private readonly kept = new Map<string, { readonly model: LanguageModel; readonly planned: Promise<RecipePlan> }>();

  constructor(private readonly parts: PlanningParts) {}

  /** @throws LabError prompt-too-long, bad-prompts, not-found, bad-file, unsupported-model */
  async plan(recipe: Recipe): Promise<RecipePlan> {
    const model = await this.parts.models.get(recipe.model);
    const device = await this.parts.device();
    const training = await this.promptSet(recipe, 'prompts');
    const heldout = await this.promptSet(recipe, 'heldout');
    const times = recipe.lanes === AUTO ? await this.parts.stepTimes(device.name) : {};
    const key = JSON.stringify([...Object.entries(recipe).sort(([a], [b]) => (a < b ? -1 : 1)), times]);
    const kept = this.kept.get(key);
    const entry =
      kept?.model === model ? kept : { model, planned: this.make(model, recipe, training, heldout, device, times) };
    this.kept.delete(key);
    this.kept.set(key, entry);
    for (const oldest of [...this.kept.keys()].slice(0, -PLANS_KEPT)) this.kept.delete(oldest);
    entry.planned.catch(() => {
      if (this.kept.get(key) === entry) this.kept.delete(key);
    });
    return entry.planned;
  }

  private async make(
    model: LanguageModel,
    recipe: Recipe,
    training: readonly Prompt[],
    heldout: readonly Prompt[],
    device: PlannedDevice,
    stored: StoredStepTimes,
  ): Promise<RecipePlan> {
    const encoder = this.parts.models.encoder(model);
    const prompts = await RunPrompts.encode(encoder, recipe, training, heldout);
    const verdict = askedKinds(recipe).some((kind) => KINDS[kind].model?.source === 'policy')
      ? await (await load.longestVerdict()).longestVerdict(encoder, recipe, prompts.instructions)
      : null;
    const longest = { prompt: prompts.longest, verdict };
    const make = (lanes: number) => planRecipe(model, { ...recipe, lanes }, longest, planningTraits(device));
    if (recipe.lanes !== AUTO) return { plan: make(recipe.lanes), prompts, longest };
    const { expectedPlan } = await load.lanes();
    const plan = expectedPlan({ recipe, limits: device, memory: machineMemory(), make, stored }, device.speed);
    return { plan, prompts, longest };
  }

  private async promptSet(recipe: Recipe, field: 'prompts' | 'heldout'): Promise<readonly Prompt[]> {
    try {
      return await this.parts.prompts(recipe[field]);
    } catch (error) {
      const unusable = error instanceof LabError && (error.code === 'not-found' || error.code === 'bad-prompts');
      throw unusable ? new UnusablePromptSet(field, error) : error;
    }
  }
}
