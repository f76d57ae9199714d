import { browserGpu, Device } from '../engine/device';
import { PipelineCache } from '../engine/kernel';
import { LabError } from '../lib/errors';
import { encodeUserMessage, type LanguageModel, openModel } from '../model/language-model';
import type { Recipe } from '../recipe/recipe';
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
  async plan(recipe: Recipe): Promise<WorkspacePlan> {
    const model = await this.languageModel(recipe.model);
    const { maxStorageBufferBindingSize, kind } = await this.device();
    return planRecipe(
      model,
      recipe,
      await this.longestPrompt(model, recipe),
      traits(maxStorageBufferBindingSize, kind === 'software'),
    );
  }

  /** @throws LabError what planning throws, out-of-memory, device-lost */
  async openPolicy(recipe: Recipe, onProgress: (done: number, total: number) => void): Promise<Policy> {
    const model = await this.languageModel(recipe.model);
    const plan = await this.plan(recipe);
    const device = await Device.open(browserGpu());
    try {
      const created = await createPolicy(device, new PipelineCache(device), model, recipe, plan, onProgress);
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
      const { expandWeights, choices } = traits(device.limits.maxStorageBufferBindingSize, device.isSoftware);
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

  private encode(model: LanguageModel, message: string): readonly number[] {
    const tokens = this.encoded.get(message) ?? encodeUserMessage(model, message);
    this.encoded.set(message, tokens);
    return tokens;
  }

  private async longestPrompt(model: LanguageModel, recipe: Recipe): Promise<number> {
    const encoder = { contextLength: model.config.context, encodePrompt: async (message: string) => this.encode(model, message) };
    const [prompts, heldout] = [await this.prompts(recipe.prompts), await this.prompts(recipe.heldout)];
    return (await RunPrompts.encode(encoder, recipe, prompts, heldout)).longest;
  }
}

/** What this adapter runs fastest. It must not change within a run: another order of summation is other bits. */
function traits(maxStorageBufferBindingSize: number, software: boolean): DeviceTraits {
  return { maxStorageBufferBindingSize, expandWeights: software, choices: { reduction: software ? 'serial' : 'workgroup' } };
}
