/** Records with unremarkable values. Tests change those that they are about. */
import { PRESETS } from '../../recipe/presets';
import type { Candidate, Rollout } from '../../records/candidates';
import type { Evaluation } from '../../records/evaluations';
import type { StoredJudgement } from '../../records/judgements';
import type { PairChoice } from '../../records/pairs';
import type { Prompt } from '../../records/prompts';
import type { RunSummary } from '../../records/runs';
import type { SftStep, StepMetrics } from '../../records/training';

export function candidate(change: Partial<Candidate> = {}): Candidate {
  return {
    index: 0,
    tokens: [7, 8, 9, 2],
    text: 'a thought, a response',
    ended: true,
    thought: 'a thought',
    response: 'a response',
    malformed: null,
    thoughtTokens: 2,
    responseTokens: 1,
    score: 1,
    correct: true,
    s: 0,
    ...change,
  };
}

export function judgement(change: Partial<StoredJudgement> = {}): StoredJudgement {
  return {
    judge: 'rule',
    promptVersion: null,
    detail: '',
    calls: [],
    members: [],
    flags: [],
    controls: [],
    ...change,
  };
}

export function rollout(
  candidates: readonly Candidate[],
  pair: PairChoice | null,
  prompt: Partial<Prompt> = {},
  change: Partial<Rollout> = {},
): Rollout {
  return {
    purpose: pair === null ? 'evaluate' : 'train',
    iteration: 1,
    arm: 'thinking',
    position: 0,
    prompt: { id: 'p', instruction: 'x', ...prompt },
    promptTokens: [1, 5, 6],
    candidates,
    pair,
    judgement: judgement(),
    comparisons: [],
    seconds: { generate: 2, judge: 0.5 },
    ...change,
  };
}

export function step(change: Partial<StepMetrics> = {}): StepMetrics {
  return {
    iteration: 1,
    arm: 'thinking',
    step: 1,
    steps: 8,
    loss: 0.69,
    'rewards/chosen': 0,
    'rewards/rejected': -0.1,
    'rewards/accuracies': 0.5,
    'rewards/margins': 0.1,
    'logps/chosen': -20,
    'logps/rejected': -25,
    grad_norm: 1,
    learning_rate: 1e-3,
    tokens: 100,
    seconds: 0.25,
    ...change,
  };
}

export function sftStep(change: Partial<SftStep> = {}): SftStep {
  return {
    iteration: 0,
    arm: 'thinking',
    step: 1,
    steps: 2,
    loss: 1.2,
    samples: 8,
    grad_norm: 2,
    learning_rate: 2e-4,
    tokens: 400,
    seconds: 0.2,
    ...change,
  };
}

export function evaluation(change: Partial<Evaluation> = {}): Evaluation {
  return {
    iteration: 0,
    arm: 'thinking',
    prompts: 300,
    samples: 2,
    accuracy: 0.4,
    accuracyInterval: [0.36, 0.44],
    meanScore: 0.4,
    meanScoreInterval: [0.36, 0.44],
    malformed: 0.05,
    thoughtTokens: 19,
    responseTokens: 5,
    byCategory: {},
    judge: 'rule',
    winRates: [],
    seconds: 10,
    ...change,
  };
}

/** A run that is running. */
export const runSummary = (change: Partial<RunSummary> = {}): RunSummary => ({
  id: 'a',
  name: 'a',
  created: 0,
  updated: 0,
  status: 'running',
  recipe: PRESETS.quick,
  device: 'd',
  bytes: 0,
  iterations: 0,
  failure: null,
  ...change,
});
