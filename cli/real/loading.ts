/** Measures how long a stored model takes to its first token, and the page's memory while it loads. */
import { readFileSync } from 'node:fs';
import { MemorySource } from '../../src/formats/byte-source';
import { openGguf } from '../../src/formats/gguf/gguf';
import { recipeForModel } from '../../src/recipe/model-recipe';
import { PRESETS } from '../../src/recipe/presets';
import type { Recipe } from '../../src/recipe/recipe';
import type { LabEvent } from '../../src/records/events';
import { type LabPage, openLabPage } from '../browser/lab-page';
import { buildIfStale } from '../build';
import { interruptible } from '../interruptible';
import { givenModel, storeModel } from '../tpo/given-model';
import type { Check } from './checks';
import { type MemorySample, watchMemory } from './page-memory';

export interface Loading {
  /** Seconds from Start to the expected event. */
  readonly seconds: number;
  /**
   * Peak growth of the page's process in bytes until all weights are loaded. Null if the system does not report it.
   */
  readonly grown: number | null;
}

/** How long to measure before the start, so that short-lived garbage does not count as the baseline. */
const BEFORE_MS = 2000;

/**
 * Starts a run and stops it when its weights are loaded or at its first token. Tokenizer and prompts are ready
 * before. The page itself no longer receives the worker's events.
 * @throws LabError as thrown by the worker
 */
export async function loadAndStop(lab: LabPage, recipe: Recipe, until: 'loaded' | 'token'): Promise<Loading> {
  await lab.ask((worker, chosen) => worker.estimate(chosen), recipe);
  const samples = await watchMemory(lab.page);
  try {
    const { begun, loading, loaded, ended } = await lab.ask(
      async (worker, [chosen, last]) => {
        const times = { begun: Date.now(), loading: 0, loaded: 0, ended: 0 };
        await new Promise<void>((resolve, reject) => {
          const onEvent = (event: LabEvent) => {
            if (event.type === 'run' && event.run.failure) reject(event.run.failure);
            if (event.type === 'progress' && event.progress.phase === 'load') {
              times.loading ||= Date.now();
              if (event.progress.done === event.progress.total) times.loaded ||= Date.now();
            }
            const token =
              event.type === 'live' &&
              event.live.some(({ candidates }) => candidates.some(({ tokens }) => tokens > 0));
            if (last === 'loaded' ? times.loaded === 0 : !token) return;
            times.ended ||= Date.now();
            resolve();
          };
          worker
            .listen((events) => events.forEach(onEvent))
            .then(() => worker.start(chosen))
            .catch(reject);
        });
        await worker.stop();
        return times;
      },
      [recipe, until] as const,
    );
    return { seconds: (ended - begun) / 1000, grown: growth(samples(), loading, loaded) };
  } finally {
    samples();
  }
}

/** Bytes that the page may hold in addition to the largest tensor. */
const ALLOWED_BYTES = 64e6;

/** Loads a stored GGUF file several times on one page. The autotuner has finished by the second time. */
export async function measureLoading(file: string, until: 'loaded' | 'token', times: number): Promise<Loading[]> {
  await buildIfStale();
  const lab = await openLabPage(null, givenModel(file));
  try {
    const stored = await storeModel(lab, file);
    const recipe = recipeForModel(PRESETS.quick, { ...stored, bundled: false }, 'quick');
    const loadings: Loading[] = [];
    for (let i = 0; i < times; i++) {
      loadings.push(
        await interruptible(loadAndStop(lab, { ...recipe, arms: ['direct'], evaluationPrompts: 1 }, until)),
      );
    }
    return loadings;
  } finally {
    await lab.close();
  }
}

/** Checks that weights are streamed: the page never holds the whole model. @param model a GGUF file */
export async function checkLoading(model: string): Promise<Check> {
  const { file } = await openGguf(new MemorySource(model, new Uint8Array(readFileSync(model))));
  const allowed = ALLOWED_BYTES + Math.max(...[...file.tensors.values()].map(({ length }) => length));
  const [loading] = await measureLoading(model, 'loaded', 1);
  const { grown, seconds } = loading ?? { grown: Number.NaN, seconds: Number.NaN };
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  const found =
    grown === null ? 'not known on this system' : `${megabytes(grown)} more, of ${megabytes(allowed)} allowed`;
  console.log(
    `the page's memory while loading: ${found}; loaded ${seconds.toFixed(1)} s after Start, including the autotuner`,
  );
  return {
    what: 'loading: memory grows by at most the largest tensor and 64 MB',
    ok: grown === null || grown <= allowed,
  };
}

function growth(samples: readonly MemorySample[], from: number, to: number): number | null {
  const between = (first: number, last: number) =>
    samples.filter(({ at }) => at >= first && at <= last).map(({ bytes }) => bytes);
  const before = between(from - BEFORE_MS, from);
  return before.length === 0 ? null : Math.max(...between(from, to)) - Math.min(...before);
}
