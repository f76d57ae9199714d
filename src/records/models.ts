/** Models and adapters: stored ones, downloads, and offers of the Hugging Face Hub. Types only. */
import type { Failure } from '../lib/errors';
import type { AdapterSettings } from '../recipe/faults';

/** What a model can be to the lab: the policy that learns, a judge that scores, or a judge that compares embeddings. */
export const MODEL_USES = ['policy', 'reward', 'embedding'] as const;

export type ModelUse = (typeof MODEL_USES)[number];

/** An adapter that was brought in as files. */
export interface ImportedAdapter {
  readonly id: string;
  readonly name: string;
  /** When it came in; milliseconds since 1970. */
  readonly created: number;
  readonly bytes: number;
  /** What a recipe must agree with to begin with it; null where the stored files are damaged. */
  readonly settings: AdapterSettings | null;
  /** As the adapter names it; '' where it does not. */
  readonly baseModel: string;
}

/** A model that a recipe can name: as its policy or as a judge. */
export interface ModelInfo {
  readonly id: string;
  readonly name: string;
  /** A policy, or a judge in ONNX. */
  readonly use: ModelUse;
  readonly source: 'bundled' | 'hub' | 'local';
  /** On the Hub, e.g. `HuggingFaceTB/SmolLM2-135M-Instruct`. */
  readonly repository: string | null;
  /** Of the repository: a commit. */
  readonly revision: string | null;
  readonly licence: string | null;
  /** Of its files. */
  readonly bytes: number;
  /** Hugging Face's name, e.g. `LlamaForCausalLM`. */
  readonly architecture: string | null;
  readonly parameters: number | null;
  /** Type of most of its values, e.g. `Q4_1`, `BF16`. */
  readonly quantization: string | null;
  /** Milliseconds since 1970; 0 for a bundled one. */
  readonly created: number;
  /** Stored but not usable: damaged or unsupported. */
  readonly failure: Failure | null;
}

/** Exact, from the plan alone. Bytes. */
export interface ModelCosts {
  readonly generation: number;
  readonly training: number;
  readonly trainingCheckpointed: number;
  /** A sentence that says why the recipe cannot be planned for this model; null where it can. */
  readonly refused: string | null;
}

export interface HubFile {
  /** Path within the repository. */
  readonly name: string;
  readonly bytes: number;
}

/** One of the ways in which a repository holds its model. */
export interface HubChoice {
  /** `safetensors`, or the path of the GGUF's or the judge's ONNX file. */
  readonly name: string;
  readonly files: readonly HubFile[];
  readonly bytes: number;
}

/** What a repository on the Hub has, at one commit. */
export interface HubOffer {
  readonly repository: string;
  readonly revision: string;
  readonly licence: string | null;
  /** Its files are given only to who accepted its terms. */
  readonly gated: boolean;
  readonly choices: readonly HubChoice[];
}

/** A model on its way into the storage. */
export interface Download {
  /** The id that the model will have. */
  readonly id: string;
  readonly name: string;
  readonly repository: string;
  readonly revision: string;
  readonly choice: string;
  readonly status: 'running' | 'paused' | 'checking' | 'failed';
  readonly bytes: number;
  readonly received: number;
  /** null while it does not run, or has only begun. */
  readonly bytesPerSecond: number | null;
  readonly secondsLeft: number | null;
  readonly failure: Failure | null;
}

/** A model that the page recommends. */
export interface CuratedModel {
  readonly name: string;
  readonly repository: string;
  readonly revision: string;
  /** The GGUF's file name; null for the safetensors. */
  readonly choice: string | null;
  readonly bytes: number;
  readonly licence: string;
  readonly parameters: number;
  readonly gated: boolean;
  readonly note: string;
  /** At K = 8 and 1,024 tokens. */
  readonly costs: ModelCosts;
}
