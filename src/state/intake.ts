import type { LiveCandidates, Rollout } from '../records/candidates';
import type { LabEvent } from '../records/events';
import { dryProgress, hideDrySample } from './dry-sample';
import { judgeBusy } from './judges';
import { modelsChanged, putDownload } from './models';
import { pairsNews, rejudgeProgress } from './pairs';
import { promptProgress } from './prompts';
import { rollouts } from './rollout-log';
import { type CurrentRun, upsert, useRun } from './run';
import { useSession } from './session';
import { steps } from './step-log';
import { ballotsWait } from './voting';

/** A thousand records that arrive at once (a run that is shown again) are let in over several frames. */
const PER_FRAME = 200;
/** Frames stop in a hidden tab; its title and its records do not. */
const HIDDEN_MS = 500;

const waiting: LabEvent[] = [];
let scheduled = false;

export function receive(events: readonly LabEvent[]): void {
  waiting.push(...events);
  schedule();
}

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  const run = () => {
    scheduled = false;
    admit(waiting.splice(0, PER_FRAME));
    if (waiting.length > 0) schedule();
  };
  if (document.hidden) setTimeout(run, HIDDEN_MS);
  else requestAnimationFrame(run);
}

function admit(events: readonly LabEvent[]): void {
  let next: CurrentRun = useRun.getState();
  const before = next;
  const finished: Rollout[] = [];
  const live = new Map<string, LiveCandidates>();

  for (const event of events) {
    switch (event.type) {
      case 'run': {
        const { run } = event;
        const active = run.status === 'running' || run.status === 'paused';
        if (next.run !== null && next.run.id !== run.id && active) {
          rollouts.reset([]);
          steps.reset([]);
          next = {
            ...next,
            progress: null,
            evaluations: [],
            iterations: [],
            sftSteps: [],
            warnings: [],
            judging: null,
          };
        } else if (next.run !== null && next.run.id !== run.id) {
          break;
        }
        if (run.failure !== null && next.run?.failure?.message !== run.failure.message)
          useSession.setState({ failure: run.failure });
        next = { ...next, run, active, asked: settled(next.asked, run.status) };
        if (!active) rollouts.dropUnfinished();
        // Whoever started it has seen enough, and a run that goes on is what the Lab shows.
        else hideDrySample();
        break;
      }
      case 'progress':
        next = { ...next, progress: event.progress };
        break;
      case 'live':
        for (const one of event.live) live.set(`${one.purpose}/${one.iteration}/${one.arm}/${one.position}`, one);
        break;
      case 'rollout':
        finished.push(event.rollout);
        break;
      case 'step':
        steps.push(event.step);
        break;
      case 'sft-step':
        // Told again by a run that goes on, it replaces itself.
        next = { ...next, sftSteps: [...next.sftSteps.filter(({ step }) => step < event.step.step), event.step] };
        break;
      case 'iteration':
        next = { ...next, iterations: upsert(next.iterations, event.iteration) };
        break;
      case 'judge-facts': {
        const { iteration, arm, facts } = event;
        next = { ...next, judging: { iteration, arm, facts } };
        break;
      }
      case 'evaluation':
        next = { ...next, evaluations: upsert(next.evaluations, event.evaluation) };
        break;
      case 'warning':
        next = { ...next, warnings: [...next.warnings.filter((w) => w.code !== event.warning.code), event.warning] };
        break;
      case 'dry-sample':
        dryProgress(event.progress);
        break;
      case 'prompts':
        promptProgress(event.progress);
        break;
      case 'judge':
        judgeBusy(event.state);
        break;
      case 'ballots':
        if (next.run?.id === event.runId) ballotsWait(event.waiting);
        break;
      case 'rejudge':
        rejudgeProgress(event.done, event.total);
        break;
      case 'other-tab':
        // Whether it still goes on is asked of the store: the other tab may have died without a word.
        next = { ...next, elsewhere: event.runId, active: false };
        break;
      case 'download':
        putDownload(event.download);
        break;
      case 'models':
        modelsChanged();
        break;
      default:
        event satisfies never;
    }
  }
  if (live.size > 0) rollouts.putLive([...live.values()]);
  if (finished.length > 0) {
    rollouts.putRollouts(finished);
    pairsNews(next.run?.id, finished);
  }
  if (next !== before) useRun.setState(next);
}

function settled(
  asked: CurrentRun['asked'],
  status: 'running' | 'paused' | 'stopped' | 'finished' | 'failed',
): CurrentRun['asked'] {
  if (asked === 'pause' && status === 'running') return asked;
  if (asked === 'stop' && (status === 'running' || status === 'paused')) return asked;
  return null;
}
