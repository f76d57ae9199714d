import { browserGpu, Device } from '../../engine/device';
import { PipelineCache } from '../../engine/kernel';
import type { Choices } from '../../engine/planner';
import { TUNER_VERSION, tune } from '../../engine/tuner';
import { BlobSource } from '../../formats/byte-source';
import type { PeftAdapter } from '../../formats/peft';
import { LabError } from '../../lib/errors';
import { encodeUserMessage, type LanguageModel, type ModelSource, openModel } from '../../model/language-model';
import type { TemplateRenderer } from '../../model/template-renderer';
import { layOutWeights, weightStorages } from '../../model/weights';
import { askedKinds } from '../../recipe/judges/asked';
import { KINDS } from '../../recipe/judges/kinds';
import type { Recipe } from '../../recipe/recipe';
import type { DeviceInfo } from '../../records/device';
import type { ParityFolder, ParityRow } from '../../records/parity';
import type { Prompt } from '../../records/prompts';
import type { TuningStorage } from '../../storage/key-value/tuning';
import { type PromptEncoder, RunPrompts } from '../../tpo/generation/run-prompts';
import type { Policy } from '../../tpo/policy';
import { createPolicy } from '../../training/policy';
import { type DeviceTraits, type LongestTexts, planRecipe } from '../../training/recipe-plan';
import type { WorkspacePlan } from '../../training/workspace';
import { setOf } from '../runs/recipe-sets';
import { deviceInfo } from './device-info';
import { causeOf, guardPolicy } from './guarded-policy';

/** Widest weight that the autotuner times: a wider one behaves alike and takes longer. */
const TUNED_WIDTH = 2048;

/** The recipe's, and one whose costs are looked at: a large vocabulary takes 100 MB. */
const MODELS_KEPT = 2;

/** What a recipe asks of this device, and of what texts that was worked out. */
export interface Planned {
  readonly plan: WorkspacePlan;
  readonly prompts: RunPrompts;
  readonly longest: LongestTexts;
}

/** Models, devices and what a recipe asks of them. Every policy has a device of its own, so a lost one takes nothing else with it. */
export class Engine {
  private info: Promise<DeviceInfo> | null = null;
  /** By id: the last few, their weights as files. */
  private readonly models = new Map<string, Promise<LanguageModel>>();

  /** Messages of a model's prompts: a recipe that is being edited asks for the same ones again and again. */
  private readonly encoded = new WeakMap<LanguageModel, Map<string, Promise<readonly number[]>>>();

  constructor(
    /** Address of the page. */
    private readonly base: string,
    /** Files of a model, by its id. @throws LabError not-found */
    private readonly source: (id: string) => Promise<ModelSource>,
    private readonly templates: TemplateRenderer,
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

  /** @throws LabError not-found, bad-file, unsupported-model */
  languageModel(id: string): Promise<LanguageModel> {
    const opened = this.models.get(id) ?? this.source(id).then((source) => openModel(source, this.templates));
    // The newest stands last.
    this.models.delete(id);
    this.models.set(id, opened);
    opened.catch(() => {
      if (this.models.get(id) === opened) this.models.delete(id);
    });
    for (const oldest of [...this.models.keys()].slice(0, -MODELS_KEPT)) this.models.delete(oldest);
    return opened;
  }

  /** Its files are gone, or have changed. */
  forget(id: string): void {
    this.models.delete(id);
  }

  /** @throws LabError prompt-too-long, bad-prompts, not-found, bad-file, unsupported-model */
  async plan(recipe: Recipe): Promise<Planned> {
    const model = await this.languageModel(recipe.model);
    const { maxStorageBufferBindingSize, kind } = await this.device();
    const encodePrompt = (message: string, native: boolean) => this.encode(model, message, native);
    const encoder = { contextLength: model.config.context, encodePrompt };
    const all = await setOf(this.prompts, recipe, 'prompts');
    const heldout = await setOf(this.prompts, recipe, 'heldout');
    const prompts = await RunPrompts.encode(encoder, recipe, all, heldout);
    const verdict = askedKinds(recipe).some((kind) => KINDS[kind].model?.source === 'policy')
      ? await (await import('../runs/longest-verdict')).longestVerdict(encoder, recipe, prompts.instructions)
      : null;
    const longest = { prompt: prompts.longest, verdict };
    const plan = planRecipe(model, recipe, longest, traits(maxStorageBufferBindingSize, kind === 'software', {}));
    return { plan, prompts, longest };
  }

  /** @throws LabError not-found, bad-file, unsupported-model */
  async encoder(id: string): Promise<PromptEncoder> {
    const model = await this.languageModel(id);
    return {
      contextLength: model.config.context,
      encodePrompt: (message, native) => encodeUserMessage(model, message, native),
    };
  }

  /**
   * @param given where they are none of the recipe's
   * @throws LabError what planning throws, out-of-memory, device-lost
   */
  async openPolicy(
    recipe: Recipe,
    onProgress: (done: number, total: number) => void,
    given?: LongestTexts,
  ): Promise<Policy> {
    const model = await this.languageModel(recipe.model);
    const longest = given ?? (await this.plan(recipe)).longest;
    const device = await Device.open(browserGpu());
    try {
      const cache = new PipelineCache(device);
      const choices = await this.choices(device, cache, model);
      const fastest = traits(device.limits.maxStorageBufferBindingSize, device.isSoftware, choices);
      const plan = planRecipe(model, recipe, longest, fastest);
      const created = await createPolicy(device, cache, model, recipe, plan, onProgress, this.adapter);
      const policy = guardPolicy(created, device);
      return {
        ...policy,
        encodePrompt: (message, native) => this.encode(model, message, native),
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

  async parity({ url, files, model }: ParityFolder): Promise<readonly ParityRow[]> {
    const device = await Device.open(browserGpu());
    try {
      const { expandWeights, choices } = traits(device.limits.maxStorageBufferBindingSize, device.isSoftware, {
        reduction: device.isSoftware ? 'serial' : 'workgroup',
      });
      const context = {
        device,
        cache: new PipelineCache(device),
        choices,
        expand: expandWeights,
        templates: this.templates,
      };
      const get = async (name: string, address: URL): Promise<Response> => {
        const response = await fetch(address);
        if (!response.ok) throw new LabError('bad-file', `${name} could not be read.`, 'Check the folder.');
        return response;
      };
      const read = async (name: string): Promise<Uint8Array<ArrayBuffer>> =>
        new Uint8Array(await (await get(name, new URL(name, new URL(url, this.base)))).arrayBuffer());
      const { parity } = await import('../../training/parity/parity');
      if (model === null) return await parity(context, { names: files, read });
      const blob = await (await get(model.name, new URL(model.url, this.base))).blob();
      return await parity(context, { names: files, read, model: new BlobSource(model.name, blob) });
    } finally {
      device.destroy();
    }
  }

  /**
   * The kernels that this adapter runs fastest, measured the first time. They must not change within a run: another order of
   * summation is other bits.
   */
  private async choices(device: Device, cache: PipelineCache, model: LanguageModel): Promise<Choices> {
    const { config, weights } = model;
    const layout = layOutWeights(config, weights.tensors, {
      maxStorageBufferBindingSize: device.limits.maxStorageBufferBindingSize,
      expand: device.isSoftware,
    });
    const storages = weightStorages(layout.model);
    const shape = { inputs: Math.min(config.hidden, TUNED_WIDTH), outputs: Math.min(config.ffn, TUNED_WIDTH) };
    const key = `${device.name}, ${storages.join(' ')}, ${shape.inputs} × ${shape.outputs}, version ${TUNER_VERSION}`;
    const known = await this.tuning.load(key);
    if (known) return known;
    const choices = await tune(device, cache, storages, shape);
    await this.tuning.save(key, choices);
    return choices;
  }

  private encode(model: LanguageModel, message: string, native: boolean): Promise<readonly number[]> {
    const known = this.encoded.get(model) ?? new Map<string, Promise<readonly number[]>>();
    this.encoded.set(model, known);
    const key = `${native} ${message}`;
    const tokens = known.get(key) ?? encodeUserMessage(model, message, native);
    known.set(key, tokens);
    tokens.catch(() => known.delete(key));
    return tokens;
  }
}

/** Only `choices` differ between planning (where they do not matter: they take no memory) and running. */
export function traits(maxStorageBufferBindingSize: number, software: boolean, choices: Choices): DeviceTraits {
  return { maxStorageBufferBindingSize, expandWeights: software, choices };
}
