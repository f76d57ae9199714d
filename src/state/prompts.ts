/** Prompt sets as the Prompts place shows them: the one that is opened, the file that comes in, and what a model writes. */
import { create } from 'zustand';
import type {
  DatasetOffer,
  Failure,
  MadePrompts,
  MakePromptsWish,
  Prompt,
  PromptLengths,
  PromptPlan,
  PromptPreview,
  PromptProgress,
  PromptTableInfo,
} from '../worker/protocol';
import type { Going } from './delete-soon';

/** What was asked of the Hub. */
export type DatasetLookUp =
  | { readonly status: 'none' }
  | { readonly status: 'asking'; readonly reference: string }
  | { readonly status: 'offer'; readonly offer: DatasetOffer }
  | { readonly status: 'failed'; readonly failure: Failure };

/** A file on its way to becoming a set. */
export type Import =
  | { readonly status: 'none'; readonly failure: Failure | null }
  | { readonly status: 'reading'; readonly name: string; readonly progress: Extract<PromptProgress, { kind: 'fetch' }> | null }
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

export type Making =
  | { readonly status: 'none'; readonly failure: Failure | null }
  | { readonly status: 'making'; readonly wish: MakePromptsWish; readonly progress: PromptProgress | null }
  | { readonly status: 'made'; readonly wish: MakePromptsWish; readonly made: MadePrompts; readonly failure: Failure | null };

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
  readonly making: Making;
}

export const NO_IMPORT: Import = { status: 'none', failure: null };
export const NO_MAKING: Making = { status: 'none', failure: null };

export const usePrompts = create<Prompts>()(() => ({
  rows: new Map(),
  lengths: new Map(),
  inTokens: false,
  failure: null,
  reference: '',
  lookUp: { status: 'none' },
  coming: NO_IMPORT,
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
