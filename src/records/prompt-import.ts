/** Importing prompts: the source, its table, the mapping of columns, and the preview. Types only. */

import type { Histogram } from '../lib/statistics';
import type { Check } from '../recipe/checks';
import type { Prompt } from './prompts';

export const PROMPT_FORMATS = ['jsonl', 'json', 'csv', 'tsv', 'parquet', 'lines'] as const;

export type PromptFormat = (typeof PROMPT_FORMATS)[number];

/** Alpaca: instruction, input, output. ShareGPT: turns of a conversation. TRL: prompt, chosen, rejected. */
export type PromptLayout = 'alpaca' | 'sharegpt' | 'trl' | 'plain';

/** A column for each field of a prompt; null where there is none. */
export interface PromptMapping {
  readonly instruction: string;
  /** Follows the instruction after a blank line, as Alpaca has it. */
  readonly input: string | null;
  readonly answer: string | null;
  /** Column that names the rule for each row. */
  readonly checkColumn: string | null;
  /** Rule for all rows that have an answer, where no column names it; null: the answer is a reference that no rule checks. */
  readonly check: Check | null;
  readonly category: string | null;
  readonly id: string | null;
}

export interface MappingOptions {
  readonly mapping: PromptMapping;
  /** Rows whose instruction stood before, up to case and white space, are left out. */
  readonly dropDuplicates: boolean;
  /** So are rows that nearly repeat another. */
  readonly dropNearDuplicates: boolean;
  /** Of the rows, 0 … 1. */
  readonly heldoutShare: number;
}

export interface MappedRow {
  readonly line: number;
  /** null where there is a fault. */
  readonly prompt: Prompt | null;
  /** A clause. */
  readonly fault: string | null;
  /** Line of the row that this one repeats. */
  readonly duplicateOf: number | null;
  readonly nearDuplicateOf: number | null;
  readonly side: 'training' | 'held-out';
  /** It goes into the set. */
  readonly kept: boolean;
}

/** What was read, and what it looks like. */
export interface PromptTableInfo {
  readonly name: string;
  readonly format: PromptFormat;
  /** What counts its records. */
  readonly unit: 'line' | 'row';
  readonly columns: readonly {
    readonly name: string /** Some first cells, as text. */;
    readonly samples: readonly string[];
  }[];
  readonly records: number;
  /** The file goes on behind them. */
  readonly more: boolean;
  readonly layout: PromptLayout;
  /** As the layout suggests it. */
  readonly mapping: PromptMapping;
}

/** What is to become of a table. */
export interface PromptPlan extends MappingOptions {
  /** What happens to rows with a fault. */
  readonly faulty: 'drop' | 'refuse';
}

export interface PromptPreview {
  /** The first 50. */
  readonly rows: readonly MappedRow[];
  /** The first 200. */
  readonly faults: readonly { readonly line: number; readonly fault: string }[];
  readonly read: number;
  readonly faulty: number;
  readonly duplicates: number;
  readonly nearDuplicates: number;
  readonly training: number;
  readonly heldout: number;
  /** Of the rows that are kept; some are checked without a reference answer. */
  readonly answers: number;
  readonly checked: number;
  /** The most frequent first, at most 100; rows without one are under ''. */
  readonly categories: readonly { readonly name: string; readonly rows: number }[];
  /** Of the instructions that are kept, in characters. */
  readonly lengths: Histogram;
}

/** A file, or a text as it was pasted. */
export type PromptSource =
  | { readonly kind: 'file'; readonly file: File }
  | { readonly kind: 'paste'; readonly text: string };

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
