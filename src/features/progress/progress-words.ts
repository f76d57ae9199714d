/** The progress of a run in words, for the line and for the tab's title. */

import type { Phase, Progress } from '../../records/progress';
import type { CurrentRun } from '../../state/run';
import { count, duration, subscript } from '../../ui/format';

const DOING: Record<Phase, string> = {
  load: 'Loading the model',
  generate: 'Thinking',
  judge: 'Judging',
  vote: 'Waiting for your choice',
  pair: 'Making pairs',
  release: 'Making room for training',
  reference: 'Reference log-probabilities',
  train: 'Training',
  'warm-up': 'Warming up',
  evaluate: 'Evaluating',
  save: 'Saving',
};

const SHORT: Record<Phase, string> = {
  load: 'loading',
  generate: 'thinking',
  judge: 'judging',
  vote: 'your choice',
  pair: 'pairing',
  release: 'making room',
  reference: 'reference',
  train: 'training',
  'warm-up': 'warming up',
  evaluate: 'evaluating',
  save: 'saving',
};

export function phaseWords(progress: Progress): string {
  if (progress.phase === 'generate' && progress.arm === 'direct') return 'Answering';
  if (progress.phase === 'evaluate') return `Evaluating M${subscript(progress.iteration)}`;
  return DOING[progress.phase];
}

export function whereWords(progress: Progress): string {
  const arm = progress.arm === null ? '' : progress.arm === 'thinking' ? 'thinks first' : 'answers at once';
  // The warm-up is not judged.
  const before = progress.phase === 'evaluate' || progress.phase === 'judge' ? 'before training' : 'warm-up';
  const iteration = progress.iteration === 0 ? before : `iteration ${progress.iteration} of ${progress.iterations}`;
  return progress.phase === 'load' ? '' : [iteration, arm].filter(Boolean).join(' · ');
}

export function countWords(progress: Progress): string {
  if (progress.phase === 'vote') {
    const waiting = progress.total - progress.done;
    return `${count(waiting)} ${waiting === 1 ? 'prompt waits' : 'prompts wait'}`;
  }
  return `${count(progress.done)} / ${count(progress.total)} ${progress.unit}`;
}

/** The tab's title: what is needed to know when to come back. */
export function titleOf({ run, active, progress }: CurrentRun): string {
  const page = 'Thinking Lab';
  if (run === null || !active) return run?.status === 'finished' ? `Finished – ${page}` : page;
  if (progress === null) return `Starting – ${page}`;
  const sign = run.status === 'paused' ? '❚❚' : '▶';
  const left = progress.secondsLeft === null ? '' : ` · ${duration(progress.secondsLeft)} left`;
  const where =
    progress.iterations > 0 && progress.phase !== 'load' ? ` ${progress.iteration}/${progress.iterations}` : '';
  return `${sign}${where} ${SHORT[progress.phase]} ${progress.done}/${progress.total}${left} – ${page}`;
}
