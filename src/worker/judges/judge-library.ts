import type { OpenJudge } from '../../judges/judge';
import type { RunJudges } from '../../judges/openers';
import type { JudgeContext, JudgeServices } from '../../judges/opening';
import { once } from '../../lib/async';
import type { TemplateRenderer } from '../../model/tokenizer/template-renderer';
import type { RecipeFault } from '../../recipe/faults';
import { askedKinds } from '../../recipe/judges/asked';
import { KINDS } from '../../recipe/judges/kinds';
import type { Recipe } from '../../recipe/recipe';
import type { DeviceInfo } from '../../records/device';
import type { ModelStore } from '../../storage/models/model-store';
import { storageInfo } from '../../storage/storage-info';
import type { EventFeed } from '../events/event-feed';
import { load } from '../lazy-modules';
import { ModelFiles } from '../models/model-files';

export interface JudgeLibraryParts {
  /** URL of the page. */
  readonly base: string;
  readonly store: ModelStore;
  readonly templates: TemplateRenderer;
  readonly feed: EventFeed;
  /** @throws LabError no-webgpu, adapter-limits, device-lost */
  device(): Promise<DeviceInfo>;
}

/** The judges that a recipe can name, with the state that they share: keys, spending, and WebLLM's models. */
export class JudgeLibrary {
  /** Judges on remote servers. */
  readonly remote = once(async () => (await load.remoteJudges()).openRemoteJudges(this.parts.base));

  readonly webllm = once(async () => {
    const { base, device, feed } = this.parts;
    const [{ WebllmModels }, { createWebllmStorage }] = await Promise.all([load.webllmModels(), load.webllmStorage()]);
    return new WebllmModels({
      storage: createWebllmStorage(),
      base,
      fetch: (input, init) => fetch(input, init),
      device,
      room: storageInfo,
      onProgress: (state) => feed.emitHere({ type: 'judge', state }),
      changed: () => feed.emit({ type: 'models' }),
    });
  });

  private readonly services: JudgeServices;

  constructor(private readonly parts: JudgeLibraryParts) {
    const { base, store, templates, device } = parts;
    this.services = {
      ...{ base, templates, device },
      servedFiles: async (name) => new ModelFiles(base, name),
      storedFiles: async (id, use) => (await load.storedJudges()).storedJudge(store, id, use),
      webllm: () => this.webllm.get(),
      remote: () => this.remote.get(),
    };
  }

  /** The recipe's judge. @throws LabError judge-failed, bad-file, unsupported-model, no-webgpu, adapter-limits */
  async open(recipe: Recipe, context: JudgeContext): Promise<OpenJudge> {
    const { openJudge } = await load.openers();
    return openJudge(recipe.judge, recipe, this.services, context);
  }

  /** The recipe's judge and its evaluation judge. @throws LabError as `open` */
  async openForRun(recipe: Recipe, context: JudgeContext): Promise<RunJudges> {
    const { openRunJudges } = await load.openers();
    return openRunJudges(recipe, this.services, context);
  }

  /** Why the recipe's judges cannot be used here, before any is opened. Null if they can. */
  async fault(recipe: Recipe): Promise<RecipeFault | null> {
    const sources = askedKinds(recipe).map((kind) => KINDS[kind].model?.source);
    if (sources.includes('webllm')) {
      const message = await (await this.webllm.get()).fault(recipe.webllmModel);
      if (message !== null) return { field: 'webllmModel', message };
    }
    if (!sources.includes('stored')) return null;
    return (await load.storedJudges()).judgeFault(this.parts.store, recipe);
  }
}
