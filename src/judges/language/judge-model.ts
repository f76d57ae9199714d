/**
 * A language model that is asked for verdicts, wherever it runs: in WebLLM, on a server, or the policy itself. Types
 * only.
 */
import type { JudgePace } from '../judge';

export interface JudgeQuestion {
  /**
   * The form of the verdict in the reply: `[[1]]` to `[[9]]` for a rating; `[[A]]`, `[[B]]` or `[[C]]` (a tie) for a
   * comparison.
   */
  readonly kind: 'rating' | 'comparison';
  /** The complete user turn: template, instruction and fenced responses. */
  readonly message: string;
}

export interface JudgeReply {
  /** The model's text, or a note in parentheses that says why there is none. */
  readonly text: string;
  /**
   * Natural logarithms of the probabilities of the verdicts A and B. Only for a comparison, if the model gives them.
   */
  readonly logps?: { readonly A: number; readonly B: number };
}

export interface JudgeModel {
  /** For example `webllm SmolLM2-135M-Instruct`. */
  readonly name: string;
  /** Number of questions that may be asked at once. */
  readonly concurrency: number;
  /** As in `Judge`. */
  readonly pace?: JudgePace;
  /** @throws LabError judge-failed, judge-limit; the signal's reason when it is aborted */
  ask(question: JudgeQuestion, signal?: AbortSignal): Promise<JudgeReply>;
  /** Frees GPU memory; the next question loads the model again. */
  release?(): Promise<void>;
  /** Ends the model for good. Calls in flight reject. */
  dispose(): void;
}
