/** Runs of a scripted policy on a store in memory, for the loop's tests: to the end, or killed and resumed. */
import type { Judge, OpenJudge } from '../../judges/judge';
import { ruleJudge } from '../../judges/rule';
import { PRESETS } from '../../recipe/presets';
import type { Recipe } from '../../recipe/recipe';
import type { LabEvent } from '../../records/events';
import type { JudgeCall } from '../../records/judgements';
import type { Prompt } from '../../records/prompts';
import type { RunDetail, RunSummary } from '../../records/runs';
import { Loop } from '../loop';
import type { LoopParts } from '../stage';
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

/** Makes an open judge of a judge, under the rule's name. */
export const openJudge = (judge: Judge): OpenJudge => ({ name: 'rule', promptVersion: null, dispose() {}, ...judge });

/** The parts of a loop on a store, constructed as in a new process. */
export interface LoopSetup {
  readonly store: MemoryStore;
  readonly parts: LoopParts;
  readonly policy: ScriptedPolicy;
  readonly events: LabEvent[];
}

/** Runs of one recipe, each in a store of its own. */
export class LoopFixture {
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

  /**
   * A new process on a store: everything but the store is new. Time does not pass, so that records of equal work are
   * equal.
   */
  setup(store: MemoryStore, script: Script = {}, judge: Judge = ruleJudge, evaluationJudge: Judge = judge): LoopSetup {
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
      judgesMustFreeMemory: false,
      store,
      emit: (event) => events.push(event),
      now: () => 0,
    };
    return { store, parts, policy, events };
  }

  async uninterrupted(): Promise<{ store: MemoryStore; units: number; writes: number }> {
    const store = await this.newStore();
    const units = await finish(this.setup(store));
    return { store, units, writes: store.writes };
  }
}

/** Runs the loop to the end, or to an error. Returns the number of units. */
export async function finish({ parts }: LoopSetup, generateAhead = true): Promise<number> {
  const loop = await Loop.open(parts);
  for (let units = 0; ; units++) if ((await loop.step(generateAhead)) === 'finished') return units;
}

export const recordsOf = (store: MemoryStore) =>
  Object.fromEntries([...store.records].sort(([a], [b]) => (a < b ? -1 : 1)));

/** The stored detail of the fixture's run. */
export async function detailOf(store: MemoryStore): Promise<RunDetail> {
  const detail = await store.detail('r');
  if (!detail) throw new Error('no run');
  return detail;
}

/** Two calls of a relative judge that agree in both orders on which of two scores is higher. */
export function bothOrders([one, other]: readonly (number | null)[]): JudgeCall[] {
  const verdict = Math.sign((one ?? 0) - (other ?? 0));
  return [
    { shown: [0, 1], verdict, reply: 'one order' },
    { shown: [1, 0], verdict: -verdict, reply: 'the other' },
  ];
}
