/** What the page and the worker say to each other about prompt sets. Types only. */
import type { PromptMapping } from '../formats/prompt-layout';
import type { PromptPlan, PromptPreview, PromptTableInfo } from '../formats/prompt-reader';
import type { PromptFormat } from '../formats/prompt-table';
import type { Histogram } from '../lib/histogram';
import type { Prompt } from '../tpo/types';

export type { MappedRow } from '../formats/map-prompts';
export type { PromptLayout, PromptMapping } from '../formats/prompt-layout';
export type { PromptPlan, PromptPreview, PromptTableInfo } from '../formats/prompt-reader';
export type { PromptFormat } from '../formats/prompt-table';
export type { Histogram } from '../lib/histogram';

/** Where a set comes from. */
export type PromptOrigin =
  | { readonly kind: 'bundled' }
  | { readonly kind: 'file'; readonly name: string; readonly format: PromptFormat | null }
  | { readonly kind: 'paste'; readonly format: PromptFormat }
  | {
      readonly kind: 'dataset';
      readonly repository: string;
      /** A commit. */
      readonly revision: string;
      readonly file: string;
      readonly licence: string | null;
      readonly format: PromptFormat;
    }
  | ({ readonly kind: 'model' } & MadeHow);

/** How a model's own prompts were made. */
export interface MadeHow {
  /** Id of the model. */
  readonly model: string;
  /** Id of the set that the examples are from. */
  readonly from: string;
  /** In each request. */
  readonly examples: number;
  readonly seed: number;
  readonly temperature: number;
  readonly topP: number;
  /** Asked for. */
  readonly written: number;
}

/** Which part of an import a set is; null where it was not split. */
export interface PromptSplit {
  readonly side: 'training' | 'held-out';
  /** Of the held-out rows, 0 … 1. */
  readonly share: number;
}

export interface PromptSetInfo {
  readonly id: string;
  readonly name: string;
  readonly rows: number;
  readonly bundled: boolean;
  readonly origin: PromptOrigin;
  readonly split: PromptSplit | null;
  /** The columns that its fields came from; null where they were the lab's own. */
  readonly columns: PromptMapping | null;
  /** Rows that were left out when it came in. */
  readonly leftOut: {
    readonly faulty: number;
    readonly duplicates: number;
    /** The file went on behind the rows that are read. */
    readonly rest?: true;
  };
  /** Milliseconds since 1970; 0 for a bundled one. */
  readonly created: number;
}

/** A file, or a text as it was pasted. */
export type PromptSource =
  | { readonly kind: 'file'; readonly file: File }
  | { readonly kind: 'paste'; readonly text: string };

/** Lengths of instructions. */
export interface PromptLengths {
  /** In tokens where a model was named, else in characters. */
  readonly histogram: Histogram;
  /** Rows that were measured: of a large set every n-th. */
  readonly measured: number;
  readonly rows: number;
}

/** What a data set's repository on the Hub has that holds prompts, at one commit. */
export interface DatasetOffer {
  readonly repository: string;
  readonly revision: string;
  readonly licence: string | null;
  readonly gated: boolean;
  readonly files: readonly {
    readonly name: string;
    readonly bytes: number;
    /** A sentence where it is larger than what is read. */
    readonly refused: string | null;
  }[];
  /** Files with prompts that are not among them. */
  readonly more: number;
  /** The repository has more files than were listed. */
  readonly cut: boolean;
  /** The file that the link leads to. */
  readonly wanted: string | null;
}

export interface MakePromptsWish extends MadeHow {
  /** Id of the set that is held out: what nearly repeats one of its prompts is not offered. */
  readonly apartFrom: string;
  /** Longest instruction, in tokens. */
  readonly maxNewTokens: number;
}

/** Why an instruction that the model wrote is not offered. */
export type MadeFault =
  | 'empty'
  | 'unfinished'
  | 'short'
  | 'long'
  | 'answered'
  | 'about'
  | 'example'
  | 'known'
  | 'held-out'
  | 'repeated';

export interface MadePrompts {
  readonly how: MadeHow;
  /** In the order in which they were asked for. */
  readonly kept: readonly string[];
  readonly rejected: readonly { readonly text: string; readonly fault: MadeFault }[];
  readonly tokensPerSecond: number | null;
}

/** Progress of what this tab fetches or makes. */
export type PromptProgress =
  | { readonly kind: 'fetch'; readonly done: number; readonly total: number }
  | { readonly kind: 'load'; readonly done: number; readonly total: number }
  | {
      readonly kind: 'make';
      readonly done: number;
      readonly total: number;
      /** Written so far. */
      readonly tokens: number;
      readonly tokensPerSecond: number | null;
    };

/** The lab's calls about prompt sets. */
export interface PromptCalls {
  /** The bundled sets first, then the user's, the newest first. */
  promptSets(): Promise<readonly PromptSetInfo[]>;
  /** JSONL as text; refuses with the line number. */
  importPrompts(name: string, jsonl: string): Promise<PromptSetInfo>;
  /** @throws LabError not-found */
  promptRows(id: string): Promise<readonly Prompt[]>;
  renamePromptSet(id: string, name: string): Promise<PromptSetInfo>;
  /** Deletes nothing. @throws LabError running-elsewhere: a run that is not finished needs the whole set to go on */
  mayDeletePromptSet(id: string): Promise<void>;
  /** A finished run keeps the prompts that it used. @throws LabError as `mayDeletePromptSet` */
  deletePromptSet(id: string): Promise<void>;
  /** JSON lines. */
  exportPromptSet(id: string): Promise<string>;
  /** @param set null: of what is being imported. @param model null: in characters */
  promptLengths(set: string | null, model: string | null): Promise<PromptLengths>;

  /** Reads it, in place of what was read before. @throws LabError bad-prompts: a sentence about the file */
  readPrompts(source: PromptSource): Promise<PromptTableInfo>;
  /** Reads the same file or text again, also one that could not be read as what it looked like. @throws LabError bad-prompts, not-found */
  readPromptsAs(format: PromptFormat): Promise<PromptTableInfo>;
  /** Of what was read last. @throws LabError not-found */
  previewPrompts(plan: PromptPlan): Promise<PromptPreview>;
  /** Keeps it: one set, or two where it is split. @throws LabError bad-prompts, storage-full */
  importMapped(name: string, plan: PromptPlan): Promise<readonly PromptSetInfo[]>;
  /** Gives up what is being fetched or read, and forgets what was read. */
  closePrompts(): Promise<void>;

  /** Asks the Hub; stores nothing. @throws LabError not-found, gated, hub-unreachable, hub-failed, bad-prompts */
  lookUpDataset(reference: string, token: string | null): Promise<DatasetOffer>;
  /** Fetches one file into memory, checks it and reads it. @throws LabError cancelled, and what fetching and reading throw */
  fetchDataset(offer: DatasetOffer, file: string, token: string | null): Promise<PromptTableInfo>;

  /**
   * New instructions after examples of a set, by the model's own weights; nothing is stored. Not while a run runs.
   * @throws LabError cancelled, running-elsewhere, bad-prompts, prompt-too-long, and what opening a model throws
   */
  makePrompts(wish: MakePromptsWish): Promise<MadePrompts>;
  /** Resolves when its device is free. */
  cancelMakePrompts(): Promise<void>;
  /** Those that the user keeps, as a set of their own. @throws LabError bad-prompts, storage-full */
  keepPrompts(name: string, instructions: readonly string[], how: MadeHow): Promise<PromptSetInfo>;
}
