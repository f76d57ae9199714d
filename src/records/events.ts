/** Events that the worker sends to the page. Types only. */

import type { Arm } from '../recipe/recipe';
import type { DryProgress, LiveCandidates, Rollout } from './candidates';
import type { SelfTestProgress } from './device';
import type { Evaluation } from './evaluations';
import type { JudgeFacts } from './judgements';
import type { JudgeState } from './judges';
import type { Download } from './models';
import type { Progress, Warning } from './progress';
import type { PromptProgress } from './prompt-sets';
import type { RunSummary } from './runs';
import type { IterationSummary, SftStep, StepMetrics } from './training';

export type LabEvent =
  | { readonly type: 'run'; readonly run: RunSummary }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'live'; readonly live: readonly LiveCandidates[] }
  | { readonly type: 'rollout'; readonly rollout: Rollout }
  | { readonly type: 'step'; readonly step: StepMetrics }
  | { readonly type: 'sft-step'; readonly step: SftStep }
  | { readonly type: 'iteration'; readonly iteration: IterationSummary }
  | { readonly type: 'evaluation'; readonly evaluation: Evaluation }
  /** How reliable the judge of the training is so far. Sent now and then while an arm iteration is judged. */
  | { readonly type: 'judge-facts'; readonly iteration: number; readonly arm: Arm; readonly facts: JudgeFacts }
  | { readonly type: 'warning'; readonly warning: Warning }
  /** A person judges the run, and this number of prompts waits for a vote. */
  | { readonly type: 'ballots'; readonly runId: string; readonly waiting: number }
  /** Progress of judging again with another judge, in prompts. */
  | { readonly type: 'rejudge'; readonly done: number; readonly total: number }
  /** Progress of the dry sample. */
  | { readonly type: 'dry-sample'; readonly progress: DryProgress }
  /** Progress of the self-test of the device. */
  | { readonly type: 'self-test'; readonly progress: SelfTestProgress }
  /** The work of a judge before it can answer, e.g. loading its model. Null when it is ready. */
  | { readonly type: 'judge'; readonly state: JudgeState | null }
  /** Progress of prompts that are fetched or made. */
  | { readonly type: 'prompts'; readonly progress: PromptProgress }
  /** The run that another tab is running, which this tab only watches. Null if there is none. */
  | { readonly type: 'other-tab'; readonly runId: string | null }
  /** Progress of a download. When one has ended, it is no longer in `downloads()`, and a `models` event is sent. */
  | { readonly type: 'download'; readonly download: Download }
  /** The list of models or downloads has changed. */
  | { readonly type: 'models' };
