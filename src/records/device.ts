/** The graphics device, the browser's storage, and estimates of what a run needs. Types only. */
import type { JudgeKind } from '../recipe/judges/kinds';
import type { Recipe } from '../recipe/recipe';

export interface DeviceInfo {
  /** The browser's name for it, e.g. "Apple M2" or "SwiftShader". */
  readonly name: string;
  /**
   * By the measured speed; `software` is computed without a GPU. Decides between the presets `quick` and `standard`.
   */
  readonly kind: 'software' | 'slow' | 'fast';
  /** Measured speed of a matrix product, in GFLOP/s. */
  readonly gflops: number;
  /** WebGPU features, e.g. `shader-f16`. */
  readonly features: readonly string[];
  /** In bytes, as `maxStorageBufferBindingSize`. */
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
}

export interface MemoryPart {
  /** E.g. "weights", "adapters", "KV cache" or "activations". */
  readonly name: string;
  readonly bytes: number;
}

/** The resources that a run of a recipe needs. */
export interface Estimate {
  /** GPU memory in bytes. Exact: the ledger's peak when the recipe runs. */
  readonly bytes: number;
  readonly parts: readonly MemoryPart[];
  /** From the measured speed of this device and, if known, of the judges. Null before anything was measured. */
  readonly seconds: number | null;
  /** Judges whose speed is unknown, and how many questions they are asked. Their time is not part of `seconds`. */
  readonly untimed?: readonly { readonly judge: JudgeKind; readonly questions: number }[];
  /** Why the recipe cannot run, with the value to change. Null if it fits. */
  readonly refused: string | null;
  /** The recipe's field that the refusal names. */
  readonly field: keyof Recipe | null;
}

/** The browser's storage. */
export interface StorageInfo {
  /** Bytes in use. */
  readonly usage: number;
  /** Bytes that the browser allows. */
  readonly quota: number;
  /** Whether the browser has promised not to delete anything on its own. */
  readonly persisted: boolean;
}
