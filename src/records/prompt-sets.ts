/** Prompt sets, their origin, and prompts that a model generates. Types only. */

import type { Histogram } from '../lib/statistics';
import type { OpeningPhase } from './progress';
import type { PromptFormat, PromptMapping } from './prompt-import';

/** Where a prompt set comes from. */
export type PromptOrigin =
  | { readonly kind: 'bundled' }
  | { readonly kind: 'file'; readonly name: string; readonly format: PromptFormat | null }
  | { readonly kind: 'paste'; readonly format: PromptFormat }
  | {
      readonly kind: 'dataset';
      readonly repository: string;
      /** Commit of the repository. */
      readonly revision: string;
      readonly file: string;
      readonly licence: string | null;
      readonly format: PromptFormat;
    }
  | ({ readonly kind: 'model' } & MadeHow);

/** How a model made prompts. */
export interface MadeHow {
  /** Id of the model. */
  readonly model: string;
  /** Id of the set that the examples were drawn from. */
  readonly from: string;
  /** The number of examples in each request. */
  readonly examples: number;
  readonly seed: number;
  readonly temperature: number;
  readonly topP: number;
  /** The number of prompts asked for. */
  readonly written: number;
}

/** Which part of a split import a set is. */
export interface PromptSplit {
  readonly side: 'training' | 'held-out';
  /** Share of the rows that is held out, 0 … 1. */
  readonly share: number;
}

/** A prompt set, without its prompts. */
export interface PromptSetInfo {
  readonly id: string;
  readonly name: string;
  /** The number of prompts. */
  readonly rows: number;
  readonly bundled: boolean;
  readonly origin: PromptOrigin;
  /** Null if the import was not split. */
  readonly split: PromptSplit | null;
  /** The columns that its fields came from. Null if the file already had the fields of a prompt. */
  readonly columns: PromptMapping | null;
  /** Rows that were left out of the import. */
  readonly leftOut: {
    readonly faulty: number;
    readonly duplicates: number;
    /** The file has more rows than were read. */
    readonly rest?: true;
  };
  /** Milliseconds since 1970. 0 for a bundled set. */
  readonly created: number;
}

/** How long the instructions of a prompt set are. */
export interface PromptLengths {
  /** In tokens if a model was named, otherwise in characters. */
  readonly histogram: Histogram;
  /** The number of rows that were measured. In a large set, only every n-th is. */
  readonly measured: number;
  readonly rows: number;
}

/** A request to make prompts. */
export interface MakePromptsOptions extends MadeHow {
  /** Id of the held-out set. Instructions that nearly repeat one of its prompts are rejected. */
  readonly apartFrom: string;
  /** The longest instruction, in tokens. */
  readonly maxNewTokens: number;
}

/** Why an instruction that the model made is rejected. */
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

/** The prompts that a model made. */
export interface MadePrompts {
  readonly how: MadeHow;
  /** The usable instructions, in the order of the requests. */
  readonly kept: readonly string[];
  readonly rejected: readonly { readonly text: string; readonly fault: MadeFault }[];
  /** Null if no time passed. */
  readonly tokensPerSecond: number | null;
}

/** Progress of prompts that are fetched or made, and of the model that makes them. */
export type PromptProgress =
  | { readonly kind: 'fetch'; readonly done: number; readonly total: number }
  | { readonly kind: OpeningPhase; readonly done: number; readonly total: number }
  | {
      readonly kind: 'make';
      readonly done: number;
      readonly total: number;
      /** Tokens generated so far. */
      readonly tokens: number;
      readonly tokensPerSecond: number | null;
    };
