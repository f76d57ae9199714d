/** Times each kind of work with the plans of a run, and compares it with the limits of the device. */
import type { Recipe } from '../../recipe/recipe';
import type { DeviceSpeed, WorkSpeed } from '../../records/device';
import { expectedTokens } from '../../tpo/progress/unit-costs';
import { type GenerationTimer, generationTimer } from '../../training/generation-timer';
import { PhaseCosts } from '../../training/phase-costs';
import { Trainer } from '../../training/trainer';
import type { Workspace } from '../../training/workspace';

/** Lanes that are always timed. More are tried, up to those of the recipe, to find the fastest. */
const LANES = [1, 8] as const;
const MORE_LANES = [16, 32, 64, 128] as const;
/** Seconds to time one kind of work for. */
const SECONDS = 1.2;
const SHORT = 4;
const LONGEST_PROMPT = 128;

export class WorkTimer {
  private readonly costs: PhaseCosts;
  private readonly arm: string;
  private readonly prompt: readonly number[];
  private readonly timer: GenerationTimer;
  private readonly single: GenerationTimer;

  constructor(
    private readonly workspace: Workspace,
    speed: DeviceSpeed,
    private readonly recipe: Recipe,
  ) {
    const { spec } = workspace.plan;
    this.costs = new PhaseCosts(workspace.plan, speed);
    this.arm = recipe.arms[0] ?? 'thinking';
    this.prompt = this.tokens(Math.min(spec.generation.maxPrompt, LONGEST_PROMPT));
    this.timer = generationTimer(workspace, this.arm, () => this.prompt);
    this.single = generationTimer(workspace, this.arm, () => this.prompt.slice(0, 1));
  }

  /** Numbers of lanes to time, within what the plan has room for. */
  get lanes(): readonly number[] {
    const { lanes } = this.workspace.plan.spec.generation;
    return [...new Set([...LANES, ...MORE_LANES, lanes])].filter((count) => count <= lanes).sort((a, b) => a - b);
  }

  async prefill(): Promise<WorkSpeed> {
    const { prompts, lanes } = this.workspace.plan.spec.generation;
    const count = Math.min(prompts, lanes, 8);
    const asked = { prompts: count, k: 1, maxNewTokens: 1, temperature: 0 };
    // Prompts of one token need no prefill, so the difference is the prefill.
    let [whole, without] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    const began = performance.now();
    do {
      whole = Math.min(whole, await this.timer.seconds(asked));
      without = Math.min(without, await this.single.seconds(asked));
    } while (performance.now() - began < SECONDS * 1000);
    const seconds = Math.max(1e-6, whole - without);
    const tokens = this.prompt.length;
    return {
      work: `prefill, ${count === 1 ? '1 prompt' : `${count} prompts`}`,
      ...speed(
        count * (tokens - 1),
        seconds,
        this.costs.prefill(count, tokens),
        this.costs.limit.prefill(count, tokens),
      ),
    };
  }

  async decode(lanes: number): Promise<WorkSpeed> {
    const { maxNewTokens } = this.workspace.plan.spec.generation;
    const run = (tokens: number) =>
      this.timer.seconds({ prompts: 1, k: lanes, maxNewTokens: tokens, temperature: this.recipe.temperature });
    const first = await run(1);
    const short = Math.min(SHORT, maxNewTokens - 1);
    const each = Math.max(1e-4, ((await run(1 + short)) - first) / short);
    const steps = Math.max(short, Math.min(maxNewTokens - 1, Math.round(SECONDS / each)));
    const seconds = Math.max(1e-6, ((await run(1 + steps)) - (await run(1))) / steps);
    const lengths = { lanes, k: lanes, prompt: this.prompt.length, generated: steps / 2 };
    return {
      work: `decode, ${lanes === 1 ? '1 lane' : `${lanes} lanes`}`,
      ...speed(lanes, seconds, this.costs.decode(lengths), this.costs.limit.decode(lengths)),
    };
  }

  async training(): Promise<WorkSpeed> {
    const { pairsPerStep } = this.recipe;
    const completion = Math.max(1, Math.round(expectedTokens(this.recipe, this.recipe.arms[0] ?? 'thinking')));
    const pair = { prompt: this.prompt, chosen: this.tokens(completion), rejected: this.tokens(completion) };
    const pairs = Array.from({ length: pairsPerStep }, () => pair);
    const reference = pairs.map(() => ({ chosen: 0, rejected: 0 }));
    const trainer = new Trainer(this.workspace);
    trainer.begin(this.arm);
    let best = Number.POSITIVE_INFINITY;
    let spent = 0;
    // The first step is not counted: it uses pipelines for the first time.
    for (let i = 0; i < 2 || (spent < SECONDS && i < 20); i++) {
      const began = performance.now();
      await trainer.step(this.arm, pairs, reference, 0);
      const seconds = (performance.now() - began) / 1000;
      spent += seconds;
      if (i > 0) best = Math.min(best, seconds);
    }
    const lengths = { pairs: pairsPerStep, prompt: this.prompt.length, chosen: completion, rejected: completion };
    const rows = pairsPerStep * (this.prompt.length - 1 + 2 * completion);
    return {
      work: `training, ${pairsPerStep === 1 ? '1 pair' : `${pairsPerStep} pairs`}`,
      ...speed(rows, best, this.costs.step(lengths), this.costs.limit.step(lengths)),
    };
  }

  private tokens(length: number): number[] {
    const { vocabulary } = this.workspace.plan.spec.weights.model.config;
    return Array.from({ length }, (_, i) => (i * 7919 + 13) % vocabulary);
  }
}

function speed(tokens: number, seconds: number, predicted: number, limit: number): Omit<WorkSpeed, 'work'> {
  return { tokensPerSecond: tokens / seconds, seconds, predicted, share: limit / seconds };
}

/** Of the timed lanes, those that are always shown and the fastest. */
export function shownLanes(speeds: readonly (WorkSpeed & { readonly lanes: number })[]): readonly WorkSpeed[] {
  const fastest = speeds.reduce((best, one) => (one.tokensPerSecond > best.tokensPerSecond ? one : best));
  return speeds
    .filter((one) => one === fastest || LANES.some((lanes) => lanes === one.lanes))
    .map(({ lanes: _, ...one }) => (one.work === fastest.work ? { ...one, work: `${one.work} (fastest)` } : one));
}
