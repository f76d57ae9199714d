/** A run of a scripted policy on a store in memory, for the loop's tests: to its end, or killed and gone on with. */
import type { Judge, OpenJudge } from '../../judges/judge';
import { ruleJudge } from '../../judges/rule';
import { PRESETS } from '../../recipe/presets';
import type { Recipe } from '../../recipe/recipe';
import type { LabEvent } from '../../records/events';
import type { Prompt } from '../../records/prompts';
import type { RunSummary } from '../../records/runs';
import { Loop, type LoopParts } from '../loop';
import { MemoryStore } from './memory-store';
import { type Script, ScriptedPolicy } from './scripted-policy';

/** Two iterations of both arms, in milliseconds. */
export const RECIPE: Recipe = {
  ...PRESETS.quick,
  format: 'custom',
  thoughtPrompt: 'Think. {instruction}',
  responseMarker: '<R>',
  iterations: 2,
  promptsPerIteration: 4,
  k: 4,
  pairsPerStep: 2,
  evaluationPrompts: 2,
  evaluationSamples: 2,
};

const promptsOf = (name: string, count: number): Prompt[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `${name}-${i}`,
    instruction: `${name} ${i}?`,
    answer: String(i % 5),
    check: 'number',
  }));

/** A judge as a run holds it, under the name of the rule that most of them stand for. */
export const openJudge = (judge: Judge): OpenJudge => ({ name: 'rule', promptVersion: null, dispose() {}, ...judge });

export interface World {
  readonly store: MemoryStore;
  readonly parts: LoopParts;
  readonly policy: ScriptedPolicy;
  readonly events: LabEvent[];
}

/** A recipe's runs, each in a store of its own. */
export class Worlds {
  private readonly run: RunSummary;

  constructor(recipe: Recipe) {
    this.run = {
      id: 'r',
      name: 'a run',
      created: 0,
      updated: 0,
      status: 'running',
      recipe,
      device: 'none',
      bytes: 0,
      iterations: 0,
      failure: null,
    };
  }

  async newStore(): Promise<MemoryStore> {
    const store = new MemoryStore();
    await store.create(this.run);
    store.writes = 0;
    return store;
  }

  /** A fresh process on a store: everything else is new. Time stands still, so that records of equal work are equal. */
  world(store: MemoryStore, script: Script = {}, judge: Judge = ruleJudge, evaluationJudge: Judge = judge): World {
    const events: LabEvent[] = [];
    const policy = new ScriptedPolicy(script);
    const opened = openJudge(judge);
    const parts: LoopParts = {
      run: this.run,
      recipeHash: 'hash',
      prompts: promptsOf('train', 12),
      heldout: promptsOf('heldout', 6),
      policy,
      judge: opened,
      evaluationJudge: evaluationJudge === judge ? opened : openJudge(evaluationJudge),
      judgesYield: false,
      store,
      emit: (event) => events.push(event),
      now: () => 0,
    };
    return { store, parts, policy, events };
  }

  async uninterrupted(): Promise<{ store: MemoryStore; units: number; writes: number }> {
    const store = await this.newStore();
    const units = await finish(this.world(store));
    return { store, units, writes: store.writes };
  }
}

/** To the end, or to an error. Returns the units done. */
export async function finish({ parts }: World, ahead = true): Promise<number> {
  const loop = await Loop.open(parts);
  for (let units = 0; ; units++) if ((await loop.step(ahead)) === 'finished') return units;
}

export const recordsOf = (store: MemoryStore) =>
  Object.fromEntries([...store.records].sort(([a], [b]) => (a < b ? -1 : 1)));
