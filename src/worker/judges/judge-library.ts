import type { OpenJudge } from '../../judges/judge';
import { once } from '../../lib/once';
import type { TemplateRenderer } from '../../model/template-renderer';
import type { RecipeFault } from '../../recipe/check-recipe';
import { judgesOf } from '../../recipe/panel';
import type { Recipe } from '../../recipe/recipe';
import type { DeviceInfo } from '../../records/device';
import type { ModelStore } from '../../storage/models';
import { storageInfo } from '../../storage/storage-info';
import type { EventFeed } from '../events/event-feed';
import { load } from '../lazy-modules';
import type { RunJudges } from '../runs/run-session';
import { type JudgeContext, type JudgeParts, openJudge, openRunJudges } from './open-judge';

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
      tell: (state) => feed.emitHere({ type: 'judge', state }),
      changed: () => feed.emit({ type: 'models' }),
    });
  });

  private readonly opening: JudgeParts;

  constructor(private readonly parts: JudgeLibraryParts) {
    const { base, store, templates, device } = parts;
    this.opening = {
      ...{ base, templates, device },
      stored: async (id, use) => (await load.storedJudges()).storedJudge(store, id, use),
      webllm: () => this.webllm.get(),
      remote: () => this.remote.get(),
    };
  }

  /** The recipe's judge. @throws LabError judge-failed, bad-file, unsupported-model, no-webgpu, adapter-limits */
  open(recipe: Recipe, context: JudgeContext): Promise<OpenJudge> {
    return openJudge(recipe.judge, recipe, this.opening, context);
  }

  /** The recipe's judge and its evaluation judge. @throws LabError as `open` */
  openForRun(recipe: Recipe, context: JudgeContext): Promise<RunJudges> {
    return openRunJudges(recipe, this.opening, context);
  }

  /** Why the recipe's judges cannot be used here, before any is opened. Null if they can. */
  async fault(recipe: Recipe): Promise<RecipeFault | null> {
    const kinds = judgesOf(recipe);
    if (kinds.includes('webllm')) {
      const message = await (await this.webllm.get()).fault(recipe.webllmModel);
      if (message !== null) return { field: 'webllmModel', message };
    }
    if (!kinds.includes('onnx') && !kinds.includes('similarity')) return null;
    return (await load.storedJudges()).judgeFault(this.parts.store, recipe);
  }
}
