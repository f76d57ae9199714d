/**
 * The records of the main IndexedDB database. Types only. The bytes of models are in OPFS: complete files in
 * `<database>/files/<sha-256>`, and unfinished downloads in `<database>/partial/<id>`.
 *
 * | store | key | value |
 * |---|---|---|
 * | `runs` | run | summary |
 * | `rollouts` | run, purpose, iteration, arm, position | a prompt with its scored candidates |
 * | `evaluations`, `iterations` | run, iteration, arm | their summaries |
 * | `steps` | run, iteration, arm, step | metrics of an optimiser step; iteration 0 is the warm-up |
 * | `warnings` | run, code, message | a warning, stored once even if the loop repeats it after a resume |
 * | `votes` | run, iteration, arm, position | a person's choice among a prompt's candidates |
 * | `pairEdits` | run, iteration, arm, position | a pair that the user edited |
 * | `rejudgements` | run, id | summary of another judge's verdicts on an iteration |
 * | `rejudgedPairs` | run, re-judgement, position | the pair that follows from them for one prompt |
 * | `rejudgedWords` | run, re-judgement, position | its judgement of that prompt, with all replies |
 * | `heads` | run, arm | manifest of the arm's last checkpoint |
 * | `iterationAdapters` | run, arm, iteration | manifest of the adapter at the end of that iteration |
 * | `adapters` | id | an imported adapter: its two files |
 * | `chunks` | owner (run or imported adapter), chunk | bytes of a manifest |
 * | `promptSets` | set | an imported set's name, size and origin |
 * | `promptBlocks` | set, number | some of its prompts |
 * | `models` | id | a stored model: its origin and its files' hashes |
 * | `transfers` | id | a model that is being downloaded or copied: which of its files are complete |
 * | `partials` | id | progress of an unfinished file of a transfer, with the state of its hash |
 *
 * A key begins with its owner, so that one key range covers everything that the owner has and can be deleted at once.
 */

import type { DBSchema } from 'idb';
import type { Digest } from '../hub/repository';
import type { Failure } from '../lib/errors';
import type { ModelDescription } from '../model/language-model';
import type { Arm } from '../recipe/recipe';
import type { Purpose, Rollout } from '../records/candidates';
import type { Evaluation } from '../records/evaluations';
import type { CastVote, RejudgedPair, Rejudgement, StoredJudgement } from '../records/judgements';
import type { ReferenceLogps, StoredPairEdit } from '../records/pairs';
import type { Warning } from '../records/progress';
import type { PromptSetInfo } from '../records/prompt-sets';
import type { Prompt } from '../records/prompts';
import type { RunSummary } from '../records/runs';
import type { IterationSummary, SftStep, StepMetrics } from '../records/training';

export interface ChunkInfo {
  readonly id: string;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

/** Describes stored arrays. The parts are concatenated without gaps and then cut into chunks. */
export interface Manifest {
  /** Bytes of each part. */
  readonly parts: readonly number[];
  readonly chunks: readonly ChunkInfo[];
}

interface Versioned {
  /** Version of the database whose shape the record has. */
  readonly version: number;
}

export interface Row<T> extends Versioned {
  readonly runId: string;
  readonly value: T;
}

export interface CountedRow<T> extends Row<T> {
  /** Size as counted in the run's `bytes`: length of the JSON (of a re-judgement, including its prompts). */
  readonly bytes: number;
}

/** A row for one prompt of a re-judgement. Its bytes are counted in the re-judgement's own row. */
export interface RejudgedRow<T> extends Row<T> {
  readonly rejudgement: string;
}

export interface WarningRow extends Row<Warning> {
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A committed checkpoint without its arrays. The manifest's parts are the weights, or the weights, m and v. */
export interface Head {
  readonly arm: Arm;
  readonly iteration: number;
  readonly step: number;
  readonly optimizerStep: number;
  readonly reference: readonly ReferenceLogps[] | null;
  readonly recipeHash: string;
  readonly manifest: Manifest;
}

export interface IterationAdapter {
  readonly arm: Arm;
  readonly iteration: number;
  readonly manifest: Manifest;
}

/** The manifest's parts are adapter_config.json and adapter_model.safetensors. */
export interface AdapterRecord extends Versioned {
  readonly id: string;
  readonly name: string;
  readonly created: number;
  readonly manifest: Manifest;
}

export interface ChunkRecord extends Versioned {
  readonly owner: string;
  readonly id: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface PromptSetRecord extends Omit<PromptSetInfo, 'bundled'>, Versioned {}

export interface PromptBlockRecord extends Versioned {
  readonly set: string;
  readonly block: number;
  readonly prompts: readonly Prompt[];
}

/** In OPFS a file is named by its hash, so models can share files. */
export interface ModelFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Where a model comes from. Repository, revision and licence are known only for models of the Hub. */
export interface ModelOrigin {
  readonly id: string;
  readonly name: string;
  readonly source: 'hub' | 'local';
  readonly repository: string | null;
  readonly revision: string | null;
  readonly choice: string;
  readonly licence: string | null;
  /** Milliseconds since 1970. */
  readonly created: number;
}

export interface StoredModel extends ModelOrigin {
  readonly files: readonly ModelFile[];
  /** Null if the files could not be read as a model. */
  readonly description: ModelDescription | null;
}

export interface ModelRecord extends StoredModel, Versioned {}

export interface TransferFile {
  readonly name: string;
  readonly bytes: number;
  /** The expected digest, if it is known. */
  readonly digest: Digest | null;
  /** Null until the file is complete. */
  readonly sha256: string | null;
  /** Id of the partial file in OPFS. */
  readonly partial: string;
}

export interface Transfer extends ModelOrigin {
  readonly files: readonly TransferFile[];
  /** Why the transfer failed. Null if it was paused, or interrupted by a reload. */
  readonly failure: Failure | null;
}

export interface TransferRecord extends Transfer, Versioned {}

export interface PartialRecord extends Versioned {
  readonly id: string;
  readonly received: number;
  readonly etag: string | null;
  /** States of the hash functions after `received` bytes. */
  readonly states: readonly Uint8Array<ArrayBuffer>[];
}

export interface LabSchema extends DBSchema {
  runs: { key: string; value: Row<RunSummary> };
  rollouts: {
    key: [runId: string, purpose: Purpose, iteration: number, arm: Arm, position: number];
    value: CountedRow<Rollout>;
  };
  evaluations: { key: [runId: string, iteration: number, arm: Arm]; value: Row<Evaluation> };
  iterations: { key: [runId: string, iteration: number, arm: Arm]; value: Row<IterationSummary> };
  steps: { key: [runId: string, iteration: number, arm: Arm, step: number]; value: Row<StepMetrics | SftStep> };
  warnings: { key: [runId: string, code: string, message: string]; value: WarningRow };
  votes: { key: [runId: string, iteration: number, arm: Arm, position: number]; value: CountedRow<CastVote> };
  pairEdits: {
    key: [runId: string, iteration: number, arm: Arm, position: number];
    value: CountedRow<StoredPairEdit>;
  };
  rejudgements: { key: [runId: string, id: string]; value: CountedRow<Rejudgement> };
  rejudgedPairs: { key: [runId: string, rejudgement: string, position: number]; value: RejudgedRow<RejudgedPair> };
  rejudgedWords: {
    key: [runId: string, rejudgement: string, position: number];
    value: RejudgedRow<{ readonly position: number; readonly judgement: StoredJudgement }>;
  };
  heads: { key: [runId: string, arm: Arm]; value: Row<Head> };
  iterationAdapters: { key: [runId: string, arm: Arm, iteration: number]; value: Row<IterationAdapter> };
  adapters: { key: string; value: AdapterRecord };
  chunks: { key: [owner: string, id: string]; value: ChunkRecord };
  promptSets: { key: string; value: PromptSetRecord };
  promptBlocks: { key: [set: string, block: number]; value: PromptBlockRecord };
  models: { key: string; value: ModelRecord };
  transfers: { key: string; value: TransferRecord };
  partials: { key: string; value: PartialRecord };
}
