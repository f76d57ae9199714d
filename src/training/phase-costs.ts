/** Predicts how long each phase of a run takes on a device, from the run's plans. */
import { limitSeconds, predictSeconds, type Replay } from '../engine/cost-model';
import { cacheBytes, cacheRows, isCacheLabel, stepsPerSubmit } from '../model/generation/generation-plans';
import type { DeviceSpeed } from '../records/device';
import type { PlanName, WorkspacePlan } from './workspace-plan';

/** Preference pairs of the same lengths, in tokens. */
export interface PairLengths {
  readonly pairs: number;
  readonly prompt: number;
  readonly chosen: number;
  /** 0 in SFT. */
  readonly rejected: number;
}

/** Lanes that decode, and what they attend to. */
export interface DecodeLengths {
  readonly lanes: number;
  /** Lanes that share a prompt. */
  readonly k: number;
  /** Tokens of the prompt, and of the lane's completion so far. */
  readonly prompt: number;
  readonly generated: number;
}

/** Replays of plans that make up a phase. The counts may be fractional. */
type Phase = readonly (Replay & { readonly plan: PlanName; readonly times: number })[];

export class PhaseCosts {
  private readonly known = new Map<string, number>();

  constructor(
    private readonly plan: WorkspacePlan,
    private readonly speed: DeviceSpeed,
  ) {}

  /** Lanes that decode at once. */
  get lanes(): number {
    return this.plan.spec.generation.lanes;
  }

  /** Seconds to put prompts of so many tokens each into the cache. */
  prefill(prompts: number, tokens: number): number {
    return this.predict(this.prefillPhase(prompts, tokens));
  }

  /** Seconds of one decode step of all lanes. */
  decode(lengths: DecodeLengths): number {
    const step = this.predict(this.decodePhase(lengths));
    // A submit of several steps is short, so its own cost hardly changes how many it has.
    return step + this.speed.submit / stepsPerSubmit(1000 * step, this.plan.spec.generation);
  }

  /** Seconds to score both completions of each pair. */
  scoring(lengths: PairLengths): number {
    return this.predict(this.pairPhase('scoring', lengths));
  }

  /** Seconds of one optimiser step on the pairs. */
  step(lengths: PairLengths): number {
    return this.predict(this.stepPhase(lengths));
  }

  /** The same phases at the limit of the device: seconds that no implementation can beat. */
  readonly limit = {
    prefill: (prompts: number, tokens: number): number => this.least(this.prefillPhase(prompts, tokens)),
    decode: (lengths: DecodeLengths): number => this.least(this.decodePhase(lengths)),
    step: (lengths: PairLengths): number => this.least(this.stepPhase(lengths)),
  };

  private prefillPhase(prompts: number, tokens: number): Phase {
    // The last token of a prompt is the first row of its candidates.
    const rows = prompts * Math.max(0, tokens - 1);
    const most = this.plan.spec.generation.prefillRows;
    const full = Math.floor(rows / most);
    const batches = [
      { size: most, times: full },
      { size: rows - full * most, times: 1 },
    ].filter(({ size, times }) => size > 0 && times > 0);
    return batches.map(({ size, times }) => ({
      ...this.cached({ prefillRows: size }, tokens / 2, size),
      ...{ plan: 'prefill', times },
    }));
  }

  private decodePhase({ lanes, k, prompt, generated }: DecodeLengths): Phase {
    const cached = Math.ceil(lanes / k) * prompt + lanes * generated;
    return [{ ...this.cached({ lanes }, prompt + generated, cached), plan: 'decode', times: 1 }];
  }

  private stepPhase(lengths: PairLengths): Phase {
    return [...this.pairPhase('gradient', lengths), { plan: 'update', times: 1, values: {}, keys: 0 }];
  }

  private pairPhase(plan: 'scoring' | 'gradient', { pairs, prompt, chosen, rejected }: PairLengths): Phase {
    const { rows: most, pairs: mostPairs } = this.plan.spec.batch;
    const before = Math.max(0, prompt - 1);
    const scored = chosen + rejected;
    const rows = before + scored;
    const perBatch = Math.max(1, Math.min(mostPairs, Math.floor(most / Math.max(1, rows))));
    const batches = Math.ceil(pairs / perBatch);
    const inBatch = pairs / batches;
    // A row of a completion sees the prompt and the tokens before it.
    const keys = (before * (before / 2) + chosen * (before + chosen / 2) + rejected * (before + rejected / 2)) / rows;
    const count = (perPair: number) => Math.round(perPair * inBatch);
    const values = { rows: count(rows), scored: count(scored), pairs: count(1) };
    return [{ plan, times: batches, values, keys }];
  }

  /** A replay that reads the given number of rows of the cache, which has room for more. */
  private cached(values: Replay['values'], keys: number, rows: number): Replay {
    const { weights, generation } = this.plan.spec;
    const bytes = (rows * cacheBytes(weights.model.config, generation)) / cacheRows(generation);
    return { values, keys, slotBytes: (label) => (isCacheLabel(label) ? bytes : null) };
  }

  private predict(phase: Phase): number {
    const software = this.plan.spec.tuning.software;
    return this.sum(phase, 'predicted', (part) =>
      predictSeconds(this.plan.dispatches[part.plan], part, this.speed, software),
    );
  }

  private least(phase: Phase): number {
    return this.sum(phase, 'limit', (part) => limitSeconds(this.plan.dispatches[part.plan], part, this.speed));
  }

  /** Progress asks for the same phases many times a second, so they are kept. */
  private sum(phase: Phase, kind: string, secondsOf: (part: Phase[number]) => number): number {
    const key = `${kind} ${JSON.stringify(phase)}`;
    const seconds = this.known.get(key) ?? phase.reduce((sum, part) => sum + part.times * secondsOf(part), 0);
    this.known.set(key, seconds);
    return seconds;
  }
}
