/** The graphics device, the browser's storage, and estimates of what a run needs. Types only. */
import type { JudgeKind } from '../recipe/judges/kinds';
import type { Recipe } from '../recipe/recipe';

/** The limits of a device, as measured. No kernel can be faster. */
export interface DeviceSpeed {
  /** Bytes that a copy in memory reads and writes, per second. */
  readonly bandwidth: number;
  /** Floating-point operations per second of multiply-adds in f32. A multiply-add counts as two. */
  readonly flops: number;
  /** The same of a single workgroup of 64 threads, which uses only a part of the device. */
  readonly groupFlops: number;
  /** `flops` in f16. Null without the feature `shader-f16`. */
  readonly halfFlops: number | null;
  /** Seconds that a dispatch takes that does almost nothing and waits for the one before it. */
  readonly dispatch: number;
  /** Seconds that a submit costs whose result is read, while the next one is in the queue. */
  readonly submit: number;
}

export interface DeviceInfo {
  /** The browser's name for it, e.g. "Apple M2" or "SwiftShader". */
  readonly name: string;
  /**
   * By the measured speed; `software` is computed without a GPU. Decides between the presets `quick` and `standard`.
   */
  readonly kind: 'software' | 'slow' | 'fast';
  readonly speed: DeviceSpeed;
  /** WebGPU features, e.g. `shader-f16`. */
  readonly features: readonly string[];
  /** In bytes, as `maxStorageBufferBindingSize`. */
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
}

/** One check of the self-test. */
export interface SelfCheck {
  /** E.g. "Logits". */
  readonly name: string;
  readonly passed: boolean;
  /** One sentence, with numbers. */
  readonly detail: string;
}

/** The measured speed of one kind of work. */
export interface WorkSpeed {
  /** E.g. "decode, 8 lanes". */
  readonly work: string;
  readonly tokensPerSecond: number;
  /** Seconds of one unit: a decode step of all lanes, the prefill of all prompts, a training step. */
  readonly seconds: number;
  /** Seconds of the unit as the cost model predicts them. */
  readonly predicted: number;
  /** Seconds that no implementation can beat on this device, divided by `seconds`. */
  readonly share: number;
}

/** The result of the self-test, version 1. Users send it to us as JSON. */
export interface DeviceReport {
  readonly version: 1;
  /** ISO 8601. */
  readonly date: string;
  /** The browser's user agent. */
  readonly browser: string;
  readonly device: DeviceInfo;
  /** Id of the model whose speed was measured. */
  readonly model: string;
  readonly checks: readonly SelfCheck[];
  readonly speeds: readonly WorkSpeed[];
  /** The kernel variant of each decision of the model's plans. */
  readonly variants: Readonly<Record<string, string>>;
}

export interface SelfTestProgress {
  /** What is being tested, as a short phrase. */
  readonly doing: string;
  /** Steps. */
  readonly done: number;
  readonly total: number;
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
  /** Number of lanes: the recipe's, or the one that a run would choose now. Null if the recipe cannot be planned. */
  readonly lanes: number | null;
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
