import type { Hub } from '../../hub/ask-hub';
import { once } from '../../lib/async';
import { LabError } from '../../lib/errors';
import { parseRecipe } from '../../recipe/faults';
import { namesModel } from '../../recipe/model-recipe';
import type { Recipe } from '../../recipe/recipe';
import type { DeviceInfo } from '../../records/device';
import type { CuratedModel, Download, HubOffer, ModelCosts, ModelInfo } from '../../records/models';
import type { ModelStore } from '../../storage/models/model-store';
import { planningTraits } from '../device/device-info';
import type { EventFeed } from '../events/event-feed';
import { load } from '../lazy-modules';
import type { RecipePlans } from '../runs/recipe-plans';
import type { StoredRuns } from '../runs/stored-runs';
import type { LanguageModels } from './language-models';
import { modelCosts, refusedCosts } from './model-costs';
import type { ModelLibrary } from './model-library';

export interface ModelParts {
  /** URL of the page. */
  readonly base: string;
  readonly hub: Hub;
  readonly store: ModelStore;
  readonly library: ModelLibrary;
  readonly languageModels: LanguageModels;
  readonly plans: RecipePlans;
  readonly runs: StoredRuns;
  readonly feed: EventFeed;
  /** @throws LabError no-webgpu, adapter-limits, device-lost */
  device(): Promise<DeviceInfo>;
}

/** Stands in for a device where there is none, so that the list of models can be shown: buffers of 2 GiB. */
const USUAL_DEVICE = { maxBufferSize: 2 ** 31, maxStorageBufferBindingSize: 2 ** 31 - 4, kind: 'fast' } as const;

export function modelService(parts: ModelParts) {
  const { base, hub, store, library, languageModels, plans, runs, feed, device } = parts;

  const transfers = once(async () => {
    const { Transfers } = await load.transfers();
    return new Transfers({
      store,
      hub,
      hubModels: load.hubModels,
      emit: (event) => feed.emit(event),
      describe: (model) => library.describe(model),
    });
  });

  return {
    /** The models that a recipe can name: first the bundled ones, then the stored ones, the newest first. */
    models: (): Promise<readonly ModelInfo[]> => library.list(),

    /** The memory that the recipe takes with this model instead of its own. @throws LabError not-found */
    async modelCosts(id: string, recipe: Recipe): Promise<ModelCosts> {
      const parsed = { ...parseRecipe(recipe), model: id };
      try {
        const model = await languageModels.get(id);
        const { longest, plan } = await plans.plan(parsed);
        const limits = await device();
        const { lanes } = plan.spec.generation;
        return modelCosts(model, { ...parsed, lanes }, longest, { traits: planningTraits(limits), limits });
      } catch (error) {
        return refusedCosts(error);
      }
    },

    /** The models that the page recommends, with the memory that each takes. @throws LabError not-found, bad-file */
    async curatedModels(): Promise<readonly CuratedModel[]> {
      const limits = await device().catch(() => USUAL_DEVICE);
      const response = await fetch(new URL('models/curated.json', base)).catch(() => null);
      if (!response?.ok)
        throw new LabError(
          'not-found',
          'The list of models could not be fetched.',
          'Check the connection, then try again.',
        );
      const { curatedModels } = await load.curatedModels();
      return curatedModels(await response.json(), { traits: planningTraits(limits), limits });
    },

    /**
     * Looks up a repository on the Hub. Stores nothing.
     * @param reference `owner/name`, a link, or either of them with `@revision`
     * @param token of the user's account on the Hub, for a gated model. It is kept in memory only
     * @throws LabError not-found, gated, hub-unreachable, hub-failed, unsupported-model
     */
    lookUpModel: async (reference: string, token: string | null): Promise<HubOffer> =>
      (await load.hubModels()).lookUp(hub, reference, token),

    /** Downloads that are not complete. */
    downloads: async (): Promise<readonly Download[]> => (await transfers.get()).list(),

    /** Begins to download a choice of the offer. @throws LabError gated, storage-full, hub-failed, no-storage */
    download: async (offer: HubOffer, choice: string, token: string | null): Promise<Download> =>
      (await transfers.get()).download(offer, choice, token),

    /** Resolves when everything received so far is stored. @throws LabError running-elsewhere */
    pauseDownload: async (id: string): Promise<void> => (await transfers.get()).pause(id),

    /** Continues a download that was paused, has failed, or was cut off by a reload. @throws LabError not-found */
    continueDownload: async (id: string, token: string | null): Promise<void> =>
      (await transfers.get()).resume(id, token),

    /** Ends a download and deletes what was received. @throws LabError running-elsewhere */
    cancelDownload: async (id: string): Promise<void> => (await transfers.get()).cancel(id),

    /**
     * Copies a model from the user's disk.
     * @param files the files of a model's folder, or one GGUF file. The names of dropped files are paths
     * @throws LabError bad-file, unsupported-model, storage-full
     */
    addLocalModel: async (files: readonly File[]): Promise<ModelInfo> =>
      library.info(await (await transfers.get()).addLocal(files)),

    /**
     * Keeps the files that another model shares.
     * @throws LabError not-found, running-elsewhere: a run uses the model
     */
    async deleteModel(id: string): Promise<void> {
      await runs.requireUnused((recipe) => namesModel(recipe, id));
      await library.delete(id);
      languageModels.forget(id);
      feed.emit({ type: 'models' });
    },
  };
}
