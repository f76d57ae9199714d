/** The device, its storage, and estimates of what a run needs. Types only. */
import type { JudgeKind } from '../recipe/judges/kinds';
import type { Recipe } from '../recipe/recipe';

export interface DeviceInfo {
  /** As the browser names it, e.g. "Apple M2" or "SwiftShader". */
  readonly name: string;
  /** `software`: no GPU behind it. Decides `quick` or `standard` together with a measured matmul. */
  readonly kind: 'software' | 'slow' | 'fast';
  readonly gflops: number;
  readonly features: readonly string[];
  /** Bytes. */
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
}

export interface MemoryPart {
  /** e.g. "weights", "adapter and optimiser", "KV cache", "activations". */
  readonly name: string;
  readonly bytes: number;
}

export interface Estimate {
  /** Exact: the ledger's peak when the recipe runs. */
  readonly bytes: number;
  readonly parts: readonly MemoryPart[];
  /** From this device's measured speed, and the judges' where it is known; null before anything was measured. */
  readonly seconds: number | null;
  /** Who is asked how often without anybody knowing how long it takes: that is not among the seconds. */
  readonly untimed?: readonly { readonly judge: JudgeKind; readonly questions: number }[];
  /** A sentence that names the value to change; null when it fits. */
  readonly refused: string | null;
  /** Field of the recipe that the refusal names. */
  readonly field: keyof Recipe | null;
}

export interface StorageInfo {
  /** Bytes. */
  readonly usage: number;
  readonly quota: number;
  readonly persisted: boolean;
}
