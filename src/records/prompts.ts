/** Prompts, prompt sets, and how prompt sets are made. Types only. */

import type { Histogram } from '../lib/statistics';
import type { WeightedCheck } from '../recipe/checks';
import type { PromptFormat, PromptMapping } from './prompt-import';

export interface Prompt {
  readonly id: string;
  readonly instruction: string;
  readonly category?: string;
  /** Reference answer and the name of the rule that checks it (`number`, `time`, `exact`, …). */
  readonly answer?: string;
  readonly check?: string;
  /** What else a response is to fulfil. */
  readonly checks?: readonly WeightedCheck[];
}

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

/** Lengths of instructions. */
export interface PromptLengths {
  /** In tokens where a model was named, else in characters. */
  readonly histogram: Histogram;
  /** Rows that were measured: of a large set every n-th. */
  readonly measured: number;
  readonly rows: number;
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
