import { browserGpu, Device } from '../engine/device';
import { PipelineCache } from '../engine/kernel';
import type { Choices } from '../engine/planner';
import { TUNER_VERSION, tune } from '../engine/tuner';
import type { PeftAdapter } from '../formats/peft';
import { LabError } from '../lib/errors';
import { encodeUserMessage, type LanguageModel, openModel } from '../model/language-model';
import { layOutWeights } from '../model/weights';
import type { Recipe } from '../recipe/recipe';
import type { TuningStorage } from '../storage/tuning';
import type { Policy } from '../tpo/policy';
import { RunPrompts } from '../tpo/run-prompts';
import type { Prompt } from '../tpo/types';
import { parity } from '../training/parity/parity';
import { createPolicy } from '../training/policy';
import { type DeviceTraits, planRecipe } from '../training/recipe-plan';
import type { WorkspacePlan } from '../training/workspace';
import { deviceInfo } from './device-info';
import { causeOf, guardPolicy } from './guarded-policy';
import { ModelFiles } from './model-files';
import type { DeviceInfo, ParityFolder, ParityRow } from './protocol';

/** Models, devices and what a recipe asks of them. Every policy has a device of its own, so a lost one takes nothing else with it. */
export class Engine {
  private info: Promise<DeviceInfo> | null = null;
  private model: { readonly name: string; readonly opened: Promise<LanguageModel> } | null = null;

  /** Messages of the model's prompts: a recipe that is being edited asks for the same ones again and again. */
  private readonly encoded = new Map<string, readonly number[]>();

  constructor(
    /** Address of the page. */
    private readonly base: string,
    /** @throws LabError not-found, bad-prompts */
    private readonly prompts: (set: string) => Promise<readonly Prompt[]>,
    private readonly tuning: TuningStorage,
    /** An imported adapter. @throws LabError not-found, bad-file */
    private readonly adapter: (id: string) => Promise<PeftAdapter>,
  ) {}

  /** Measured once. @throws LabError no-webgpu, adapter-limits, device-lost */
  device(): Promise<DeviceInfo> {
    this.info ??= deviceInfo().catch((error: unknown) => {
      this.info = null;
      throw error;
    });
    return this.info;
  }

  /** The last one is kept, its weights as a file. @throws LabError not-found, bad-file, unsupported-model */
  languageModel(name: string): Promise<LanguageModel> {
    if (this.model?.name !== name) {
      const opened = openModel(new ModelFiles(this.base, name));
      opened.catch(() => {
        if (this.model?.opened === opened) this.model = null;
      });
      this.model = { name, opened };
      this.encoded.clear();
    }
    return this.model.opened;
  }

  /** @throws LabError prompt-too-long, bad-prompts, not-found, bad-file, unsupported-model */
  async plan(recipe: Recipe): Promise<{ readonly plan: WorkspacePlan; readonly prompts: RunPrompts }> {
    const model = await this.languageModel(recipe.model);
    const { maxStorageBufferBindingSize, kind } = await this.device();
    const encoder = { contextLength: model.config.context, encodePrompt: async (message: string) => this.encode(model, message) };
    const [all, heldout] = [await this.prompts(recipe.prompts), await this.prompts(recipe.heldout)];
    const prompts = await RunPrompts.encode(encoder, recipe, all, heldout);
    const plan = planRecipe(model, recipe, prompts.longest, traits(maxStorageBufferBindingSize, kind === 'software', {}));
    return { plan, prompts };
  }

  /** @throws LabError what planning throws, out-of-memory, device-lost */
  async openPolicy(recipe: Recipe, onProgress: (done: number, total: number) => void): Promise<Policy> {
    const model = await this.languageModel(recipe.model);
    const { prompts } = await this.plan(recipe);
    const device = await Device.open(browserGpu());
    try {
      const cache = new PipelineCache(device);
      const choices = await this.choices(device, cache, model);
      const fastest = traits(device.limits.maxStorageBufferBindingSize, device.isSoftware, choices);
      const plan = planRecipe(model, recipe, prompts.longest, fastest);
      const created = await createPolicy(device, cache, model, recipe, plan, onProgress, this.adapter);
      const policy = guardPolicy(created, device);
      return {
        ...policy,
        encodePrompt: async (message) => this.encode(model, message),
        dispose() {
          policy.dispose();
          device.destroy();
        },
      };
    } catch (error) {
      const cause = await causeOf(error, device);
      device.destroy();
      throw cause;
    }
  }

  async parity({ url, files }: ParityFolder): Promise<readonly ParityRow[]> {
    const device = await Device.open(browserGpu());
    try {
      const { expandWeights, choices } = traits(device.limits.maxStorageBufferBindingSize, device.isSoftware, {
        reduction: device.isSoftware ? 'serial' : 'workgroup',
      });
      const context = { device, cache: new PipelineCache(device), choices, expand: expandWeights };
      const read = async (name: string): Promise<Uint8Array<ArrayBuffer>> => {
        const response = await fetch(new URL(name, new URL(url, this.base)));
        if (!response.ok) throw new LabError('bad-file', `${name} could not be read.`, 'Check the folder.');
        return new Uint8Array(await response.arrayBuffer());
      };
      return await parity(context, { names: files, read });
    } finally {
      device.destroy();
    }
  }

  /**
   * The kernels that this adapter runs fastest, measured the first time. They must not change within a run: another order of
   * summation is other bits.
   */
  private async choices(device: Device, cache: PipelineCache, model: LanguageModel): Promise<Choices> {
    const { storage } = layOutWeights(model.config, model.weights.tensors, {
      maxStorageBufferBindingSize: device.limits.maxStorageBufferBindingSize,
      expand: device.isSoftware,
    }).model.embedding;
    const adapter = `${device.name}, ${storage}, version ${TUNER_VERSION}`;
    const known = await this.tuning.load(adapter);
    if (known) return known;
    const choices = await tune(device, cache, storage);
    await this.tuning.save(adapter, choices);
    return choices;
  }

  private encode(model: LanguageModel, message: string): readonly number[] {
    const tokens = this.encoded.get(message) ?? encodeUserMessage(model, message);
    this.encoded.set(message, tokens);
    return tokens;
  }
}

/** Only `choices` differ between planning (where they do not matter: they take no memory) and running. */
export function traits(maxStorageBufferBindingSize: number, software: boolean, choices: Choices): DeviceTraits {
  return { maxStorageBufferBindingSize, expandWeights: software, choices };
}
