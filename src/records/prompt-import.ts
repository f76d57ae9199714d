/** Import of prompts: the source, its table, the mapping of columns, and the preview. Types only. */

import type { Histogram } from '../lib/statistics';
import type { Check } from '../recipe/checks';
import type { Prompt } from './prompts';

export const PROMPT_FORMATS = ['jsonl', 'json', 'csv', 'tsv', 'parquet', 'lines'] as const;

export type PromptFormat = (typeof PROMPT_FORMATS)[number];

/**
 * The layout of a table. Alpaca: instruction, input, output. ShareGPT: conversations. TRL: prompt, chosen, rejected.
 */
export type PromptLayout = 'alpaca' | 'sharegpt' | 'trl' | 'plain';

/** The column for each field of a prompt. Null if the field has none. */
export interface PromptMapping {
  readonly instruction: string;
  /** Appended to the instruction after a blank line, as in Alpaca. */
  readonly input: string | null;
  readonly answer: string | null;
  /** The column that names the rule of each row. */
  readonly checkColumn: string | null;
  /**
   * The rule for all rows with an answer, if no column names it. Null: the answer is a reference that no rule checks.
   */
  readonly check: Check | null;
  readonly category: string | null;
  readonly id: string | null;
}

export interface MappingOptions {
  readonly mapping: PromptMapping;
  /** Whether to leave out rows whose instruction repeats an earlier one, apart from case and white space. */
  readonly dropDuplicates: boolean;
  /** Whether to leave out rows whose instruction nearly repeats an earlier one. */
  readonly dropNearDuplicates: boolean;
  /** Share of the rows that is held out, 0 … 1. */
  readonly heldoutShare: number;
}

/** A row of the table as a prompt. */
export interface MappedRow {
  /** Number of the line or record, from 1. */
  readonly line: number;
  /** Null if the row has a fault. */
  readonly prompt: Prompt | null;
  /** Why the row is not usable. Null if it is. */
  readonly fault: string | null;
  /** The line of the earlier row that this one repeats. Null if there is none. */
  readonly duplicateOf: number | null;
  /** The line of the earlier row that this one nearly repeats. Null if there is none. */
  readonly nearDuplicateOf: number | null;
  readonly side: 'training' | 'held-out';
  /** Whether the row goes into the set. */
  readonly kept: boolean;
}

/** A table that was read, with its layout. */
export interface PromptTableInfo {
  readonly name: string;
  readonly format: PromptFormat;
  /** The name of a record. */
  readonly unit: 'line' | 'row';
  readonly columns: readonly {
    readonly name: string;
    /** The first few cells, as text. */
    readonly samples: readonly string[];
  }[];
  /** The number of records that were read. */
  readonly records: number;
  /** Whether the file has more records than were read. */
  readonly more: boolean;
  readonly layout: PromptLayout;
  /** The mapping that the layout suggests. */
  readonly mapping: PromptMapping;
}

/** How a table is imported. */
export interface PromptPlan extends MappingOptions {
  /** Whether rows with a fault are left out, or prevent the import. */
  readonly faulty: 'drop' | 'refuse';
}

/** The prompts that an import would store. */
export interface PromptPreview {
  /** The first 50 rows. */
  readonly rows: readonly MappedRow[];
  /** The first 200 faults. */
  readonly faults: readonly { readonly line: number; readonly fault: string }[];
  /** Numbers of rows. */
  readonly read: number;
  readonly faulty: number;
  readonly duplicates: number;
  readonly nearDuplicates: number;
  readonly training: number;
  readonly heldout: number;
  /**
   * Rows kept with a reference answer, and rows kept that the rule checks, some of them without a reference answer.
   */
  readonly answers: number;
  readonly checked: number;
  /** At most 100, the most frequent first. Rows without a category are under ''. */
  readonly categories: readonly { readonly name: string; readonly rows: number }[];
  /** Lengths of the instructions kept, in characters. */
  readonly lengths: Histogram;
}

/** Where prompts are imported from: a file, or pasted text. */
export type PromptSource =
  | { readonly kind: 'file'; readonly file: File }
  | { readonly kind: 'paste'; readonly text: string };

/** The files of a data set's repository on the Hub that may hold prompts, at one commit. */
export interface DatasetOffer {
  readonly repository: string;
  readonly revision: string;
  readonly licence: string | null;
  readonly gated: boolean;
  readonly files: readonly {
    readonly name: string;
    readonly bytes: number;
    /** Why the file cannot be imported, e.g. because it is too large. Null if it can. */
    readonly refused: string | null;
  }[];
  /** The number of files with prompts that are not listed. */
  readonly more: number;
  /** Whether the repository has more files than the Hub listed. */
  readonly cut: boolean;
  /** The file that the user's link points to. Null if it points to the repository. */
  readonly linkedFile: string | null;
}
