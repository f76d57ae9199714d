/** The engine compared with golden numbers. Types only. */

/** A folder of golden numbers, laid out as e2e/golden/models/<name> is. */
export interface ParityFolder {
  readonly name: string;
  /** Ends with a slash; the files lie below it. */
  readonly url: string;
  /** Paths relative to `url`, with forward slashes. */
  readonly files: readonly string[];
  /** A GGUF file where the folder has no weights: its name and address. */
  readonly model: { readonly name: string; readonly url: string } | null;
}

/** One quantity of one model, against its golden numbers. */
export interface ParityRow {
  /** e.g. "logits", "gradient of layers.0.self_attn.q_proj.lora_A". */
  readonly quantity: string;
  readonly maxAbsolute: number;
  /** Relative to the largest entry of the same tensor. */
  readonly maxRelative: number;
  /** As the tolerance table says it, e.g. "2e-4 abs". */
  readonly tolerance: string;
  readonly ok: boolean;
}
