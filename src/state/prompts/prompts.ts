/** The Prompts page: opened sets, the file being imported, and prompts that a model generates. */

import { createStore } from 'zustand/vanilla';
import type { Failure } from '../../lib/errors';
import type { DatasetOffer, PromptPlan, PromptPreview, PromptTableInfo } from '../../records/prompt-import';
import type { MadePrompts, MakePromptsOptions, PromptLengths, PromptProgress } from '../../records/prompt-sets';
import type { Prompt } from '../../records/prompts';
import type { PendingDeletes } from '../undoable-delete';

/** A question to the Hub, and its answer. */
export type DatasetLookUp =
  | { readonly status: 'none' }
  | { readonly status: 'asking'; readonly reference: string }
  | { readonly status: 'offer'; readonly offer: DatasetOffer }
  | { readonly status: 'failed'; readonly failure: Failure };

/** A file that is being turned into a prompt set. */
export type Import =
  | {
      readonly status: 'none';
      readonly failure: Failure | null;
      /** The file could not be read, but it is text and may be read as another format. */
      readonly readable: boolean;
    }
  | {
      readonly status: 'reading';
      readonly name: string;
      /** Size of the file. */
      readonly bytes: number;
      readonly progress: Extract<PromptProgress, { kind: 'fetch' }> | null;
    }
  | {
      readonly status: 'read';
      readonly table: PromptTableInfo;
      readonly plan: PromptPlan;
      /** Name of the set. */
      readonly name: string;
      /** Null while it is being computed. */
      readonly preview: PromptPreview | null;
      readonly lengths: PromptLengths | null;
      readonly failure: Failure | null;
      readonly keeping: boolean;
    };

/** Prompts that a model has generated, until they are kept or discarded. */
export interface GeneratedPrompts {
  readonly status: 'made';
  readonly made: MadePrompts;
  /** Indices of the usable prompts that the user has deselected. */
  readonly out: ReadonlySet<number>;
  /** Name of the set. Null: the suggested name. */
  readonly name: string | null;
  readonly failure: Failure | null;
}

export type Generation =
  | {
      readonly status: 'none';
      readonly failure: Failure | null;
      /** The discarded prompts, for undo, until others are generated. */
      readonly discarded: GeneratedPrompts | null;
    }
  | { readonly status: 'making'; readonly options: MakePromptsOptions; readonly progress: PromptProgress | null }
  | GeneratedPrompts;

export interface Prompts extends PendingDeletes {
  /** Rows by set id, of the sets that have been opened. They never change. */
  readonly rows: ReadonlyMap<string, readonly Prompt[]>;
  /** Lengths of the instructions, by `lengthsKey`. */
  readonly lengths: ReadonlyMap<string, PromptLengths>;
  /** Lengths are shown in tokens of the recipe's model, otherwise in characters. */
  readonly inTokens: boolean;
  readonly failure: Failure | null;
  /** Text of the search field. */
  readonly reference: string;
  readonly lookUp: DatasetLookUp;
  readonly coming: Import;
  /** Id of the set that the last import turned out to be identical to. */
  readonly known: string | null;
  readonly making: Generation;
}

export const NO_IMPORT: Extract<Import, { status: 'none' }> = { status: 'none', failure: null, readable: false };
export const NO_GENERATION: Extract<Generation, { status: 'none' }> = {
  status: 'none',
  failure: null,
  discarded: null,
};

export const promptsStore = createStore<Prompts>(() => ({
  rows: new Map(),
  lengths: new Map(),
  inTokens: false,
  failure: null,
  reference: '',
  lookUp: { status: 'none' },
  coming: NO_IMPORT,
  known: null,
  making: NO_GENERATION,
  pendingDeletes: new Map(),
}));

export const lengthsKey = (set: string, model: string | null): string => `${set} ${model ?? ''}`;

export function setPromptProgress(progress: PromptProgress): void {
  const { coming, making } = promptsStore.getState();
  if (progress.kind === 'fetch') {
    if (coming.status === 'reading') promptsStore.setState({ coming: { ...coming, progress } });
  } else if (making.status === 'making') promptsStore.setState({ making: { ...making, progress } });
}
