/** The options and the report of the judges' benchmark page. */

/** A right and a wrong response of the bundled model to one held-out prompt, by the rule. */
export interface JudgePair {
  readonly id: string;
  readonly category: string;
  readonly instruction: string;
  readonly answer: string;
  readonly check: string;
  readonly right: string;
  readonly wrong: string;
}

export interface JudgeOptions {
  /** Names of the judges to measure. */
  readonly judges: readonly string[];
  /** A GGUF file as the policy for the judge `self`; null for the bundled model. */
  readonly model: { readonly name: string; readonly url: string } | null;
  /** An OpenAI-compatible server. */
  readonly remote: { readonly url: string; readonly model: string } | null;
  /** WebLLM's record of a model. */
  readonly webllm: { readonly id: string; readonly model: string; readonly modelLib: string };
  /** Number of pairs to judge. */
  readonly pairs: number;
  /** Number of pairs whose right response is also compared with control rows. */
  readonly controls: number;
}

export interface JudgeResult {
  /** The judge's own name. */
  readonly judge: string;
  readonly pairs: number;
  /** Pairs whose right response got the higher, the lower, or the same score. */
  readonly right: number;
  readonly wrong: number;
  readonly tied: number;
  /** Pairs with fewer than two scores. */
  readonly silent: number;
  /** Control rows (src/judges/controls.ts) of the first pairs, and how many of them the judge failed. */
  readonly controls: { readonly rows: number; readonly failed: number };
  /** Comparisons in both orders, and how many the order decided; null if the judge does not compare. */
  readonly orders: { readonly meetings: number; readonly decided: number } | null;
  /** Seconds to load the judge. */
  readonly loadSeconds: number;
  /** Seconds for all pairs, without loading and control rows. */
  readonly seconds: number;
  /** Questions to a language model; 0 for other judges. */
  readonly calls: number;
}

export interface JudgeReport {
  readonly version: 1;
  /** The browser's name for the adapter. */
  readonly device: string;
  readonly results: readonly JudgeResult[];
}

declare global {
  /** Set by bench/judges/main.ts. */
  var judgeBench: (options: JudgeOptions) => Promise<JudgeReport>;
  /** Generates the pairs in bench/judges/pairs.json with the bundled model. */
  var samplePairs: (count: number) => Promise<readonly JudgePair[]>;
}
