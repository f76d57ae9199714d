/** Events that the worker sends to the page. Types only. */

import type { Arm } from '../recipe/recipe';
import type { LiveCandidates, Rollout } from './candidates';
import type { DryProgress } from './dry-sample';
import type { Evaluation } from './evaluations';
import type { JudgeFacts } from './judgements';
import type { JudgeState } from './judges';
import type { Download } from './models';
import type { Progress } from './progress';
import type { PromptProgress } from './prompts';
import type { RunSummary, Warning } from './runs';
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
  /** Of an iteration that is being judged, now and then. */
  | { readonly type: 'judge-facts'; readonly iteration: number; readonly arm: Arm; readonly facts: JudgeFacts }
  | { readonly type: 'warning'; readonly warning: Warning }
  /** Of a run that a person judges: so many prompts wait for a vote. */
  | { readonly type: 'ballots'; readonly runId: string; readonly waiting: number }
  /** Of this tab's re-judging. */
  | { readonly type: 'rejudge'; readonly done: number; readonly total: number }
  /** Of this tab's dry sample. */
  | { readonly type: 'dry-sample'; readonly progress: DryProgress }
  /** What this tab's judge does before it can answer, or a judge's model that is fetched; null when it is done. */
  | { readonly type: 'judge'; readonly state: JudgeState | null }
  /** Of what this tab fetches or makes for its prompt sets. */
  | { readonly type: 'prompts'; readonly progress: PromptProgress }
  /** Another tab holds the run's lock: this one only watches. */
  | { readonly type: 'other-tab'; readonly runId: string | null }
  /** How far it is. One that has ended is gone from `downloads()`, and `models` says so. */
  | { readonly type: 'download'; readonly download: Download }
  /** Models or downloads came or went: ask again. */
  | { readonly type: 'models' };
