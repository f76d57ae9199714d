/** The model as the loop sees it. The loop knows no GPU: `src/worker` passes it the real policy. Types only. */

import type { VerdictLogps } from '../judges/self';
import type { Completion, GenerateRequest, GenerationCounts, Sampling } from '../model/generation/request';
import type { Arm, Recipe } from '../recipe/recipe';
import type { PreferencePair, ReferenceLogps, SftSample } from '../records/pairs';
import type { OpeningProgress } from '../records/progress';
import type { ArmState } from '../records/runs';
import type { PhaseCosts } from '../training/phase-costs';

/** The result of a preference step. Arrays have one value per pair, in the order of the pairs. */
export interface StepResult {
  readonly loss: number;
  readonly rewardsChosen: readonly number[];
  readonly rewardsRejected: readonly number[];
  readonly logpsChosen: readonly number[];
  readonly logpsRejected: readonly number[];
  /** Norm of the gradient before clipping. */
  readonly gradNorm: number;
  readonly tokens: number;
}

export interface SftResult extends Pick<StepResult, 'loss' | 'gradNorm' | 'tokens'> {
  /** Summed log-probability of each sample's completion, in the order of the samples. */
  readonly logps: readonly number[];
}

export interface Policy {
  /** The longest sequence of prompt and completion, in tokens. */
  readonly contextLength: number;
  /**
   * Tokens of one user message in the chat template, up to where the assistant's turn begins.
   * @param native whether the template enables the model's native thinking, if it has any
   * @throws LabError unsupported-model
   */
  encodePrompt(message: string, native: boolean): Promise<readonly number[]>;
  /** Decodes tokens without the special ones. */
  decode(tokens: readonly number[]): string;
  /**
   * Generates `k` completions for each request, many at once. Stops soon after `signal` aborts, and then resolves:
   * prompts that are not finished are not reported.
   * @param on.tokens called as a completion grows, with all its tokens so far
   * @param on.prompt called once per prompt, when its last completion is finished; in any order of prompts
   * @throws LabError device-lost, out-of-memory
   */
  generate(
    arm: Arm,
    requests: readonly GenerateRequest[],
    sampling: Sampling,
    on: {
      tokens(position: number, candidate: number, tokens: readonly number[], done: boolean): void;
      prompt(position: number, completions: readonly Completion[], counts: GenerationCounts): void;
    },
    signal: AbortSignal,
  ): Promise<GenerationCounts>;
  /**
   * Log-probabilities of both completions of each pair under the arm's current adapter, summed over completion
   * tokens.
   */
  logps(arm: Arm, pairs: readonly PreferencePair[]): Promise<readonly ReferenceLogps[]>;
  /**
   * Uses the base model, without an adapter, as a judge. For each message, the log-probabilities of the answers A and
   * B, after `[[` if the message asks for `[[A]]` or `[[B]]`. Only if the recipe names this judge, and only while
   * nothing is generated.
   * @throws LabError device-lost, unsupported-model (the chat template, the tokenizer)
   */
  verdictLogps(messages: readonly string[]): Promise<readonly VerdictLogps[]>;
  /** Resets the optimiser's moments to zero. */
  beginIteration(arm: Arm): Promise<void>;
  /**
   * One optimiser step on the preference loss of the pairs. They are split into micro-batches if they do not fit at
   * once.
   * @throws LabError not-finite, device-lost
   */
  trainStep(
    arm: Arm,
    pairs: readonly PreferencePair[],
    reference: readonly ReferenceLogps[],
    learningRate: number,
  ): Promise<StepResult>;
  /**
   * One optimiser step on the mean negative log-likelihood of the samples' completion tokens.
   * @throws LabError not-finite, device-lost
   */
  sftStep(arm: Arm, samples: readonly SftSample[], learningRate: number): Promise<SftResult>;
  state(arm: Arm): Promise<ArmState>;
  /** Sets an arm's adapter. Moments replace those of the other arm: only one arm trains at a time. */
  setState(arm: Arm, state: ArmState): Promise<void>;
  /**
   * The adapter that an arm begins with. For the thinking arm, the imported adapter that the recipe names, if any;
   * otherwise a new one, with A drawn from the seed (Kaiming-uniform) and B zero.
   * @throws LabError not-found, bad-file (of the imported adapter)
   */
  initialState(arm: Arm, seed: number): Promise<ArmState>;
  /** Candidates that are generated at once. */
  readonly lanes: number;
  /** Predicts how long the policy's work takes. Null if the speed of its device is unknown. */
  readonly costs: PhaseCosts | null;
  /** GPU memory in bytes: as planned, and the highest so far. */
  readonly memory: { readonly planned: number; peak(): number };
  dispose(): void;
}

/** How a policy is opened. */
export interface OpeningOptions {
  readonly onProgress: (progress: OpeningProgress) => void;
  /** Cancels the opening, which then rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** The run that the policy is for: it gets the same kernels each time. Null for a policy outside of runs. */
  readonly runId: string | null;
}

export type PolicyFactory = (recipe: Recipe, options: OpeningOptions) => Promise<Policy>;
