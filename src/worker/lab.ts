import type { RunExports } from '../exports/run-exports';
import type { Once } from '../lib/async';
import { LabError, toFailure } from '../lib/errors';
import { badRecipe, parseRecipe, type RecipeFault } from '../recipe/faults';
import type { Recipe } from '../recipe/recipe';
import type { DeviceInfo, Estimate } from '../records/device';
import type { CuratedModel, HubOffer, ModelCosts } from '../records/models';
import type { ParityFolder, ParityRow } from '../records/parity';
import type { RunDetail, RunSummary } from '../records/runs';
import type { LabStorage } from '../storage/storage';
import { storageInfo } from '../storage/storage-info';
import type { ImportedAdapters } from './adapters/imported-adapters';
import type { EventFeed } from './events';
import type { RemoteJudges } from './judges/remote-judges';
import type { WebllmModels } from './judges/webllm-models';
import type { JudgingDesk } from './judging/service';
import type { ModelLibrary } from './models/model-library';
import type { Transfers } from './models/transfers';
import type { PromptDesk } from './prompts/service';
import type { Lab } from './protocol';
import type { DrySampler } from './runs/dry-sampler';
import { nothingRuns } from './runs/nothing-runs';
import type { RunController } from './runs/run-controller';
import { runName } from './runs/run-name';
import { notFound } from './runs/run-not-found';

export interface LabParts {
  readonly storage: LabStorage;
  readonly prompts: Once<PromptDesk>;
  readonly controller: RunController;
  readonly dry: DrySampler;
  readonly adapters: ImportedAdapters;
  readonly library: ModelLibrary;
  readonly feed: EventFeed;
  /** @throws LabError no-webgpu, adapter-limits */
  device(): Promise<DeviceInfo>;
  estimate(recipe: Recipe): Promise<Estimate>;
  /** @throws LabError does-not-fit, and whatever else keeps a recipe from being planned; nothing is allocated */
  check(recipe: Recipe): Promise<void>;
  /** Why a new run cannot begin with the adapter that the recipe names; null where it can. */
  adapterFault(recipe: Recipe): Promise<RecipeFault | null>;
  /** @throws LabError bad-file, unsupported-model */
  parity(folder: ParityFolder): Promise<readonly ParityRow[]>;
  /** Loaded when they are first asked for. */
  exports(): Promise<RunExports>;
  transfers(): Promise<Transfers>;
  remote(): Promise<RemoteJudges>;
  readonly judging: Once<JudgingDesk>;
  readonly webllm: Once<WebllmModels>;
  /** @throws LabError not-found, gated, hub-unreachable, hub-failed, unsupported-model */
  lookUp(reference: string, token: string | null): Promise<HubOffer>;
  modelCosts(recipe: Recipe): Promise<ModelCosts>;
  curated(): Promise<readonly CuratedModel[]>;
  /** A model's files are gone. */
  forget(id: string): void;
  /** Looks whether another tab runs something. */
  look(): void;
}

/** The lab's calls on what is stored, what runs, and the engine. */
export function createLab(parts: LabParts): Lab {
  const { storage, prompts, controller, dry, adapters, library, feed } = parts;
  const { runs: store, lock } = storage;

  const { judging, webllm } = parts;
  const stopMaking = async () => (await prompts.begun())?.cancelMakePrompts();
  const stopJudging = async () => (await judging.begun())?.giveWay();
  /** Before a run begins: whatever holds a policy of its own is given up. */
  const stopOthers = () => Promise.all([dry.cancel(), stopMaking(), stopJudging()]);

  /** What a run that nobody runs any more left as its status is not what it is. */
  const asItIs = async (run: RunSummary): Promise<RunSummary> => {
    if (run.status !== 'running' && run.status !== 'paused') return run;
    const holder = await lock.holder();
    return holder?.runId === run.id ? run : { ...run, ...controller.endOf(run.id) };
  };

  const detail = async (runId: string): Promise<RunDetail> => {
    const found = await store.detail(runId);
    if (!found) throw notFound();
    const { bestIterations } = await import('../tpo/evaluation/best-checkpoint');
    const summary = await asItIs(found.summary);
    return {
      ...found,
      summary,
      best: bestIterations(found.evaluations),
      progress: controller.runId === runId ? controller.progress : null,
    };
  };

  /** @throws LabError bad-recipe, does-not-fit, and whatever else keeps it from being planned */
  const startable = async (recipe: Recipe): Promise<void> => {
    await parts.check(recipe);
    // Only here: a run that has begun carries the adapter in its checkpoints.
    const fault = await parts.adapterFault(recipe);
    if (fault) throw badRecipe(fault.message);
  };

  /** @throws LabError running-elsewhere. @param why it waits, as a sentence's second half */
  const withoutRun = (why: string): Promise<void> => nothingRuns(lock, controller.runId, why);

  return {
    async device() {
      try {
        return { ok: true, device: await parts.device() };
      } catch (error) {
        return { ok: false, failure: toFailure(error) };
      }
    },

    async listen(listener) {
      feed.listen(listener);
      parts.look();
    },

    estimate: (recipe) => parts.estimate(parseRecipe(recipe)),
    promptSets: () => storage.promptSets.list(),
    importPrompts: async (name, jsonl) => (await prompts.get()).importPrompts(name, jsonl),
    promptRows: async (id) => (await prompts.get()).promptRows(id),
    renamePromptSet: async (id, name) => (await prompts.get()).renamePromptSet(id, name),
    mayDeletePromptSet: async (id) => (await prompts.get()).mayDeletePromptSet(id),
    deletePromptSet: async (id) => (await prompts.get()).deletePromptSet(id),
    exportPromptSet: async (id) => (await prompts.get()).exportPromptSet(id),
    promptLengths: async (set, model) => (await prompts.get()).promptLengths(set, model),
    readPrompts: async (source) => (await prompts.get()).readPrompts(source),
    readPromptsAs: async (format) => (await prompts.get()).readPromptsAs(format),
    previewPrompts: async (plan) => (await prompts.get()).previewPrompts(plan),
    importMapped: async (name, plan) => (await prompts.get()).importMapped(name, plan),
    closePrompts: async () => (await prompts.begun())?.closePrompts(),
    lookUpDataset: async (reference, token) => (await prompts.get()).lookUpDataset(reference, token),
    fetchDataset: async (offer, file, token) => (await prompts.get()).fetchDataset(offer, file, token),
    makePrompts: async (wish) => (await prompts.get()).makePrompts(wish),
    cancelMakePrompts: stopMaking,
    keepPrompts: async (name, instructions, how) => (await prompts.get()).keepPrompts(name, instructions, how),

    async drySample(wanted) {
      const recipe = parseRecipe(wanted);
      return dry.take(recipe, async () => {
        await startable(recipe);
        await Promise.all([stopMaking(), stopJudging()]);
        await withoutRun('a dry sample would only slow both down');
      });
    },
    cancelDrySample: () => dry.cancel(),

    tryJudge: async (wanted, trial) => (await judging.get()).trials.take(parseRecipe(wanted), trial),
    cancelTrial: async () => (await judging.begun())?.trials.cancel(),

    async start(wanted) {
      const recipe = parseRecipe(wanted);
      const { name: device } = await parts.device();
      await startable(recipe);
      await stopOthers();
      const created = Date.now();
      const run: RunSummary = {
        id: crypto.randomUUID(),
        name: runName(recipe, await store.list()),
        created,
        updated: created,
        status: 'running',
        recipe,
        device,
        bytes: 0,
        iterations: 0,
        failure: null,
      };
      return controller.begin(run.id, async () => {
        await store.create(run);
        return run;
      });
    },

    async resume(runId) {
      const run = await store.get(runId);
      if (!run) throw notFound();
      await parts.check(run.recipe);
      await stopOthers();
      return controller.begin(runId, async () => {
        // Who goes on with a run that has spent what it may allows as much again; another tab may have done so meanwhile.
        const { failure } = (await store.get(runId)) ?? run;
        if (failure?.code === 'judge-limit') await (await parts.remote()).renew(runId);
        await store.update(runId, { status: 'running', failure: null, updated: Date.now() });
        return { ...run, status: 'running', failure: null };
      });
    },

    pause: async () => controller.pause(),
    unpause: async () => controller.unpause(),
    stepOnce: () => controller.stepOnce(),
    stop: () => controller.stop(),

    async current() {
      const holder = await lock.holder();
      const [last] = [...(await store.list())].sort((a, b) => b.updated - a.updated);
      const runId = controller.runId ?? holder?.runId ?? last?.id;
      return runId === undefined ? null : detail(runId);
    },

    runs: async () => Promise.all((await store.list()).map(asItIs)),
    run: detail,
    rollouts: (runId, filter) => store.rollouts(runId, filter),

    async renameRun(runId, name) {
      await store.update(runId, { name });
      const run = await store.get(runId);
      if (run) feed.emit({ type: 'run', run: await asItIs(run) });
    },

    async deleteRun(runId) {
      if ((await lock.holder())?.runId === runId) {
        throw new LabError('running-elsewhere', 'This run is running.', 'Stop it first, then delete it.');
      }
      await store.delete(runId);
      await (await parts.remote()).forgetRun(runId);
    },

    ballots: async (runId) => (await judging.get()).ballots.ballots(runId),
    vote: async (runId, ballot, vote) => (await judging.get()).ballots.vote(runId, ballot, vote),
    undoVote: async (runId) => (await judging.get()).ballots.undo(runId),

    async rejudge(runId, place, wanted) {
      const recipe = parseRecipe(wanted);
      const holder = await lock.holder();
      if (holder?.here === false) {
        throw new LabError('running-elsewhere', 'A run is running in another tab.', 'Stop it first, or let it end.');
      }
      return (await judging.get()).rejudger.judge(runId, place, recipe);
    },
    cancelRejudge: async () => (await judging.begun())?.rejudger.cancel(),
    rejudgements: (runId) => store.rejudgements(runId),
    rejudgedPairs: (runId, id) => store.rejudgedPairs(runId, id),
    rejudgedWords: (runId, id, position) => store.rejudgedWords(runId, id, position),
    deleteRejudgement: (runId, id) => store.deleteRejudgement(runId, id),
    editPair: async (runId, place, pair) => (await judging.get()).pairs.edit(runId, place, pair),
    pairEdits: async (runId) => (await judging.get()).pairs.edits(runId),

    exportAdapter: async (runId, arm, iteration) => (await parts.exports()).adapter(runId, arm, iteration),
    keepAdapter: async (runId, arm, iteration) => {
      const { name, files } = await (await parts.exports()).files(runId, arm, iteration);
      return adapters.keep(name, files);
    },
    importAdapter: (files) => adapters.add(files.map((file) => ({ ...file, bytes: Uint8Array.from(file.bytes) }))),
    adapters: () => adapters.list(),
    deleteAdapter: (id) => adapters.delete(id),
    exportImportedAdapter: (id) => adapters.zip(id),
    exportPairs: async (runId) => (await parts.exports()).pairs(runId),
    exportMetrics: async (runId) => (await parts.exports()).metrics(runId),
    exportEvaluations: async (runId) => (await parts.exports()).evaluations(runId),
    report: async (runId) => (await parts.exports()).report(runId),
    parity: (folder) => parts.parity(folder),

    models: () => library.list(),
    modelCosts: (id, recipe) => parts.modelCosts({ ...parseRecipe(recipe), model: id }),
    curatedModels: () => parts.curated(),
    lookUpModel: (reference, token) => parts.lookUp(reference, token),
    downloads: async () => (await parts.transfers()).list(),
    download: async (offer, choice, token) => (await parts.transfers()).download(offer, choice, token),
    pauseDownload: async (id) => (await parts.transfers()).pause(id),
    continueDownload: async (id, token) => (await parts.transfers()).goOn(id, token),
    cancelDownload: async (id) => (await parts.transfers()).cancel(id),
    addLocalModel: async (files) => library.info(await (await parts.transfers()).addLocal(files)),

    async deleteModel(id) {
      const running = await lock.holder();
      const recipe = running === null ? undefined : (await store.get(running.runId))?.recipe;
      if (recipe !== undefined && [recipe.model, recipe.onnxModel, recipe.similarityModel].includes(id)) {
        throw new LabError(
          'running-elsewhere',
          'A run uses this model.',
          'Stop the run first, then delete the model.',
        );
      }
      await library.delete(id);
      parts.forget(id);
      feed.emit({ type: 'models' });
    },

    setRemoteAccess: async (url, access, remember) => (await parts.remote()).setAccess(url, access, remember),
    remoteAccess: async (url) => (await parts.remote()).about(url),
    remoteModels: async (url) => (await parts.remote()).models(url),
    webllmModels: async () => (await webllm.get()).list(),
    webllmModelSize: async (id) => (await webllm.get()).size(id),
    addWebllmModel: async (record) => (await webllm.get()).add(record),
    async fetchWebllmModel(id) {
      await withoutRun('the model is loaded once, and the run needs the memory');
      await (await webllm.get()).fetch(id);
    },
    cancelWebllmFetch: async () => (await webllm.begun())?.cancel(),
    async deleteWebllmModel(id) {
      const running = await lock.holder();
      if (running !== null && (await store.get(running.runId))?.recipe.webllmModel === id) {
        throw new LabError(
          'running-elsewhere',
          'A run uses this model.',
          'Stop the run first, then delete the model.',
        );
      }
      await (await webllm.get()).delete(id);
    },

    storage: storageInfo,
    // Only a page can ask the browser to keep its storage: there `persist` is replaced.
    persist: storageInfo,
  };
}
