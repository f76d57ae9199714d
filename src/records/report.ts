/** Results that commands print or write: the report of `npm run tpo`, and parity. Types only. */

import type { Arm, Recipe } from '../recipe/recipe';
import type { DeviceInfo } from './device';
import type { WinRate } from './evaluations';
import type { JudgeFacts } from './judgements';

/** The report of `npm run tpo`, version 1. */
export interface Report {
  readonly version: 1;
  readonly recipe: Recipe;
  /** The number that the run has chosen, if the recipe left it to the run. */
  readonly lanes?: number;
  readonly device: DeviceInfo;
  readonly evaluations: readonly {
    iteration: number;
    arm: Arm;
    prompts: number;
    /** Prompts that the rule can check. Null for older runs. */
    checkable: number | null;
    accuracy: number | null;
    meanScore: number | null;
    malformed: number;
    thoughtTokens: number | null;
    responseTokens: number | null;
    judge: string;
    winRates: readonly WinRate[];
  }[];
  readonly iterations: readonly {
    iteration: number;
    arm: Arm;
    prompts: number;
    candidates: number;
    malformed: number;
    pairs: number;
    noPair: Record<string, number>;
    train: {
      steps: number;
      loss: number[];
      'rewards/accuracies': number[];
      'rewards/margins': number[];
      'logps/chosen': number[];
      'logps/rejected': number[];
      grad_norm: number[];
      learning_rate: number[];
    };
    tokens: { prefill: number; decoded: number; trained: number };
    seconds: { generate: number; judge: number; reference: number; train: number; evaluate: number };
    /** Null if nothing was judged, and in older runs. */
    judge: JudgeFacts | null;
  }[];
  /** Absent if the run has none. */
  readonly warmUp?: {
    arm: Arm;
    prompts: number;
    candidates: number;
    malformed: number;
    /** Completions that were trained on. */
    samples: number;
    train: { steps: number; loss: number[]; grad_norm: number[]; learning_rate: number[] };
    tokens: { prefill: number; decoded: number; trained: number };
    seconds: { generate: number; train: number };
  };
  /** GPU memory in bytes. */
  readonly memory: { readonly planned: number; readonly peak: number };
  /** The file of the thinking arm's adapter, or of the only arm's. */
  readonly adapter: { readonly sha256: string };
}

/** A folder of golden numbers, with the layout of e2e/golden/models/<name>. */
export interface ParityFolder {
  readonly name: string;
  /** Address of the folder. Ends with a slash. */
  readonly url: string;
  /** Paths relative to `url`, with forward slashes. */
  readonly files: readonly string[];
  /** Name and address of a GGUF file, if the folder has no weights. */
  readonly model: { readonly name: string; readonly url: string } | null;
}

/** One quantity of one model, compared with its golden numbers. */
export interface ParityRow {
  /** E.g. "logits", "gradient of layers.0.self_attn.q_proj.lora_A". */
  readonly quantity: string;
  /** The largest absolute difference. */
  readonly maxAbsolute: number;
  /** `maxAbsolute`, divided by the largest entry of the same tensor. */
  readonly maxRelative: number;
  /** From the tolerance table, e.g. "2e-4 abs". */
  readonly tolerance: string;
  readonly ok: boolean;
}
