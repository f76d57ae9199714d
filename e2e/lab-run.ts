/** Helpers that drive real runs through the page's worker, for tests that interrupt them. */

import { createHash } from 'node:crypto';
import type { Page } from '@playwright/test';
import { unzipSync } from 'fflate';
import type { Lab } from '../src/client/client';
import type { Failure } from '../src/lib/errors';
import { PRESETS } from '../src/recipe/presets';
import type { Arm, Recipe } from '../src/recipe/recipe';
import type { Progress } from '../src/records/progress';
import type { RunSummary } from '../src/records/runs';

/** A recipe with both arms and every phase that takes a few seconds. */
export const SMALL: Recipe = {
  ...PRESETS.quick,
  iterations: 1,
  promptsPerIteration: 3,
  k: 4,
  pairsPerStep: 1,
  evaluationPrompts: 2,
  lanes: 16,
};

/** Opens the page and waits until its API can be called. */
export async function openLab(page: Page): Promise<void> {
  await page.goto('./');
  await page.waitForFunction(() => globalThis.lab !== undefined);
}

type Outcome<R> = { readonly value: R } | { readonly failure: Failure };

/** The worker's answer, or its failure. */
export async function attempt<R, A>(
  page: Page,
  question: (lab: Lab, argument: A) => Promise<R>,
  argument: A,
): Promise<Outcome<R>> {
  return page.evaluate<Outcome<R>>(
    `(async (argument) => {
      try {
        return { value: await (${question})(globalThis.lab, argument) };
      } catch (error) {
        return { failure: { code: error.code, message: error.message, advice: error.advice } };
      }
    })(${JSON.stringify(argument)})`,
  );
}

/** @throws if the worker fails */
export async function ask<R, A>(page: Page, question: (lab: Lab, argument: A) => Promise<R>, argument: A): Promise<R> {
  const outcome = await attempt(page, question, argument);
  if ('failure' in outcome) throw new Error(`${outcome.failure.code}: ${outcome.failure.message}`);
  return outcome.value;
}

/**
 * Waits for a progress event that matches. Null if the run ends before.
 * @param interval milliseconds between questions, which take time from the run
 */
export async function until(
  page: Page,
  runId: string,
  matches: (progress: Progress) => boolean,
  interval = 25,
): Promise<Progress | null> {
  for (;;) {
    const { summary, progress } = await ask(page, ({ run }, id) => run(id), runId);
    if (summary.status !== 'running') return null;
    if (progress && matches(progress)) return progress;
    await page.waitForTimeout(interval);
  }
}

/** Waits until the run has ended. */
export async function ended(page: Page, runId: string): Promise<RunSummary> {
  await until(page, runId, () => false, 250);
  return (await ask(page, ({ run }, id) => run(id), runId)).summary;
}

/** SHA-256 of the weights in an arm's exported adapter. @param iteration the newest if absent */
export async function adapterHash(page: Page, runId: string, arm: Arm, iteration?: number): Promise<string> {
  const zip = await ask(
    page,
    async ({ exportAdapter }, argument) => {
      const bytes = await exportAdapter(argument.id, argument.arm, argument.iteration);
      // Strings of any length can be passed from the page to the test.
      return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
    },
    { id: runId, arm, iteration },
  );
  const { 'adapter_model.safetensors': weights } = unzipSync(
    Uint8Array.from(zip, (character) => character.charCodeAt(0)),
  );
  return createHash('sha256')
    .update(weights ?? '')
    .digest('hex');
}

export type RunOutcome = Awaited<ReturnType<typeof outcomeOf>>;

/** All results of a run except times and speeds. They must not depend on how often it was interrupted. */
export async function outcomeOf(page: Page, runId: string) {
  const { evaluations, iterations, steps, sftSteps } = await ask(page, ({ run }, id) => run(id), runId);
  const rollouts = await ask(page, ({ rollouts }, id) => rollouts(id, {}), runId);
  const adapters: Record<string, string> = {};
  for (const arm of SMALL.arms) adapters[arm] = await adapterHash(page, runId, arm);
  const { adapter } = await ask(page, ({ report }, id) => report(id), runId);
  const untimed = <T extends { readonly seconds: unknown; readonly judgeSeconds?: unknown }>(record: T) => {
    const { seconds: _, judgeSeconds: __, ...rest } = record;
    return rest;
  };
  return {
    adapter,
    adapters,
    evaluations: evaluations.map(untimed),
    iterations: iterations.map(untimed),
    steps: steps.map(untimed),
    sftSteps: sftSteps.map(untimed),
    rollouts: rollouts.map(untimed),
  };
}
