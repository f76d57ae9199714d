/** Parity: the engine's numbers compared with golden numbers of PyTorch. Types only. */

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
