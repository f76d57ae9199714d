/** The progress of a run in words, for the progress line and the title of the browser tab. */
import type { Phase, Progress } from '../../records/progress';
import type { RunStatus } from '../../records/runs';
import type { CurrentRun } from '../../state/runs/current-run';
import { ARM_NAME, count, duration, subscript } from '../../ui/format';

const PHASE_NAMES: Record<Phase, string> = {
  lanes: 'Choosing the number of lanes',
  tune: 'Choosing the fastest kernels for this device',
  load: 'Loading the model',
  generate: 'Thinking',
  judge: 'Judging',
  vote: 'Waiting for your choice',
  pair: 'Making pairs',
  release: 'Freeing memory for training',
  reference: 'Computing reference log-probabilities',
  train: 'Training',
  'warm-up': 'Warming up',
  evaluate: 'Evaluating',
  save: 'Saving',
};

const TITLE_NAMES: Record<Phase, string> = {
  lanes: 'choosing lanes',
  tune: 'choosing kernels',
  load: 'loading',
  generate: 'thinking',
  judge: 'judging',
  vote: 'your choice',
  pair: 'pairing',
  release: 'freeing memory',
  reference: 'reference',
  train: 'training',
  'warm-up': 'warming up',
  evaluate: 'evaluating',
  save: 'saving',
};

export function phaseWords(progress: Progress): string {
  if (progress.phase === 'generate' && progress.arm === 'direct') return 'Answering';
  if (progress.phase === 'evaluate') return `Evaluating M${subscript(progress.iteration)}`;
  return PHASE_NAMES[progress.phase];
}

/** The phase of a paused run. Only the first letter is lowered: models are called M₀, M₁ … */
export function pausedWords(progress: Progress): string {
  const phase = phaseWords(progress);
  return `Paused: ${phase.charAt(0).toLowerCase()}${phase.slice(1)}`;
}

export function whereWords(progress: Progress): string {
  const arm = progress.arm === null ? '' : ARM_NAME[progress.arm];
  // Iteration 0 is the evaluation before training or the warm-up. A warm-up is never judged.
  const before = progress.phase === 'evaluate' || progress.phase === 'judge' ? 'before training' : 'warm-up';
  const iteration = progress.iteration === 0 ? before : `iteration ${progress.iteration} of ${progress.iterations}`;
  return opens(progress) ? '' : [iteration, arm].filter(Boolean).join(' · ');
}

/** Whether the model is still being opened. */
const opens = ({ phase }: Progress): boolean => phase === 'lanes' || phase === 'tune' || phase === 'load';

export function countWords(progress: Progress): string {
  if (progress.phase === 'vote') {
    const waiting = progress.total - progress.done;
    return `${count(waiting)} ${waiting === 1 ? 'prompt waits' : 'prompts wait'}`;
  }
  return `${count(progress.done)} / ${count(progress.total)} ${progress.counts}`;
}

/** The title of the browser tab. It says how far the run is and how long it still takes. */
export function titleOf({ run, active, progress }: CurrentRun): string {
  const page = 'Thinking Lab';
  if (run === null || !active) return run?.status === 'finished' ? `Finished – ${page}` : page;
  if (progress === null) return `Starting – ${page}`;
  const sign = run.status === 'paused' ? '❚❚' : '▶';
  const left = progress.secondsLeft === null ? '' : ` · ${duration(progress.secondsLeft)} left`;
  const where = progress.iterations > 0 && !opens(progress) ? ` ${progress.iteration}/${progress.iterations}` : '';
  return `${sign}${where} ${TITLE_NAMES[progress.phase]} ${progress.done}/${progress.total}${left} – ${page}`;
}

/** Text of the progress line when no run is active. */
export function idleWords(status: RunStatus | undefined, name: string | undefined): string {
  if (status === undefined) return 'No run yet.';
  if (status === 'finished') return `${name} is finished.`;
  if (status === 'failed') return `${name} stopped with an error. Everything before it is saved.`;
  return `${name} is stopped. Everything it has done is saved.`;
}
