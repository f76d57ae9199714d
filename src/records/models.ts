/** Models and adapters: stored ones, downloads, and offers of the Hugging Face Hub. Types only. */
import type { Failure } from '../lib/errors';
import type { AdapterSettings } from '../recipe/faults';

/** The use of a model: as the policy, as a judge that scores, or as a judge that compares embeddings. */
export const MODEL_USES = ['policy', 'reward', 'embedding'] as const;

export type ModelUse = (typeof MODEL_USES)[number];

/** An adapter that the user has imported as files. */
export interface ImportedAdapter {
  readonly id: string;
  readonly name: string;
  /** When it was imported, in milliseconds since 1970. */
  readonly created: number;
  readonly bytes: number;
  /** The settings that a recipe needs to begin with this adapter. Null if the stored files are damaged. */
  readonly settings: AdapterSettings | null;
  /** The base model, as the adapter names it. Empty if it names none. */
  readonly baseModel: string;
}

/** A model that a recipe can name: as its policy or as a judge. */
export interface ModelInfo {
  readonly id: string;
  readonly name: string;
  /** `policy`, or a judge in ONNX. */
  readonly use: ModelUse;
  readonly source: 'bundled' | 'hub' | 'local';
  /** On the Hub, e.g. `HuggingFaceTB/SmolLM2-135M-Instruct`. Null for a model that is not from there. */
  readonly repository: string | null;
  /** Commit of the repository. */
  readonly revision: string | null;
  readonly licence: string | null;
  /** Size of its files. */
  readonly bytes: number;
  /** Hugging Face's name, e.g. `LlamaForCausalLM`. */
  readonly architecture: string | null;
  readonly parameters: number | null;
  /** Type of most of its values, e.g. `Q4_1` or `BF16`. */
  readonly quantization: string | null;
  /** Milliseconds since 1970. 0 for a bundled model. */
  readonly created: number;
  /** Why the stored model cannot be used: damaged or unsupported. Null if it can. */
  readonly failure: Failure | null;
}

/** GPU memory that a model needs, in bytes. Exact: computed from the plan. */
export interface ModelCosts {
  readonly generation: number;
  readonly training: number;
  readonly trainingCheckpointed: number;
  /** Why the recipe cannot be planned for this model. Null if it can. */
  readonly refused: string | null;
}

export interface HubFile {
  /** Path within the repository. */
  readonly name: string;
  readonly bytes: number;
}

/** One of the formats in which a repository offers its model. */
export interface HubChoice {
  /** `safetensors`, or the path of the GGUF or ONNX file. */
  readonly name: string;
  readonly files: readonly HubFile[];
  readonly bytes: number;
}

/** The models that a repository on the Hub offers, at one commit. */
export interface HubOffer {
  readonly repository: string;
  readonly revision: string;
  readonly licence: string | null;
  /** Whether its files can only be downloaded after accepting its terms. */
  readonly gated: boolean;
  readonly choices: readonly HubChoice[];
}

/** A model that is being downloaded. */
export interface Download {
  /** The id that the model will have. */
  readonly id: string;
  readonly name: string;
  readonly repository: string;
  readonly revision: string;
  readonly choice: string;
  readonly status: 'running' | 'paused' | 'checking' | 'failed';
  /** Size of the whole download. */
  readonly bytes: number;
  /** Bytes received so far. */
  readonly received: number;
  /** Null unless it is running and a speed has been measured. */
  readonly bytesPerSecond: number | null;
  readonly secondsLeft: number | null;
  readonly failure: Failure | null;
}

/** A model that the page recommends. */
export interface CuratedModel {
  readonly name: string;
  readonly repository: string;
  readonly revision: string;
  /** Name of the GGUF file. Null for safetensors. */
  readonly choice: string | null;
  readonly bytes: number;
  readonly licence: string;
  readonly parameters: number;
  readonly gated: boolean;
  readonly note: string;
  /** For K = 8 and 1,024 tokens. */
  readonly costs: ModelCosts;
}
