/** What the judges' page is asked, and hands over. */

/** Two responses of the bundled model to one held-out prompt, of which the rule knows better. */
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
  /** By name. */
  readonly judges: readonly string[];
  /** A GGUF file as the policy that judges itself; null: the bundled model. */
  readonly model: { readonly name: string; readonly url: string } | null;
  /** A server that speaks as OpenAI's. */
  readonly remote: { readonly url: string; readonly model: string } | null;
  /** A model's folder and its library, as WebLLM takes them. */
  readonly webllm: { readonly id: string; readonly model: string; readonly modelLib: string };
  readonly pairs: number;
  /** Pairs whose right response is also held against control rows. */
  readonly controls: number;
}

export interface JudgeResult {
  /** As it names itself. */
  readonly judge: string;
  readonly pairs: number;
  /** Pairs whose right response it scored higher, lower, and neither. */
  readonly right: number;
  readonly wrong: number;
  readonly tied: number;
  /** Pairs of which it scored not both. */
  readonly silent: number;
  /** Control rows (src/judges/controls.ts) of the first pairs, and how many of them it failed. */
  readonly controls: { readonly rows: number; readonly failed: number };
  /** Meetings that were asked in both orders, and how many of them the order decided; null where it compares none. */
  readonly orders: { readonly meetings: number; readonly decided: number } | null;
  /** Before its first verdict, and of all verdicts on the pairs. */
  readonly loadSeconds: number;
  readonly seconds: number;
  /** Questions to a language model; 0 where it is asked in no words. */
  readonly calls: number;
}

export interface JudgeReport {
  readonly version: 1;
  /** As the browser names the adapter. */
  readonly device: string;
  readonly results: readonly JudgeResult[];
}

declare global {
  /** Put there by bench/judges/main.ts. */
  var judgeBench: (options: JudgeOptions) => Promise<JudgeReport>;
  /** The pairs as the bundled model writes them, for bench/judges/pairs.json. */
  var samplePairs: (count: number) => Promise<readonly JudgePair[]>;
}
