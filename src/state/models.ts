/** Models that are here, on their way, or could be fetched, as the Models place and the recipe show them. */
import { create } from 'zustand';
import type { Failure } from '../lib/errors';
import type { Recipe } from '../recipe/recipe';
import type { CuratedModel, Download, HubOffer, ModelCosts, ModelInfo } from '../records/models';
import type { Going } from './delete-soon';

/** What was asked of the Hub. */
export type LookUp =
  | { readonly status: 'none' }
  | { readonly status: 'asking'; readonly reference: string }
  /** `wanted`: the choice that a recommendation names. */
  | { readonly status: 'offer'; readonly offer: HubOffer; readonly wanted: string | null }
  | {
      readonly status: 'failed';
      readonly reference: string;
      readonly wanted: string | null;
      readonly failure: Failure;
    };

/** The reader's own files, while they are taken in. */
export interface Adding {
  readonly name: string;
  readonly bytes: number;
  /** By what the storage grew: about. */
  readonly copied: number;
}

export interface Models extends Going {
  /** Bundled ones first, then the newest; null before they were read. */
  readonly list: readonly ModelInfo[] | null;
  readonly downloads: readonly Download[];
  /** The worker said so often that models came or went. */
  readonly changes: number;

  /** By id, at the recipe `costsOf`. */
  readonly costs: ReadonlyMap<string, ModelCosts>;
  readonly costsOf: Recipe | null;

  readonly curated: readonly CuratedModel[] | null;
  /** Why there is no list. */
  readonly curatedFailure: Failure | null;

  /** As it stands in the field. */
  readonly reference: string;
  readonly lookUp: LookUp;
  /** Of the reader's account on the Hub; here and nowhere else. */
  readonly token: string;

  readonly adding: Adding | null;
  readonly addFailure: Failure | null;

  /** A model was chosen for the recipe: what that changed, and what it was before. */
  readonly chosen: { readonly message: string; readonly advice: string; readonly before: Recipe } | null;
}

export const useModels = create<Models>()(() => ({
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
  going: new Map(),
}));

/** News of a download: a new one stands first. */
export function putDownload(download: Download): void {
  const { downloads } = useModels.getState();
  const known = downloads.some(({ id }) => id === download.id);
  useModels.setState({
    downloads: known
      ? downloads.map((other) => (other.id === download.id ? download : other))
      : [download, ...downloads],
  });
}

export function modelsChanged(): void {
  useModels.setState(({ changes }) => ({ changes: changes + 1 }));
}
