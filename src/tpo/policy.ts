/** What the loop asks of the model. The loop knows no GPU; `src/worker` hands it the real thing. Types only. */
import type { VerdictLogps } from '../judges/self';
import type { Completion, GenerateRequest, GenerationCounts, Sampling } from '../model/generator';
import type { Arm, Recipe } from '../recipe/recipe';
import type { ArmState } from '../records/checkpoints';
import type { PreferencePair, ReferenceLogps, SftSample } from '../records/pairs';

export type { Completion, GenerateRequest, GenerationCounts, Sampling } from '../model/generator';

export interface StepResult {
  readonly loss: number;
  /** Of each pair, in the order given. */
  readonly rewardsChosen: readonly number[];
  readonly rewardsRejected: readonly number[];
  readonly logpsChosen: readonly number[];
  readonly logpsRejected: readonly number[];
  /** Before clipping. */
  readonly gradNorm: number;
  readonly tokens: number;
}

export interface SftResult extends Pick<StepResult, 'loss' | 'gradNorm' | 'tokens'> {
  /** Of each sample, in the order given. */
  readonly logps: readonly number[];
}

export interface Policy {
  /** Tokens, prompt and completion together. */
  readonly contextLength: number;
  /**
   * The chat template around one user message, up to where the assistant begins.
   * @param native whether a model that can think its own way is to do so
   * @throws LabError unsupported-model
   */
  encodePrompt(message: string, native: boolean): Promise<readonly number[]>;
  /** Special tokens left out. */
  decode(tokens: readonly number[]): string;
  /**
   * Writes K candidates for each request, many at once. `onTokens` sees each candidate grow (tokens so far), `onPrompt` is
   * called once a prompt, when its last candidate is done, in any order of prompts; generation waits for its promise only
   * at the end. Stops soon after `signal` aborts, and then resolves: prompts that are not done are simply not reported.
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
  /** Summed log-probabilities of both completions under the arm's adapter as it is now. */
  logps(arm: Arm, pairs: readonly PreferencePair[]): Promise<readonly ReferenceLogps[]>;
  /**
   * The model as a judge, without its adapter: of each message the log-probabilities of the answers A and B, behind `[[` where the message
   * asks for `[[A]]` or `[[B]]`. Only of a recipe that names this judge, and only while nothing is written.
   * @throws LabError device-lost, unsupported-model (the chat template, the tokenizer)
   */
  verdictLogps(messages: readonly string[]): Promise<readonly VerdictLogps[]>;
  /** Forgets the optimiser's moments. */
  beginIteration(arm: Arm): Promise<void>;
  /** One optimiser step on these pairs (in micro-batches where they do not fit at once). @throws LabError not-finite, device-lost */
  trainStep(
    arm: Arm,
    pairs: readonly PreferencePair[],
    reference: readonly ReferenceLogps[],
    learningRate: number,
  ): Promise<StepResult>;
  /** One optimiser step on the mean negative log-likelihood of the samples' tokens. @throws LabError not-finite, device-lost */
  sftStep(arm: Arm, samples: readonly SftSample[], learningRate: number): Promise<SftResult>;
  state(arm: Arm): Promise<ArmState>;
  /** Moments that are given replace those of the other arm: only one arm is in training at a time. */
  setState(arm: Arm, state: ArmState): Promise<void>;
  /**
   * What the arm begins with: the imported adapter that the recipe names for the thinking arm, else a fresh one: A
   * kaiming-uniform from the seed, B zero. @throws LabError not-found, bad-file (an imported one)
   */
  initialState(arm: Arm, seed: number): Promise<ArmState>;
  readonly memory: { readonly planned: number; peak(): number };
  dispose(): void;
}

export type PolicyFactory = (recipe: Recipe, onProgress: (done: number, total: number) => void) => Promise<Policy>;
