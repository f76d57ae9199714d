import { browserGpu, Device } from '../../engine/device';
import { PipelineCache } from '../../engine/kernel';
import { tunedPlan } from '../../engine/tuner';
import { type Tuning, tunerKey, tuningOf, usedChoices } from '../../engine/tuning';
import { BlobSource } from '../../formats/byte-source';
import type { PeftAdapter } from '../../formats/peft';
import { LabError } from '../../lib/errors';
import type { LanguageModel } from '../../model/language-model';
import type { TemplateRenderer } from '../../model/tokenizer/template-renderer';
import { AUTO } from '../../recipe/declare';
import type { Recipe } from '../../recipe/recipe';
import type { DeviceInfo, DeviceReport, SelfTestProgress } from '../../records/device';
import type { ParityFolder, ParityRow } from '../../records/report';
import type { TuningStorage } from '../../storage/key-value/tuning';
import type { OpeningOptions, Policy } from '../../tpo/policy';
import type * as Parity from '../../training/parity/parity';
import { createPolicy } from '../../training/policy';
import { type DeviceTraits, type LongestTexts, planRecipe } from '../../training/recipe-plan';
import type { WorkspacePlan } from '../../training/workspace-plan';
import { chooseLanes } from '../runs/lane-timer';
import { causeOf, guardPolicy } from './guarded-policy';
import type * as SelfTest from './self-test';

export interface EngineParts {
  /** URL of the page. */
  readonly base: string;
  readonly templates: TemplateRenderer;
  readonly tuning: TuningStorage;
  readonly models: {
    /** @throws LabError not-found, bad-file, unsupported-model */
    get(id: string): Promise<LanguageModel>;
    encoder(model: LanguageModel): Pick<Policy, 'encodePrompt'>;
  };
  /** The imported adapters. */
  readonly adapters: {
    /** @throws LabError not-found, bad-file */
    read(id: string): Promise<PeftAdapter>;
  };
  /** @throws LabError no-webgpu, adapter-limits */
  device(): Promise<DeviceInfo>;
  /** Code that runs do not need. */
  readonly load: { selfTest(): Promise<typeof SelfTest>; parity(): Promise<typeof Parity> };
}

/** Opens GPU devices. Every policy has its own device, so that the loss of one device affects nothing else. */
export class Engine {
  constructor(private readonly parts: EngineParts) {}

  /**
   * A policy on a new device, with the recipe's model, its adapters and their initial or imported weights.
   * @param longest the longest texts to make room for
   * @throws LabError not-found, bad-file, unsupported-model, out-of-memory, device-lost, and the signal's reason
   */
  async openPolicy(recipe: Recipe, options: OpeningOptions, longest: LongestTexts): Promise<Policy> {
    return this.open(recipe, options, longest, Number.POSITIVE_INFINITY);
  }

  /** @param mostLanes of a recipe that leaves the number to the run */
  private async open(
    recipe: Recipe,
    options: OpeningOptions,
    longest: LongestTexts,
    mostLanes: number,
  ): Promise<Policy> {
    const { signal, onProgress } = options;
    const { models, adapters } = this.parts;
    const model = await models.get(recipe.model);
    const device = await Device.open(browserGpu());
    let lanes = 1;
    try {
      const cache = new PipelineCache(device);
      const opened = { device, cache, model, recipe, longest };
      lanes = await this.lanesOf(opened, options, mostLanes);
      const plan = await this.tunedPlan(opened, lanes, options);
      const loading = (done: number, total: number) => {
        signal.throwIfAborted();
        onProgress({ phase: 'load', done, total });
      };
      const adapter = (id: string) => adapters.read(id);
      const { speed } = await this.parts.device();
      const created = await createPolicy(device, cache, model, recipe, plan, loading, adapter, speed);
      if (options.runId !== null) await this.keepKernels(options.runId, device, plan);
      const policy = guardPolicy(created, device);
      return {
        ...policy,
        encodePrompt: models.encoder(model).encodePrompt,
        dispose() {
          policy.dispose();
          device.destroy();
        },
      };
    } catch (error) {
      const cause = signal.aborted ? error : await causeOf(error, device);
      device.destroy();
      const full = cause instanceof LabError && cause.code === 'out-of-memory';
      if (full && recipe.lanes === AUTO && lanes > 1) return this.open(recipe, options, longest, lanes / 2);
      throw cause;
    }
  }

  /**
   * Checks a new device, and times the work of a recipe on it.
   * @param longest the longest texts to make room for
   * @throws LabError not-found, bad-file, unsupported-model, out-of-memory, device-lost; the signal's reason
   */
  async selfTest(
    recipe: Recipe,
    longest: LongestTexts,
    onProgress: (progress: SelfTestProgress) => void,
    signal: AbortSignal,
  ): Promise<DeviceReport> {
    const { base, templates, models } = this.parts;
    const [model, info, { selfTest }] = await Promise.all([
      models.get(recipe.model),
      this.parts.device(),
      this.parts.load.selfTest(),
    ]);
    const device = await Device.open(browserGpu());
    try {
      const cache = new PipelineCache(device);
      const folder = new URL(import.meta.env.DEV ? 'e2e/golden/models/llama/' : 'self-test/', base);
      return await selfTest({
        ...{ info, recipe, device, cache, templates, onProgress, signal },
        tuning: tuningOf(device),
        read: (name) => readFile(new URL(name, folder), name),
        weights: model.weights,
        plan: async () => {
          const opened = { device, cache, model, recipe, longest };
          const options = { signal, runId: null, onProgress: () => {} };
          const lanes = await this.lanesOf(opened, options, Number.POSITIVE_INFINITY);
          return this.tunedPlan(opened, lanes, options);
        },
      });
    } catch (error) {
      throw await causeOf(error, device);
    } finally {
      device.destroy();
    }
  }

  /**
   * Compares the engine with the numbers of a folder that PyTorch wrote.
   * @throws LabError bad-file, unsupported-model
   */
  async parity({ url, files, model }: ParityFolder): Promise<readonly ParityRow[]> {
    const { base, templates } = this.parts;
    const device = await Device.open(browserGpu());
    try {
      const { expandWeights, tuning } = traits(device, tuningOf(device));
      const context = { device, cache: new PipelineCache(device), tuning, expand: expandWeights, templates };
      const read = (name: string) => readFile(new URL(name, new URL(url, base)), name);
      const { parity } = await this.parts.load.parity();
      if (model === null) return await parity(context, { names: files, read });
      const blob = await (await get(new URL(model.url, base), model.name)).blob();
      return await parity(context, { names: files, read, model: new BlobSource(model.name, blob) });
    } finally {
      device.destroy();
    }
  }

  /** The number of lanes of a recipe: its own, or the one that decodes fastest here. */
  private async lanesOf(opened: Opened, options: OpeningOptions, most: number): Promise<number> {
    const { recipe } = opened;
    if (recipe.lanes !== AUTO) return recipe.lanes;
    return chooseLanes(opened, this.parts.tuning, (lanes, tuning) => planned(opened, lanes, tuning), options, most);
  }

  /**
   * A plan with the fastest kernels of this device. Each choice is measured once per device and then stored. A run
   * that has been opened on this device keeps its kernels.
   */
  private async tunedPlan(
    opened: Opened,
    lanes: number,
    { runId, signal, onProgress }: OpeningOptions,
  ): Promise<WorkspacePlan> {
    const { device, cache } = opened;
    const { tuning: stored } = this.parts;
    const key = tunerKey(device.name);
    const make = (tuning: Tuning) => planned(opened, lanes, tuning);
    const ofRun = runId === null ? null : await stored.loadRun(runId, key);
    if (ofRun !== null) return make(tuningOf(device, ofRun));
    const known = (await stored.load(key)) ?? {};
    const { plan, choices } = await tunedPlan(device, cache, known, make, ({ bytes }) => ({
      signal,
      onProgress: (done, total) => onProgress({ phase: 'tune', done, total }),
      mostBytes: bytes,
    }));
    if (Object.keys(choices).length > Object.keys(known).length) await stored.save(key, choices);
    return plan;
  }

  /**
   * Stores the kernels that a run uses under its id, because it must not change them: another order of summation gives
   * other bits.
   */
  private async keepKernels(runId: string, device: Device, { decisions, spec }: WorkspacePlan): Promise<void> {
    await this.parts.tuning.saveRun(
      runId,
      tunerKey(device.name),
      usedChoices(decisions.values(), spec.tuning.choices),
    );
  }
}

/** A recipe that is being opened on a device. */
interface Opened {
  readonly device: Device;
  readonly cache: PipelineCache;
  readonly model: LanguageModel;
  readonly recipe: Recipe;
  readonly longest: LongestTexts;
}

const planned = ({ device, model, recipe, longest }: Opened, lanes: number, tuning: Tuning): WorkspacePlan =>
  planRecipe(model, { ...recipe, lanes }, longest, traits(device, tuning));

async function get(address: URL, name: string): Promise<Response> {
  const response = await fetch(address);
  if (!response.ok) throw new LabError('bad-file', `${name} could not be read.`, 'Check the folder.');
  return response;
}

async function readFile(address: URL, name: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await get(address, name)).arrayBuffer());
}

const traits = ({ limits, isSoftware }: Device, tuning: Tuning): DeviceTraits => ({
  maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
  expandWeights: isSoftware,
  tuning,
});
