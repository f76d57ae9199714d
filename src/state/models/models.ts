/** Models that are stored, being downloaded or recommended, as the Models page and the recipe show them. */
import { createStore } from 'zustand/vanilla';
import type { Failure } from '../../lib/errors';
import type { Recipe } from '../../recipe/recipe';
import type { CuratedModel, Download, HubOffer, ModelCosts, ModelInfo } from '../../records/models';
import type { PendingDeletes } from '../undoable-delete';

/** A question to the Hub, and its answer. */
export type LookUp =
  | { readonly status: 'none' }
  | { readonly status: 'asking'; readonly reference: string }
  /** `recommendedChoice`: the choice that a recommendation names, listed first. */
  | { readonly status: 'offer'; readonly offer: HubOffer; readonly recommendedChoice: string | null }
  | {
      readonly status: 'failed';
      readonly reference: string;
      readonly recommendedChoice: string | null;
      readonly failure: Failure;
    };

/** The user's own files while they are copied into storage. */
export interface Adding {
  readonly name: string;
  readonly bytes: number;
  /** Bytes copied so far. An estimate from how much the used storage has grown. */
  readonly copied: number;
}

export interface Models extends PendingDeletes {
  /** Bundled models first, then the newest. Null until they have been read. */
  readonly list: readonly ModelInfo[] | null;
  readonly downloads: readonly Download[];
  /** Counts the events that say that models were added or deleted. */
  readonly changes: number;

  /** Memory by model id, for the recipe `costsOf`. */
  readonly costs: ReadonlyMap<string, ModelCosts>;
  readonly costsOf: Recipe | null;

  readonly curated: readonly CuratedModel[] | null;
  /** Why the list could not be loaded. */
  readonly curatedFailure: Failure | null;

  /** Text of the search field. */
  readonly reference: string;
  readonly lookUp: LookUp;
  /** Access token of the user's Hub account. Kept in memory only. */
  readonly token: string;

  readonly adding: Adding | null;
  readonly addFailure: Failure | null;

  /** The last choice of a model: what it changed in the recipe, and the recipe before. */
  readonly chosen: { readonly message: string; readonly advice: string; readonly before: Recipe } | null;
}

export const modelsStore = createStore<Models>(() => ({
  list: null,
  downloads: [],
  changes: 0,
  costs: new Map(),
  costsOf: null,
  curated: null,
  curatedFailure: null,
  reference: '',
  lookUp: { status: 'none' },
  token: '',
  adding: null,
  addFailure: null,
  chosen: null,
  pendingDeletes: new Map(),
}));

/** Adds a download in front, or updates it. */
export function putDownload(download: Download): void {
  const { downloads } = modelsStore.getState();
  const known = downloads.some(({ id }) => id === download.id);
  modelsStore.setState({
    downloads: known
      ? downloads.map((other) => (other.id === download.id ? download : other))
      : [download, ...downloads],
  });
}
