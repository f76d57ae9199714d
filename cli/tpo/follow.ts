/**
 * Watches a run until it ends, and prints its progress. Ctrl-C stops and keeps the run; a second Ctrl-C ends the
 * command.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Evaluation } from '../../src/records/evaluations';
import type { Warning } from '../../src/records/progress';
import type { RunSummary } from '../../src/records/runs';
import type { LabPage } from '../browser/lab-page';
import { evaluationText, iterationText, progressText, stageOf } from './progress-text';

/** Prints progress: one changing line on a terminal; in a file, a line per stage and then one from time to time. */
class ProgressLine {
  private stage = '';
  private printed = 0;
  private shown = false;

  constructor(private readonly secondsBetween = 20) {}

  show(stage: string, text: string): void {
    if (process.stdout.isTTY) {
      process.stdout.write(`\r\x1b[K${text.slice(0, process.stdout.columns - 1)}`);
      this.shown = true;
    } else if (stage !== this.stage || performance.now() - this.printed > this.secondsBetween * 1000) {
      console.log(text);
      this.printed = performance.now();
    }
    this.stage = stage;
  }

  /** Prints a permanent line. */
  say(text: string): void {
    if (this.shown) process.stdout.write('\r\x1b[K');
    this.shown = false;
    console.log(text);
  }
}

/** Whether the evaluation is complete. The thinking arm's gets a win rate once the direct arm has been evaluated. */
function isComplete(
  { iteration, arm, winRates }: Evaluation,
  evaluations: readonly Evaluation[],
  warnings: readonly Warning[],
  { recipe }: RunSummary,
): boolean {
  if (arm === 'direct' || !recipe.arms.includes('direct') || winRates.some(({ against }) => against === 'direct'))
    return true;
  const met = evaluations.some((other) => other.arm === 'direct' && other.iteration === iteration);
  return met || warnings.some(({ code }) => code === 'early-stop-direct');
}

/**
 * @param everyMs polling interval in milliseconds
 * @returns the run after it has ended. @throws LabError from the worker, or an Error if the page crashes
 */
export async function follow(lab: Pick<LabPage, 'ask'>, started: RunSummary, everyMs = 500): Promise<RunSummary> {
  const line = new ProgressLine();
  const printed = new Set<string>();
  const sayOnce = (text: string) => {
    if (!printed.has(text)) line.say(text);
    printed.add(text);
  };
  let interrupted = 0;
  const interrupt = () => {
    interrupted += 1;
    if (interrupted > 1) process.exit(130);
    line.say('Stopping after this prompt or step … (Ctrl-C again ends at once; what is stored stays)');
    // The loop below waits for the status, which shows whether this worked.
    lab.ask((worker) => worker.stop(), null).catch((error: Error) => line.say(error.message));
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    for (;;) {
      const { summary, progress, evaluations, iterations, warnings, lastSteps } = await lab.ask(async (worker, id) => {
        const { steps, sftSteps, ...rest } = await worker.run(id);
        const last = new Map([...sftSteps, ...steps].map((step) => [`${step.arm} ${step.iteration}`, step]));
        return { ...rest, lastSteps: Object.fromEntries(last) };
      }, started.id);
      for (const each of iterations) sayOnce(iterationText(each, lastSteps[`${each.arm} ${each.iteration}`] ?? null));
      const goesOn = summary.status === 'running' || summary.status === 'paused';
      for (const each of evaluations)
        if (!goesOn || isComplete(each, evaluations, warnings, summary)) sayOnce(evaluationText(each));
      for (const { message, advice } of warnings) sayOnce(`Warning: ${message} ${advice}`);

      if (!goesOn) return summary;
      // A failing judge pauses the run. There is no button here, so print how to continue.
      if (summary.status === 'paused' && summary.failure) {
        sayOnce(
          `Waiting: ${summary.failure.message} ${summary.failure.advice} Ctrl-C stops and keeps ` +
            'the run; --resume tries again.',
        );
      }
      if (progress !== null) line.show(stageOf(progress), progressText(progress));
      await sleep(everyMs);
    }
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}
