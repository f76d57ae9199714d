/**
 * What is stored where, in IndexedDB. Types only. The bytes of models lie in OPFS: `<database>/files/<sha-256>`, and what is still
 * on its way in `<database>/partial/<id>`.
 *
 * | store | key | value |
 * |---|---|---|
 * | `runs` | run | summary |
 * | `rollouts` | run, purpose, iteration, arm, position | a prompt with its scored candidates |
 * | `evaluations`, `iterations` | run, iteration, arm | their summaries |
 * | `steps` | run, iteration, arm, step | metrics of an optimiser step; iteration 0 is the warm-up |
 * | `warnings` | run, code, message | told once, however often the loop says it again after going on |
 * | `votes` | run, iteration, arm, position | a person's choice among a prompt's candidates |
 * | `pairEdits` | run, iteration, arm, position | a pair that a reader changed |
 * | `rejudgements` | run, id | another judge's word on an iteration |
 * | `rejudgedPairs` | run, re-judgement, position | the pair that it would have made of a prompt |
 * | `rejudgedWords` | run, re-judgement, position | what it said of it |
 * | `heads` | run, arm | manifest of the arm's last checkpoint |
 * | `iterationAdapters` | run, arm, iteration | manifest of the adapter as it was then |
 * | `adapters` | id | an imported adapter: its two files |
 * | `chunks` | owner (run or imported adapter), chunk | bytes that a manifest names |
 * | `promptSets` | set | an imported set's name, size and origin |
 * | `promptBlocks` | set, number | some of its prompts |
 * | `models` | id | a stored model: where it came from, and its files' hashes |
 * | `transfers` | id | a model on its way into the storage: which of its files have come |
 * | `partials` | id | how far a file of a transfer has come, with the state of its hash |
 *
 * A key begins with its owner, so that one key range is all that an owner has, and deleting it leaves nothing behind.
 */
import type { DBSchema } from 'idb';
import type { Digest } from '../hub/repository';
import type { Failure } from '../lib/errors';
import type { ModelDescription } from '../model/describe';
import type { Arm } from '../recipe/recipe';
import type { Purpose, Rollout } from '../records/candidates';
import type { Evaluation } from '../records/evaluations';
import type { RejudgedPair, Rejudgement, StoredJudgement } from '../records/judgements';
import type { ReferenceLogps, StoredPairEdit } from '../records/pairs';
import type { Prompt, PromptSetInfo } from '../records/prompts';
import type { RunSummary, Warning } from '../records/runs';
import type { IterationSummary, SftStep, StepMetrics } from '../records/training';
import type { CastVote } from '../records/votes';

export interface ChunkInfo {
  readonly id: string;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

/** The parts follow one another without gaps; the chunks are cut from the whole. */
export interface Manifest {
  /** Bytes of each part. */
  readonly parts: readonly number[];
  readonly chunks: readonly ChunkInfo[];
}

interface Versioned {
  /** Version of the database that gave the record its shape. */
  readonly version: number;
}

export interface Row<T> extends Versioned {
  readonly runId: string;
  readonly value: T;
}

export interface CountedRow<T> extends Row<T> {
  /** Length of the value's JSON (of a re-judgement its prompts' too), as it was counted into the run's `bytes`. */
  readonly bytes: number;
}

/** Of one prompt; its bytes are counted with the re-judgement's own. */
export interface RejudgedRow<T> extends Row<T> {
  readonly rejudgement: string;
}

export interface WarningRow extends Row<Warning> {
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A committed checkpoint without its arrays: the manifest's parts are weights, or weights, m and v. */
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

/** Parts of the manifest: adapter_config.json, adapter_model.safetensors. */
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

/** Some models share files: the hash is the file's name. */
export interface ModelFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Where a model comes from; repository, revision and licence are the Hub's. */
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
  /** null where its files could not be understood. */
  readonly description: ModelDescription | null;
}

export interface ModelRecord extends StoredModel, Versioned {}

export interface TransferFile {
  readonly name: string;
  readonly bytes: number;
  /** What it must be; null where nobody says. */
  readonly digest: Digest | null;
  /** Once it has come. */
  readonly sha256: string | null;
  /** Id of what has come so far. */
  readonly partial: string;
}

export interface Transfer extends ModelOrigin {
  readonly files: readonly TransferFile[];
  /** Why it ended; null where it was paused, or cut off by a reload. */
  readonly failure: Failure | null;
}

export interface TransferRecord extends Transfer, Versioned {}

export interface PartialRecord extends Versioned {
  readonly id: string;
  readonly received: number;
  readonly etag: string | null;
  /** The hashes' states at `received`. */
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
