/** A language model that is asked for verdicts, wherever it runs. Types only. */
import type { Judge } from '../judge';

export interface JudgeQuestion {
  /** `rating`: the reply is to hold `[[1]]` … `[[9]]`. `comparison`: `[[A]]`, `[[B]]` or `[[C]]` (a tie). */
  readonly kind: 'rating' | 'comparison';
  /** The user's turn, whole: words, instruction and fenced responses. */
  readonly message: string;
}

export interface JudgeReply {
  /** Capped by who received it. */
  readonly text: string;
  /** Of a comparison, where the model tells them: natural logarithms of the probabilities of the verdicts. */
  readonly logps?: { readonly A: number; readonly B: number };
}

export interface JudgeModel {
  /** e.g. `webllm SmolLM2-135M-Instruct`. */
  readonly name: string;
  /** Calls that it takes at once. */
  readonly concurrency: number;
  /** At once, unless it says so. */
  readonly pace?: Exclude<Judge['pace'], undefined>;
  /** @throws LabError judge-failed */
  ask(question: JudgeQuestion, signal?: AbortSignal): Promise<JudgeReply>;
  release?(): Promise<void>;
  dispose(): void;
}
