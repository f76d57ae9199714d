/** The options and the report of the page that compares the engine with WebLLM. */
import type { Measurement } from '../report';

export interface WebllmOptions {
  /** The model as a GGUF file, for our engine. */
  readonly model: { readonly name: string; readonly url: string };
  /** WebLLM's record of the same model. */
  readonly webllm: { readonly id: string; readonly model: string; readonly modelLib: string };
  readonly rounds: number;
}

export interface WebllmReport {
  readonly version: 1;
  /** The browser's name for the adapter. */
  readonly device: string;
  readonly rounds: number;
  /** In tokens per second. */
  readonly measurements: readonly Measurement[];
  /** What each engine wrote, greedily, to the same prompt. The texts must be equal. */
  readonly texts: Readonly<Record<string, string>>;
}

declare global {
  /** Set by bench/webllm/main.ts. */
  var webllmBench: (options: WebllmOptions) => Promise<WebllmReport>;
}
