/** Prompt sets as the Prompts place shows them: the one that is opened, the file that comes in, and what a model writes. */
import { create } from 'zustand';
import type { Failure } from '../lib/errors';
import type { DatasetOffer, PromptPlan, PromptPreview, PromptTableInfo } from '../records/prompt-import';
import type { MadePrompts, MakePromptsWish, Prompt, PromptLengths, PromptProgress } from '../records/prompts';
import type { Going } from './delete-soon';

/** What was asked of the Hub. */
export type DatasetLookUp =
  | { readonly status: 'none' }
  | { readonly status: 'asking'; readonly reference: string }
  | { readonly status: 'offer'; readonly offer: DatasetOffer }
  | { readonly status: 'failed'; readonly failure: Failure };

/** A file on its way to becoming a set. */
export type Import =
  | {
      readonly status: 'none';
      readonly failure: Failure | null;
      /** What failed is text that may be read as another format. */
      readonly readable: boolean;
    }
  | {
      readonly status: 'reading';
      readonly name: string;
      /** Of the file. */
      readonly bytes: number;
      readonly progress: Extract<PromptProgress, { kind: 'fetch' }> | null;
    }
  | {
      readonly status: 'read';
      readonly table: PromptTableInfo;
      readonly plan: PromptPlan;
      /** Of the set. */
      readonly name: string;
      /** null while it is worked out. */
      readonly preview: PromptPreview | null;
      readonly lengths: PromptLengths | null;
      readonly failure: Failure | null;
      readonly keeping: boolean;
    };

/** What a model wrote, until it is kept or thrown away. */
export interface Made {
  readonly status: 'made';
  readonly made: MadePrompts;
  /** Of those that can be kept, by their place, the ones that the reader does not want. */
  readonly out: ReadonlySet<number>;
  /** Of the set; null: as it is suggested. */
  readonly name: string | null;
  readonly failure: Failure | null;
}

export type Making =
  | {
      readonly status: 'none';
      readonly failure: Failure | null /** Until others are made. */;
      readonly thrown: Made | null;
    }
  | { readonly status: 'making'; readonly wish: MakePromptsWish; readonly progress: PromptProgress | null }
  | Made;

export interface Prompts extends Going {
  /** Rows of sets that were opened; they never change. */
  readonly rows: ReadonlyMap<string, readonly Prompt[]>;
  /** By set and unit, as `lengthsKey` says. */
  readonly lengths: ReadonlyMap<string, PromptLengths>;
  /** Lengths are counted with the recipe's model, else in characters. */
  readonly inTokens: boolean;
  readonly failure: Failure | null;
  /** As it stands in the field. */
  readonly reference: string;
  readonly lookUp: DatasetLookUp;
  readonly coming: Import;
  /** What was imported last was this set already. */
  readonly known: string | null;
  readonly making: Making;
}

export const NO_IMPORT: Extract<Import, { status: 'none' }> = { status: 'none', failure: null, readable: false };
export const NO_MAKING: Extract<Making, { status: 'none' }> = { status: 'none', failure: null, thrown: null };

export const usePrompts = create<Prompts>()(() => ({
  rows: new Map(),
  lengths: new Map(),
  inTokens: false,
  failure: null,
  reference: '',
  lookUp: { status: 'none' },
  coming: NO_IMPORT,
  known: null,
  making: NO_MAKING,
  going: new Map(),
}));

export const lengthsKey = (set: string, model: string | null): string => `${set} ${model ?? ''}`;

export function promptProgress(progress: PromptProgress): void {
  const { coming, making } = usePrompts.getState();
  if (progress.kind === 'fetch') {
    if (coming.status === 'reading') usePrompts.setState({ coming: { ...coming, progress } });
  } else if (making.status === 'making') usePrompts.setState({ making: { ...making, progress } });
}
