/** The policy of a run: the model with one adapter for each arm, on one device. */
import type { Device } from '../engine/device';
import type { PipelineCache } from '../engine/kernel';
import type { PeftAdapter } from '../formats/peft';
import { at } from '../lib/assert';
import { initialAdapter } from '../model/adapter-layout';
import { Generator } from '../model/generation/generator';
import { encodeUserMessage, type LanguageModel, verdictQuestion } from '../model/language-model';
import { flatten } from '../model/peft-layout';
import type { Arm, Recipe } from '../recipe/recipe';
import type { DeviceSpeed } from '../records/device';
import type { PairTokens } from './batch';
import { PhaseCosts } from './phase-costs';
import { SFT, Trainer } from './trainer';
import { Workspace } from './workspace';
import type { WorkspacePlan } from './workspace-plan';

interface PairOfPolicy {
  readonly position: number;
  readonly promptTokens: readonly number[];
  readonly chosenTokens: readonly number[];
  readonly rejectedTokens: readonly number[];
}

interface SampleOfPolicy {
  readonly promptTokens: readonly number[];
  readonly tokens: readonly number[];
}

interface ReferenceOfPair {
  readonly position: number;
  readonly chosen: number;
  readonly rejected: number;
}

const tokensOf = ({ promptTokens, chosenTokens, rejectedTokens }: PairOfPolicy): PairTokens => ({
  prompt: promptTokens,
  chosen: chosenTokens,
  rejected: rejectedTokens,
});

/**
 * Implements `Policy` of src/tpo/policy.ts.
 * @throws LabError out-of-memory, device-lost, bad-file
 */
export async function createPolicy(
  device: Device,
  cache: PipelineCache,
  model: LanguageModel,
  recipe: Recipe,
  plan: WorkspacePlan,
  onProgress: (done: number, total: number) => void,
  /** @throws LabError not-found, bad-file */
  imported: (id: string) => Promise<PeftAdapter>,
  /** Null if it was not measured. */
  speed: DeviceSpeed | null = null,
) {
  const workspace = await Workspace.make(device, cache, plan, model.weights, onProgress);
  const trainer = new Trainer(workspace);
  const layout = plan.spec.adapter;
  const generator = new Generator({
    device,
    prefill: workspace.prefill,
    decode: workspace.decode,
    capacity: plan.spec.generation,
    context: model.config.context,
    vocabulary: model.config.vocabulary,
    positions: plan.positions,
    ends: new Set(model.config.ends),
    readbacks: workspace.readbacks,
    pace: workspace.pace,
  });

  return {
    contextLength: model.config.context,
    encodePrompt: (message: string, native: boolean): Promise<readonly number[]> =>
      encodeUserMessage(model, message, native),
    decode: (tokens: readonly number[]) => model.tokenizer.decode(tokens),

    generate: (arm: Arm, ...rest: OmitFirst<Parameters<Generator['generate']>>) =>
      generator.generate(workspace.slots(arm), ...rest),

    async logps(arm: Arm, pairs: readonly PairOfPolicy[]): Promise<ReferenceOfPair[]> {
      const scores = await trainer.score(arm, pairs.map(tokensOf));
      return pairs.map(({ position }, i) => ({ position, ...at(scores, i) }));
    },

    async verdictLogps(messages: readonly string[]) {
      const limit = plan.spec.verdicts?.prompt ?? 0;
      const questions = await Promise.all(messages.map((message) => verdictQuestion(model, message)));
      const fitting = questions.filter(({ prompt }) => prompt.length <= limit);
      const scores = await trainer.score(
        null,
        fitting.map(({ prompt, A, B }) => ({ prompt, chosen: [A], rejected: [B] })),
      );
      return questions.map((question) => {
        if (question.prompt.length > limit) return { tokens: question.prompt.length, limit };
        const { chosen, rejected } = at(scores, fitting.indexOf(question));
        return { A: chosen, B: rejected };
      });
    },

    async beginIteration(arm: Arm) {
      trainer.begin(arm);
    },

    async trainStep(
      arm: Arm,
      pairs: readonly PairOfPolicy[],
      reference: readonly ReferenceOfPair[],
      learningRate: number,
    ) {
      const { loss, logps, gradNorm, tokens } = await trainer.step(arm, pairs.map(tokensOf), reference, learningRate, {
        preference: 1,
        sft: recipe.sftWeight,
      });
      const rewards = (side: 'chosen' | 'rejected') =>
        logps.map((scores, i) => recipe.beta * (scores[side] - at(reference, i)[side]));
      return {
        loss,
        rewardsChosen: rewards('chosen'),
        rewardsRejected: rewards('rejected'),
        logpsChosen: logps.map(({ chosen }) => chosen),
        logpsRejected: logps.map(({ rejected }) => rejected),
        gradNorm,
        tokens,
      };
    },

    async sftStep(arm: Arm, samples: readonly SampleOfPolicy[], learningRate: number) {
      const pairs = samples.map(({ promptTokens, tokens }) => ({
        prompt: promptTokens,
        chosen: tokens,
        rejected: [],
      }));
      const none = samples.map(() => ({ chosen: 0, rejected: 0 }));
      const { logps, ...outcome } = await trainer.step(arm, pairs, none, learningRate, SFT);
      return { ...outcome, logps: logps.map(({ chosen }) => chosen) };
    },

    state: (arm: Arm) => trainer.state(arm),
    async setState(arm: Arm, state: Parameters<Trainer['setState']>[1]) {
      trainer.setState(arm, state);
    },
    async initialState(arm: Arm, seed: number) {
      const goesOn = arm === 'thinking' && recipe.adapter !== '';
      const weights = goesOn ? flatten(await imported(recipe.adapter), layout) : initialAdapter(layout, seed);
      return { weights, m: null, v: null, step: 0 };
    },

    lanes: plan.spec.generation.lanes,
    costs: speed && new PhaseCosts(plan, speed),
    memory: { planned: plan.bytes, peak: () => device.ledger.peak },
    dispose: () => workspace.dispose(),
  };
}

type OmitFirst<T extends readonly unknown[]> = T extends readonly [unknown, ...infer Rest] ? Rest : never;
