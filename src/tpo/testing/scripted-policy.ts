/**
 * A policy for tests. It generates and trains by plain arithmetic on its adapter, so that a run takes milliseconds,
 * and so that any random draw or update that is repeated, skipped or done in another order changes the bits of the
 * result.
 */

import type { VerdictLogps } from '../../judges/self';
import { at } from '../../lib/assert';
import { LabError } from '../../lib/errors';
import { Random } from '../../lib/random';
import type { Completion, GenerateRequest, Sampling } from '../../model/generation/request';
import type { Arm } from '../../recipe/recipe';
import type { PreferencePair, ReferenceLogps, SftSample } from '../../records/pairs';
import type { ArmState } from '../../records/runs';
import type { Policy, SftResult, StepResult } from '../policy';

const SIZE = 6;
const END = 0;

/** Characters as tokens; 0 ends the turn. */
const encode = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));
const decode = (tokens: readonly number[]): string => String.fromCharCode(...tokens.filter((token) => token !== END));

export interface Script {
  /** Called before each piece of work. It may throw to fail, or wait to be slow. */
  before?(work: 'generate' | 'logps' | 'trainStep' | 'sftStep' | 'state', arm: Arm): Promise<void> | void;
  /** The order in which the prompts of a request are finished. */
  order?(positions: readonly number[]): readonly number[];
  /** The number of prompts that are generated between two turns of the event loop. */
  pace?: number;
  contextLength?: number;
  /** The weights of the imported adapter with which the thinking arm begins. */
  imported?(): Float32Array;
}

export class ScriptedPolicy implements Policy {
  readonly contextLength: number;
  readonly costs = null;
  readonly memory = { planned: 0, peak: () => 0 };
  /** The prompts that were generated, in order. */
  readonly generated: { readonly arm: Arm; readonly position: number }[] = [];
  private readonly weights = new Map<Arm, Float32Array>();
  /** As on a device, there is one set of moments: that of the arm in training. */
  private training: { readonly arm: Arm; readonly m: Float32Array; readonly v: Float32Array; step: number } | null =
    null;

  constructor(
    private readonly script: Script = {},
    readonly lanes = 16,
  ) {
    this.contextLength = script.contextLength ?? 10_000;
  }

  async encodePrompt(message: string): Promise<readonly number[]> {
    return encode(message);
  }

  decode(tokens: readonly number[]): string {
    return decode(tokens);
  }

  async generate(
    arm: Arm,
    requests: readonly GenerateRequest[],
    sampling: Sampling,
    on: Parameters<Policy['generate']>[3],
    signal: AbortSignal,
  ) {
    const byPosition = new Map(requests.map((request) => [request.position, request]));
    const positions = requests.map(({ position }) => position);
    let written = 0;
    for (const position of this.script.order?.(positions) ?? positions) {
      await this.script.before?.('generate', arm);
      if (written++ % (this.script.pace ?? 1) === 0) await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted) break;
      const request = byPosition.get(position);
      if (!request) continue;
      this.generated.push({ arm, position });
      const completions = Array.from({ length: request.k }, (_, candidate) =>
        this.write(arm, request, sampling, candidate),
      );
      completions.forEach(({ tokens }, candidate) => {
        on.tokens(position, candidate, tokens.slice(0, 3), false);
        on.tokens(position, candidate, tokens, true);
      });
      on.prompt(position, completions, { prefill: request.promptTokens.length, decoded: 0, seconds: 0 });
    }
    return { prefill: 0, decoded: 0, seconds: 0 };
  }

  /** The preference depends on the characters of the message. */
  async verdictLogps(messages: readonly string[]): Promise<readonly VerdictLogps[]> {
    return messages.map((message) => {
      const A = (encode(message).reduce((sum, code) => (31 * sum + code) % 997, 7) + 1) / 999;
      return { A: Math.log(A), B: Math.log(1 - A) };
    });
  }

  async logps(arm: Arm, pairs: readonly PreferencePair[]): Promise<readonly ReferenceLogps[]> {
    await this.script.before?.('logps', arm);
    return pairs.map(({ position, chosenTokens, rejectedTokens }) => ({
      position,
      chosen: this.logp(arm, chosenTokens),
      rejected: this.logp(arm, rejectedTokens),
    }));
  }

  async beginIteration(arm: Arm): Promise<void> {
    this.training = { arm, m: new Float32Array(SIZE), v: new Float32Array(SIZE), step: 0 };
  }

  async trainStep(
    arm: Arm,
    pairs: readonly PreferencePair[],
    reference: readonly ReferenceLogps[],
    learningRate: number,
  ): Promise<StepResult> {
    await this.script.before?.('trainStep', arm);
    const logpsChosen = pairs.map((pair) => this.logp(arm, pair.chosenTokens));
    const logpsRejected = pairs.map((pair) => this.logp(arm, pair.rejectedTokens));
    const rewardsChosen = logpsChosen.map((logp, i) => logp - at(reference, i).chosen);
    const rewardsRejected = logpsRejected.map((logp, i) => logp - at(reference, i).rejected);
    const gradient = (i: number) =>
      pairs.reduce((sum, { position, chosenTokens, rejectedTokens }) => {
        const rejected = at(rejectedTokens, i % rejectedTokens.length) % 7;
        return sum + Math.sin(position + i) * (chosenTokens.length + 1) - rejected;
      }, 0);
    await this.update(arm, gradient, learningRate);
    const loss = rewardsChosen.reduce((sum, chosen, i) => sum - (chosen - at(rewardsRejected, i)), Math.LN2);
    return { loss, rewardsChosen, rewardsRejected, logpsChosen, logpsRejected, gradNorm: 1, tokens: pairs.length };
  }

  async sftStep(arm: Arm, samples: readonly SftSample[], learningRate: number): Promise<SftResult> {
    await this.script.before?.('sftStep', arm);
    const logps = samples.map(({ tokens }) => this.logp(arm, tokens));
    const gradient = (i: number) =>
      samples.reduce(
        (sum, { position, tokens }) => sum + Math.cos(position + i) - (at(tokens, i % tokens.length) % 5),
        0,
      );
    await this.update(arm, gradient, learningRate);
    return { loss: -logps.reduce((sum, logp) => sum + logp, 0), logps, gradNorm: 1, tokens: samples.length };
  }

  private async update(arm: Arm, gradientOf: (i: number) => number, learningRate: number): Promise<void> {
    if (this.training?.arm !== arm) await this.beginIteration(arm);
    const { training } = this;
    if (!training) throw new LabError('internal', 'unreachable');
    const weights = this.weightsOf(arm);
    training.step++;
    for (let i = 0; i < SIZE; i++) {
      const gradient = gradientOf(i);
      training.m[i] = 0.9 * at(training.m, i) + 0.1 * gradient;
      training.v[i] = 0.95 * at(training.v, i) + 0.05 * gradient * gradient;
      weights[i] =
        at(weights, i) - (learningRate * at(training.m, i)) / (Math.sqrt(at(training.v, i)) + training.step * 1e-3);
    }
  }

  async state(arm: Arm): Promise<ArmState> {
    await this.script.before?.('state', arm);
    const training = this.training?.arm === arm ? this.training : null;
    const weights = this.weightsOf(arm).slice();
    return { weights, m: training?.m.slice() ?? null, v: training?.v.slice() ?? null, step: training?.step ?? 0 };
  }

  async setState(arm: Arm, { weights, m, v, step }: ArmState): Promise<void> {
    this.weights.set(arm, weights.slice());
    if (m && v) this.training = { arm, m: m.slice(), v: v.slice(), step };
    else if (this.training?.arm === arm) this.training = null;
  }

  async initialState(arm: Arm, seed: number): Promise<ArmState> {
    const random = new Random(seed, 'adapter');
    const fresh = () => Float32Array.from({ length: SIZE }, () => random.float() - 0.5);
    return { weights: (arm === 'thinking' && this.script.imported?.()) || fresh(), m: null, v: null, step: 0 };
  }

  dispose(): void {
    this.weights.clear();
  }

  private weightsOf(arm: Arm): Float32Array {
    const weights = this.weights.get(arm);
    if (!weights) throw new LabError('internal', `no weights for the ${arm} arm`);
    return weights;
  }

  /** A sum that depends on every weight and on every token. */
  private logp(arm: Arm, tokens: readonly number[]): number {
    const weights = this.weightsOf(arm);
    return Math.fround(tokens.reduce((sum, token, i) => sum - Math.abs(Math.sin(token + at(weights, i % SIZE))), 0));
  }

  /** Sometimes right, sometimes malformed. The completion depends on the adapter and on its own random stream only. */
  private write(
    arm: Arm,
    { stream }: GenerateRequest,
    { seed, maxNewTokens }: Sampling,
    candidate: number,
  ): Completion {
    const random = new Random(seed, `${stream} ${candidate}`);
    const weights = this.weightsOf(arm);
    const mood = (random.float() + Math.abs(Math.sin(1e4 * weights.reduce((sum, weight) => sum + weight, 0)))) % 1;
    const number = Math.floor(mood * 5);
    const response = `The answer is ${number}.`;
    const text = arm === 'direct' ? response : mood > 0.8 ? 'I lost the thread.' : `Thought ${mood}<R> ${response}`;
    const ended = random.float() > 0.1;
    const tokens = [...encode(text), ...(ended ? [END] : [])].slice(0, maxNewTokens);
    return { tokens, ended: ended && tokens.at(-1) === END };
  }
}
