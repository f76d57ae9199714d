/**
 * An implementation of the API whose answers and events a scene decides. Nothing is computed. A call that is not
 * scripted here rejects.
 */
import { type Lab, labOf } from '../../src/client/client';
import { LabError } from '../../src/lib/errors';
import { PRESETS } from '../../src/recipe/presets';
import type { DryProgress, DrySample, Rollout } from '../../src/records/candidates';
import type { DeviceReport, Estimate, StorageInfo } from '../../src/records/device';
import type { LabEvent } from '../../src/records/events';
import type { ImportedAdapter } from '../../src/records/models';
import type { RunDetail, RunStatus, RunSummary } from '../../src/records/runs';
import type { Call } from '../../src/worker/api';
import type { WorkerApi } from '../../src/worker/lab.worker';
import { scriptedJudges } from './scripted-judges';
import { type ModelScript, scriptedModels } from './scripted-models';
import { scriptedPairs } from './scripted-pairs';
import { type PromptScript, scriptedPrompts } from './scripted-prompts';
import { scriptedRemote } from './scripted-remote';

export interface Script {
  readonly device: Awaited<ReturnType<Lab['device']>>;
  readonly estimate: Estimate;
  readonly runs: readonly RunDetail[];
  readonly rollouts: readonly Rollout[];
  readonly adapters?: readonly ImportedAdapter[];
  readonly models?: ModelScript;
  readonly prompts?: PromptScript;
  /** Used and free storage. */
  readonly storage?: StorageInfo;
  /** The browser's answer when it is asked for persistent storage. */
  readonly persistence?: boolean;
  /** The report of an earlier self-test, and of the one that the user runs. */
  readonly report?: DeviceReport;
  readonly tested?: DeviceReport;
  /** The result of a dry sample. */
  readonly dry?: DrySample;
  /** Events sent as soon as the page listens. */
  readonly greeting?: readonly LabEvent[];
  /** Called when a run starts or is resumed. */
  play(emit: (events: readonly LabEvent[]) => void, run: RunSummary): void;
}

const DRY_PROGRESS: readonly DryProgress[] = [
  { phase: 'load', done: 40, total: 272, tokens: 0, tokensPerSecond: null },
  { phase: 'load', done: 210, total: 272, tokens: 0, tokensPerSecond: null },
  { phase: 'generate', done: 0, total: 8, tokens: 96, tokensPerSecond: 84 },
  { phase: 'generate', done: 5, total: 8, tokens: 1310, tokensPerSecond: 91 },
];

/** Makes the scripted call of a name, as the worker would make its own. */
function answered(calls: Partial<WorkerApi>): Call {
  const scripted = new Map(Object.entries(calls));
  return async (name, ...args) => {
    const call = scripted.get(name);
    if (call === undefined) throw new Error(`The scene does not script the call ${name}.`);
    return Reflect.apply(call, undefined, args);
  };
}

export function scriptedLab(script: Script): Lab {
  let emit: (events: readonly LabEvent[]) => void = () => undefined;
  let details = [...script.runs];
  let adapters = script.adapters ?? [];
  let storage = script.storage ?? { usage: 48_200_000, quota: 60e9, persisted: false };
  let cancelled = false;
  let current: RunSummary | null = details[0]?.summary ?? null;
  const status = (next: RunStatus) => {
    if (current === null) return;
    current = { ...current, status: next };
    emit([{ type: 'run', run: current }]);
  };
  const find = (id: string): RunDetail => {
    const found = details.find((detail) => detail.summary.id === id);
    if (found === undefined) throw new Error(`The scene has no run ${id}.`);
    return found;
  };
  const calls: Partial<WorkerApi> = {
    device: async () => script.device,
    listen: async (listener) => {
      emit = (events) => void listener(events);
      if (script.greeting) emit(script.greeting);
    },
    estimate: async ({ judge }) =>
      judge === 'webllm' ? { ...script.estimate, untimed: [{ judge, questions: 43_008 }] } : script.estimate,
    ...scriptedPrompts(script.prompts ?? {}, (events) => emit(events)),
    drySample: async () => {
      cancelled = false;
      for (const progress of DRY_PROGRESS) {
        emit([{ type: 'dry-sample', progress }]);
        await new Promise((resolve) => setTimeout(resolve, 250));
        if (cancelled) throw new LabError('cancelled', 'The dry sample was cancelled.');
      }
      if (script.dry === undefined) throw new Error('The scene does not script a dry sample.');
      return script.dry;
    },
    cancelDrySample: async () => {
      cancelled = true;
    },
    deviceReport: async () => script.report ?? null,
    selfTest: async () => {
      cancelled = false;
      for (const [done, doing] of ['Comparing a small model with PyTorch', 'Timing training'].entries()) {
        emit([{ type: 'self-test', progress: { doing, done, total: 2 } }]);
        await new Promise((resolve) => setTimeout(resolve, 2000));
        if (cancelled) throw new LabError('cancelled', 'The self-test was cancelled.');
      }
      if (script.tested === undefined) throw new Error('The scene does not script a self-test.');
      return script.tested;
    },
    cancelSelfTest: async () => {
      cancelled = true;
    },
    start: async (recipe) => {
      current = { ...summary('now', 'Run 4'), recipe, status: 'running' };
      emit([{ type: 'run', run: current }]);
      script.play(emit, current);
      return current;
    },
    resume: async (id) => {
      current = { ...find(id).summary, status: 'running' };
      emit([{ type: 'run', run: current }]);
      script.play(emit, current);
      return current;
    },
    pause: async () => status('paused'),
    unpause: async () => status('running'),
    stepOnce: async () => undefined,
    stop: async () => status('stopped'),
    current: async () => details[0] ?? null,
    runs: async () => details.map((detail) => detail.summary),
    run: async (id) => find(id),
    rollouts: async (_, filter) =>
      script.rollouts.filter(
        (r) =>
          (filter.purpose ?? r.purpose) === r.purpose &&
          (filter.arm ?? r.arm) === r.arm &&
          (filter.iteration ?? r.iteration) === r.iteration,
      ),
    renameRun: async (id, name) => {
      details = details.map((detail) =>
        detail.summary.id === id ? { ...detail, summary: { ...detail.summary, name } } : detail,
      );
    },
    deleteRun: async (id) => {
      details = details.filter((detail) => detail.summary.id !== id);
    },
    exportAdapter: async () => new Uint8Array([80, 75]),
    importAdapter: async ([first]) => {
      const name = first?.name ?? '';
      if (!name.endsWith('.zip')) {
        throw new LabError('bad-file', 'adapter_config.json is missing.', 'Nothing was imported.');
      }
      adapters = [imported(`adapter-${adapters.length + 1}`, name.slice(0, -4)), ...adapters];
      return { id: `adapter-${adapters.length}`, name };
    },
    adapters: async () => adapters,
    deleteAdapter: async (id) => {
      adapters = adapters.filter((adapter) => adapter.id !== id);
    },
    exportImportedAdapter: async () => new Uint8Array([80, 75]),
    exportPairs: async () => '{"prompt":"p","chosen":"c","rejected":"r"}\n',
    exportEvaluations: async () => 'iteration,arm,accuracy\r\n0,thinking,0.4\r\n',
    keepAdapter: async (_, arm, number) => {
      const kept = imported(`adapter-${adapters.length + 1}`, `Run 3, ${arm}, iteration ${number}`);
      adapters = [kept, ...adapters];
      return kept;
    },
    exportMetrics: async () => 'step,loss\r\n1,0.693\r\n',
    ...scriptedPairs(script.rollouts, (events) => emit(events)),
    ...scriptedJudges((events) => emit(events)),
    ...scriptedModels(script.models ?? {}, (events) => emit(events)),
    ...scriptedRemote(),
    storage: async () => storage,
  };
  return labOf(answered(calls), {
    persist: async () => {
      storage = { ...storage, persisted: script.persistence ?? true };
      return storage;
    },
  });
}

export function summary(id: string, name: string): RunSummary {
  return {
    id,
    name,
    created: Date.UTC(2025, 10, 20, 9, 12),
    updated: Date.UTC(2025, 10, 20, 9, 31),
    status: 'finished',
    recipe: PRESETS.standard,
    device: 'SwiftShader',
    bytes: 16_100_000,
    iterations: 3,
    failure: null,
  };
}

export function imported(id: string, name: string): ImportedAdapter {
  const { rank, alpha, rsLora, targetModules } = PRESETS.standard;
  return {
    id,
    name,
    created: Date.UTC(2025, 10, 20, 9, 40),
    bytes: 1_070_000,
    settings: { rank, alpha, rsLora, targetModules },
    baseModel: 'tiny-thinker',
  };
}
