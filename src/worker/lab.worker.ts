/** The worker: opens the storage and composes the services. */
import { expose } from 'comlink';
import { tunerKey } from '../engine/tuning';
import type { Hub } from '../hub/ask-hub';
import { once } from '../lib/async';
import { encodeUserMessage } from '../model/language-model';
import { WorkerTemplates } from '../model/tokenizer/template-renderer';
import type { Recipe } from '../recipe/recipe';
import { createDeviceReports } from '../storage/key-value/device-reports';
import { createTuningStorage } from '../storage/key-value/tuning';
import { openStorage } from '../storage/storage';
import type { PolicyFactory } from '../tpo/policy';
import { ImportedAdapters } from './adapters/imported-adapters';
import { adapterService } from './adapters/service';
import { type ApiOf, serve } from './api';
import { measureDevice } from './device/device-info';
import { judgesMustFreeMemory } from './device/gpu-memory';
import { SelfTester } from './device/self-tester';
import { deviceService } from './device/service';
import { EventFeed } from './events/event-feed';
import { eventService } from './events/service';
import { exportService } from './exports/service';
import { JudgeLibrary } from './judges/judge-library';
import { judgeService } from './judges/service';
import { judgingService } from './judging/service';
import { load } from './lazy-modules';
import { LanguageModels } from './models/language-models';
import { ModelLibrary } from './models/model-library';
import { modelService } from './models/service';
import { promptService } from './prompts/service';
import { Preflight } from './runs/preflight';
import { RecipePlans } from './runs/recipe-plans';
import { RunController } from './runs/run-controller';
import { runService } from './runs/service';
import { ShortTasks } from './runs/short-tasks';
import { StoredRuns } from './runs/stored-runs';

/** The name of the database, of the locks and of the channel between tabs. */
const SCOPE = 'thinking-lab';
const hub: Hub = { url: 'https://huggingface.co', fetch: (input, init) => fetch(input, init) };

// The script of the worker is in assets/, next to the page; in development, it is below the page's root.
const base = new URL(import.meta.env.DEV ? '/' : '../', self.location.href).href;

/** Every call that the page can make of the worker. */
export type WorkerApi = ApiOf<Awaited<ReturnType<typeof openServices>>>;

expose(serve(openServices()));

async function openServices() {
  const { runs: store, lock, promptSets, models, adapters: adapterStore } = await openStorage(base, SCOPE);
  const now = () => performance.now();
  const prompts = (set: string) => promptSets.get(set);
  const measured = once(measureDevice);
  const device = () => measured.get();
  const templates = new WorkerTemplates();

  const feed = new EventFeed(SCOPE);
  const adapters = new ImportedAdapters(adapterStore);
  const library = new ModelLibrary(base, models, templates);
  const languageModels = new LanguageModels((id) => library.source(id), templates);
  const tuning = createTuningStorage();
  const stepTimes = (adapter: string) => tuning.loadStepTimes(tunerKey(adapter));
  const plans = new RecipePlans({ models: languageModels, prompts, device, stepTimes });
  const engine = once(async () => {
    const { Engine } = await load.engine();
    return new Engine({ base, templates, tuning, models: languageModels, adapters, device, load });
  });
  const openPolicy: PolicyFactory = async (recipe, options) =>
    (await engine.get()).openPolicy(recipe, options, (await plans.plan(recipe)).longest);

  const judges = new JudgeLibrary({ base, store: models, templates, feed, device });
  const judgeTimes = once(async () => new (await load.judgeTimes()).JudgeTimes(store));

  const controller = new RunController(
    {
      ...{ store, prompts, openPolicy, judgesMustFreeMemory, now },
      openJudges: ({ id, recipe }, policy) =>
        judges.openForRun(recipe, {
          runId: id,
          policy,
          onLoading: (state) => feed.emit({ type: 'judge', state }),
        }),
      renewSpending: async (runId) => (await judges.remote.get()).renew(runId),
      emit: (event) => feed.emit(event),
    },
    lock,
  );
  const runs = new StoredRuns(store, lock, controller);
  const tasks = new ShortTasks(lock, () => controller.runId);
  const tester = new SelfTester({
    ...{ engine, plans, device },
    reports: createDeviceReports(navigator.userAgent),
    onProgress: (progress) => feed.emitHere({ type: 'self-test', progress }),
  });
  const preflight = new Preflight({
    ...{ plans, runs, judgeTimes, device },
    deviceFault: () => tester.fault(),
    judgeFault: (recipe) => judges.fault(recipe),
    adapterFault: async (recipe: Recipe) => adapters.fault(recipe, (await languageModels.get(recipe.model)).config),
  });

  return {
    events: eventService({ feed, lock, store }),
    device: deviceService({ engine, device, tester, tasks }),
    runs: runService({
      ...{ store, lock, feed, controller, runs, preflight, tasks, judges, device },
      ...{ openPolicy, prompts, tuning, now },
    }),
    judging: judgingService({
      ...{ store, lock, feed, tasks, judgeTimes, openPolicy, now },
      openJudge: (recipe, context) => judges.open(recipe, context),
      voted: (runId) => controller.voted(runId),
    }),
    judges: judgeService({ judges, runs, tasks }),
    prompts: promptService({
      ...{ sets: promptSets, hub, feed, tasks },
      runs: () => store.list(),
      models: languageModels,
      maker: {
        now,
        model: async (id) => (await library.list()).find((listed) => listed.id === id) ?? library.info(id),
        async encoder(id) {
          const opened = await languageModels.get(id);
          // Requests differ from one batch to the next, so their tokens are not kept.
          return {
            contextLength: opened.config.context,
            encodePrompt: (message, native) => encodeUserMessage(opened, message, native),
          };
        },
        openPolicy: async (...of) => (await engine.get()).openPolicy(...of),
      },
    }),
    models: modelService({ base, hub, store: models, library, languageModels, plans, runs, feed, device }),
    adapters: adapterService(adapters),
    exports: exportService({
      ...{ store, adapters, models: languageModels, device },
      promptSets: () => promptSets.list(),
    }),
  };
}
