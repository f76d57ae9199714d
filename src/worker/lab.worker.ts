/** The worker: the one composition of storage, engine, judges and loop, behind `Lab`. */
import { expose } from 'comlink';
import type { Hub } from '../hub/ask-hub';
import { openJudge, openRunJudges } from '../judges/openers';
import type { JudgeServices } from '../judges/opening';
import { once } from '../lib/async';
import { at } from '../lib/at';
import { LabError } from '../lib/errors';
import { WorkerTemplates } from '../model/template-renderer';
import type { RecipeFault } from '../recipe/faults';
import { askedKinds, isInstant } from '../recipe/judges/asked';
import { KINDS } from '../recipe/judges/kinds';
import type { Recipe } from '../recipe/recipe';
import type { CuratedModel } from '../records/models';
import type { RunDetail } from '../records/runs';
import { createTuningStorage } from '../storage/key-value/tuning';
import { openStorage } from '../storage/storage';
import { storageInfo } from '../storage/storage-info';
import { plannedWork } from '../tpo/progress/time-left';
import type { RunStore } from '../tpo/store';
import { ImportedAdapters } from './adapters/imported-adapters';
import { Engine, traits } from './device/engine';
import { judgesYield } from './device/gpu-memory';
import { openDoor } from './door';
import { EventFeed } from './events';
import type { RemoteJudges } from './judges/remote-judges';
import { createLab } from './lab';
import { modelCosts } from './models/model-costs';
import { ModelFiles } from './models/model-files';
import { ModelLibrary } from './models/model-library';
import type { Transfers } from './models/transfers';
import type { Lab } from './protocol';
import { DrySampler } from './runs/dry-sampler';
import { estimateOf, estimateWork, refusal } from './runs/estimate';
import { nothingRuns } from './runs/nothing-runs';
import { Elsewhere } from './runs/other-tab';
import { RunController } from './runs/run-controller';
import { notFound } from './runs/run-not-found';
import type { RunServices } from './runs/run-session';

const SCOPE = 'thinking-lab';
const hub: Hub = { url: 'https://huggingface.co', fetch: (input, init) => fetch(input, init) };

// The worker's own file lies in assets/ beside the page, and in development below its root.
const base = new URL(import.meta.env.DEV ? '/' : '../', self.location.href).href;

expose(openDoor(openLab()));

async function openLab(): Promise<Lab> {
  const storage = await openStorage(base, SCOPE);
  const { runs: store, lock, promptSets } = storage;
  const promptsOf = (set: string) => promptSets.get(set);
  const adapters = new ImportedAdapters(storage.adapters);
  const templates = new WorkerTemplates();
  const library = new ModelLibrary(base, storage.models, templates);
  const engine = new Engine(
    base,
    (id) => library.source(id),
    templates,
    promptsOf,
    createTuningStorage(),
    (id) => adapters.read(id),
  );
  const judgeFault = async (recipe: Recipe): Promise<RecipeFault | null> => {
    const sources = askedKinds(recipe).map((kind) => KINDS[kind].model?.source);
    const message = sources.includes('webllm') ? await (await webllm.get()).fault(recipe.webllmModel) : null;
    if (message !== null) return { field: 'webllmModel', message };
    return sources.includes('stored')
      ? (await import('./judges/stored-judges')).judgeFault(storage.models, recipe)
      : null;
  };
  const adapterFault = async (recipe: Recipe) =>
    adapters.fault(recipe, (await engine.languageModel(recipe.model)).config);

  const feed = new EventFeed(SCOPE, () => void elsewhere.look());
  const elsewhere = new Elsewhere(lock, async (runId, before) => {
    const run = before === null ? null : await store.get(before);
    // It ended without a word: its tab was closed or crashed.
    if (run?.status === 'running' || run?.status === 'paused')
      feed.tell({ type: 'run', run: { ...run, status: 'stopped' } });
    feed.tell({ type: 'elsewhere', runId });
  });

  const device = () => engine.device();
  const judgeServices: JudgeServices = {
    base,
    device,
    templates,
    servedFiles: async (name) => new ModelFiles(base, name),
    storedFiles: async (id, use) => (await import('./judges/stored-judges')).storedJudge(storage.models, id, use),
    webllm: () => webllm.get(),
    remote: () => remote(),
  };
  const services: RunServices = {
    store,
    prompts: promptsOf,
    openPolicy: (recipe, onProgress) => engine.openPolicy(recipe, onProgress),
    openJudges: (run, policy) =>
      openRunJudges(run.recipe, judgeServices, {
        runId: run.id,
        policy,
        onLoading: (state) => feed.emit({ type: 'judge', state }),
      }),
    renewSpending: async (runId) => (await remote()).renew(runId),
    judgesYield,
    emit: (event) => feed.emit(event),
    now: () => performance.now(),
  };
  const controller = new RunController(services, lock);
  const dry = new DrySampler({ ...services, tell: (progress) => feed.tell({ type: 'dry-sample', progress }) });
  const exports = async () => {
    const { RunExports } = await import('../exports/run-exports');
    return new RunExports({
      store,
      detail: async (id) => {
        const found = await store.detail(id);
        if (!found) throw notFound();
        return found;
      },
      promptSets: () => promptSets.list(),
      model: (id) => engine.languageModel(id),
      device,
    });
  };

  let loading: Promise<Transfers> | null = null;
  const transfers = () => {
    loading ??= import('./models/transfers').then(
      ({ Transfers: Loaded }) =>
        new Loaded({
          store: storage.models,
          hub,
          emit: (event) => feed.emit(event),
          describe: (model) => library.describe(model),
        }),
    );
    loading.catch(() => {
      loading = null;
    });
    return loading;
  };

  const judgeTimes = once(async () => {
    const { JudgeTimes } = await import('./judging/judge-times');
    return new JudgeTimes(store);
  });

  const judging = once(async () => {
    const { JudgingDesk: Loaded } = await import('./judging/service');
    return new Loaded({
      store,
      openPolicy: services.openPolicy,
      openJudge: (recipe, context) => openJudge(recipe.judge, recipe, judgeServices, context),
      async idle() {
        await Promise.all([dry.cancel(), prompts.begun().then((desk) => desk?.cancelMakePrompts())]);
        await nothingRuns(lock, controller.runId, 'this judge needs the model for itself');
      },
      emit: (event) => feed.emit(event),
      tell: (state) => feed.tell({ type: 'judge', state }),
      progress: (done, total) => feed.tell({ type: 'rejudge', done, total }),
      voted: (runId) => controller.voted(runId),
      timed: async (recipe, secondsPerQuestion) => (await judgeTimes.get()).put(recipe, secondsPerQuestion),
      now: services.now,
    });
  });

  let remoteJudges: Promise<RemoteJudges> | null = null;
  const remote = () => {
    remoteJudges ??= import('./judges/remote-judges').then(({ openRemoteJudges }) => openRemoteJudges(base));
    remoteJudges.catch(() => {
      remoteJudges = null;
    });
    return remoteJudges;
  };

  const webllm = once(async () => {
    const [{ WebllmModels: Loaded }, { createWebllmStorage }] = await Promise.all([
      import('./judges/webllm-models'),
      import('../storage/key-value/webllm'),
    ]);
    return new Loaded({
      storage: createWebllmStorage(),
      base,
      fetch: (input, init) => fetch(input, init),
      device,
      room: storageInfo,
      tell: (state) => feed.tell({ type: 'judge', state }),
      changed: () => feed.emit({ type: 'models' }),
    });
  });

  const prompts = once(async () => {
    const { openPromptDesk } = await import('./prompts/service');
    return openPromptDesk({
      sets: promptSets,
      hub,
      tell: (progress) => feed.tell({ type: 'prompts', progress }),
      runs: () => store.list(),
      language: (id) => engine.languageModel(id),
      maker: {
        model: async (id) => (await library.list()).find((model) => model.id === id) ?? library.info(id),
        encoder: (id) => engine.encoder(id),
        prompts: promptsOf,
        openPolicy: (recipe, onProgress, longest) => engine.openPolicy(recipe, onProgress, longest),
        check: async () => {
          await Promise.all([dry.cancel(), judging.begun().then((desk) => desk?.giveWay())]);
          await nothingRuns(lock, controller.runId, 'making prompts would only slow both down');
        },
        now: services.now,
      },
    });
  });

  return createLab({
    storage,
    prompts,
    judging,
    library,
    transfers,
    remote,
    webllm,
    controller,
    dry,
    exports,
    adapters,
    feed,
    device,
    async estimate(recipe) {
      try {
        const { plan, prompts, longest } = await engine.plan(recipe);
        const info = await device();
        const heldout = prompts.heldout(at(recipe.arms, 0)).length;
        const work = estimateWork(plan, recipe, info, await lastLike(store, recipe, info.name));
        const own = work.seconds(plannedWork(recipe, heldout), null);
        const reading = (tokens: number) => work.reading(tokens);
        const judging = askedKinds(recipe).every(isInstant)
          ? { seconds: 0, untimed: [] }
          : await (await judgeTimes.get()).ofRun(recipe, heldout, info.name, reading, longest.verdict);
        const seconds = own === null ? null : own + judging.seconds;
        const estimate = { ...estimateOf(plan, recipe, info, seconds), untimed: judging.untimed };
        const fault = estimate.refused === null ? ((await judgeFault(recipe)) ?? (await adapterFault(recipe))) : null;
        return fault === null ? estimate : { ...estimate, refused: fault.message, field: fault.field };
      } catch (error) {
        return refusal(error);
      }
    },
    async check(recipe) {
      const { plan } = await engine.plan(recipe);
      const { refused } = estimateOf(plan, recipe, await device(), null);
      if (refused !== null)
        throw new LabError('does-not-fit', refused, 'Nothing was allocated. Change the value, then start.');
      const fault = await judgeFault(recipe);
      if (fault !== null) throw new LabError('judge-failed', fault.message, 'Nothing was started.');
    },
    adapterFault,
    lookUp: async (reference, token) => (await import('../hub/look-up')).lookUp(hub, reference, token),
    async modelCosts(recipe) {
      try {
        const [model, { longest }, limits] = [
          await engine.languageModel(recipe.model),
          await engine.plan(recipe),
          await device(),
        ];
        const planning = traits(limits.maxStorageBufferBindingSize, limits.kind === 'software', {});
        return modelCosts(model, recipe, longest, { traits: planning, limits });
      } catch (error) {
        return { generation: 0, training: 0, trainingCheckpointed: 0, refused: refusal(error).refused };
      }
    },
    curated: () => curated(engine),
    forget: (id) => engine.forget(id),
    parity: (folder) => engine.parity(folder),
    look: () => void elsewhere.look(),
  });
}

/** The last run of this model on this device that measured anything. */
async function lastLike(store: RunStore, { model }: Recipe, device: string): Promise<RunDetail | null> {
  const runs = (await store.list()).filter((run) => run.recipe.model === model && run.device === device);
  for (const { id } of runs.slice(0, 3)) {
    const detail = await store.detail(id);
    if (detail && detail.evaluations.length > 0) return detail;
  }
  return null;
}

/** Without a device, as one with two gigabytes a buffer would plan: the list is there to be read. */
async function curated(engine: Engine): Promise<readonly CuratedModel[]> {
  const limits = await engine
    .device()
    .catch(() => ({ maxBufferSize: 2 ** 31, maxStorageBufferBindingSize: 2 ** 31 - 4, kind: 'fast' }));
  const response = await fetch(new URL('models/curated.json', base)).catch(() => null);
  if (!response?.ok)
    throw new LabError(
      'not-found',
      'The list of models could not be fetched.',
      'Check the connection, then try again.',
    );
  const planning = traits(limits.maxStorageBufferBindingSize, limits.kind === 'software', {});
  const { curatedModels } = await import('./models/curated');
  return curatedModels(await response.json(), { traits: planning, limits });
}
