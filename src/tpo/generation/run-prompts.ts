/**
 * The prompts of a run: which ones each iteration takes, encoded as each arm asks them, and the random stream of
 * each.
 */
import { at } from '../../lib/assert';
import { LabError } from '../../lib/errors';
import { Random } from '../../lib/random';
import { normalised } from '../../lib/text';
import { ARMS, type Arm, type Recipe } from '../../recipe/recipe';
import { promptMessage, thoughtPrompt } from '../../recipe/thought-prompts';
import type { Purpose } from '../../records/candidates';
import type { Prompt } from '../../records/prompts';
import { hasWarmUp } from '../arm-iterations';
import type { Policy } from '../policy';

/** The part of a policy that encodes prompts. A model that is not loaded on a device has it too. */
export type PromptEncoder = Pick<Policy, 'contextLength' | 'encodePrompt'>;

/** A prompt as one arm asks it. */
export interface EncodedPrompt {
  readonly prompt: Prompt;
  readonly tokens: readonly number[];
}

/** The longest completion of an arm, in tokens. */
export const longestCompletion = (recipe: Recipe, arm: Arm): number =>
  arm === 'thinking' ? recipe.maxNewTokens : recipe.maxNewTokensDirect;

/**
 * The sampler's random stream for one prompt's candidates. Packs what the draws are for into a number, so that no two
 * prompts of a run share a stream. Position < 2²³, iteration ≤ 100. The warm-up counts as the training of iteration 0.
 */
export function samplingStream(purpose: Purpose, arm: Arm, iteration: number, position: number): number {
  return ((position * 128 + iteration) * 2 + ARMS.indexOf(arm)) * 2 + (purpose === 'evaluate' ? 1 : 0);
}

/**
 * The prompts of an iteration, as indices into a set of `total` prompts. The set is shuffled once per run by its seed;
 * iterations 1 … N each take the next block and wrap around at the end. Both arms take the same prompts. Iteration 0,
 * the warm-up, takes the block after the last iteration's: training takes the same prompts with and without a warm-up,
 * and if the set is large enough, none that the warm-up has trained on.
 */
export function promptIndices(
  total: number,
  recipe: Pick<Recipe, 'seed' | 'iterations' | 'promptsPerIteration' | 'sftPrompts'>,
  iteration: number,
): number[] {
  if (total === 0) return [];
  const { seed, iterations, promptsPerIteration, sftPrompts } = recipe;
  const order = new Random(seed, 'prompts').permutation(total);
  const [block, size] = iteration === 0 ? [iterations, sftPrompts] : [iteration - 1, promptsPerIteration];
  return Array.from({ length: size }, (_, i) => at(order, (block * promptsPerIteration + i) % total));
}

/**
 * The held-out prompts that are evaluated, in the order of their set. The choice depends on the set and on `count`
 * alone, so that runs with different seeds are compared on the same prompts.
 * @param count number of prompts; 0 for all
 */
export function heldoutSample(heldout: readonly Prompt[], count: number): readonly Prompt[] {
  if (count === 0 || count >= heldout.length) return heldout;
  const chosen = new Set(new Random(0, 'heldout').permutation(heldout.length).slice(0, count));
  return heldout.filter((_, i) => chosen.has(i));
}

/**
 * The training prompts without those that are held out too, compared by normalised text. Returns `prompts` itself if
 * none is.
 */
export function notHeldOut(prompts: readonly Prompt[], heldout: readonly Prompt[]): readonly Prompt[] {
  const kept = new Set(heldout.map(({ instruction }) => normalised(instruction)));
  const left = prompts.filter(({ instruction }) => !kept.has(normalised(instruction)));
  return left.length === prompts.length ? prompts : left;
}

/** @throws LabError prompt-too-long: the prompt and its longest completion exceed the context */
export async function encodePrompt(
  policy: PromptEncoder,
  recipe: Recipe,
  arm: Arm,
  prompt: Prompt,
): Promise<EncodedPrompt> {
  const thought = thoughtPrompt(arm, recipe);
  const tokens = await policy.encodePrompt(promptMessage(thought, prompt.instruction), thought.native);
  const longest = longestCompletion(recipe, arm);
  if (tokens.length + longest > policy.contextLength) {
    throw new LabError(
      'prompt-too-long',
      `Prompt ${prompt.id} has ${tokens.length} tokens in the ${arm} arm. With ${longest} tokens for the answer, ` +
        `it exceeds the model's context of ${policy.contextLength} tokens.`,
      'Nothing was lost. Remove the prompt from its set, or lower the longest completion.',
    );
  }
  return { prompt, tokens };
}

/**
 * All prompts of a run, encoded before it begins, so that one that does not fit is found at once and not in the last
 * iteration.
 */
export class RunPrompts {
  private constructor(
    private readonly byIteration: ReadonlyMap<Arm, readonly (readonly EncodedPrompt[])[]>,
    private readonly evaluated: ReadonlyMap<Arm, readonly EncodedPrompt[]>,
    /** Number of training prompts that were left out because they are held out too. */
    readonly leftOut: number,
  ) {}

  /**
   * Prompts that are in both sets are held out and not trained on.
   * @throws LabError prompt-too-long; bad-prompts (a set is empty, or every training prompt is held out);
   * bad-recipe (a custom thought prompt is incomplete); unsupported-model (the chat template)
   */
  static async encode(
    policy: PromptEncoder,
    recipe: Recipe,
    all: readonly Prompt[],
    heldout: readonly Prompt[],
  ): Promise<RunPrompts> {
    if (all.length === 0)
      throw new LabError('bad-prompts', 'The set of training prompts is empty.', 'Choose another set.');
    if (heldout.length === 0)
      throw new LabError('bad-prompts', 'The set of held-out prompts is empty.', 'Choose another set.');
    const prompts = notHeldOut(all, heldout);
    if (prompts.length === 0) {
      throw new LabError(
        'bad-prompts',
        'Every training prompt is also a held-out prompt.',
        'Choose another set for one of the two, or split a set in Prompts.',
      );
    }
    const byIteration = new Map<Arm, EncodedPrompt[][]>();
    const evaluated = new Map<Arm, EncodedPrompt[]>();
    for (const arm of recipe.arms) {
      const encoded = new Map<Prompt, Promise<EncodedPrompt>>();
      // A block at a time: its prompts go through the chat template together.
      const encode = (block: readonly Prompt[]): Promise<EncodedPrompt[]> =>
        Promise.all(
          block.map((prompt) => {
            const encodedPrompt = encoded.get(prompt) ?? encodePrompt(policy, recipe, arm, prompt);
            encoded.set(prompt, encodedPrompt);
            return encodedPrompt;
          }),
        );
      const blocks: EncodedPrompt[][] = [];
      for (let iteration = 0; iteration <= recipe.iterations; iteration++) {
        const trains = iteration > 0 || hasWarmUp(recipe, { iteration, arm });
        const block = trains ? promptIndices(prompts.length, recipe, iteration) : [];
        blocks.push(await encode(block.map((i) => at(prompts, i))));
      }
      byIteration.set(arm, blocks);
      evaluated.set(arm, await encode(heldoutSample(heldout, recipe.evaluationPrompts)));
    }
    return new RunPrompts(byIteration, evaluated, all.length - prompts.length);
  }

  /** The prompts that an iteration trains on: the same for both arms. Iteration 0 has the prompts of the warm-up. */
  training(iteration: number, arm: Arm): readonly EncodedPrompt[] {
    return at(this.byIteration.get(arm) ?? [], iteration);
  }

  heldout(arm: Arm): readonly EncodedPrompt[] {
    return this.evaluated.get(arm) ?? [];
  }

  /** The instructions of all prompts, each once. */
  get instructions(): readonly string[] {
    return [...new Set(this.blocks.flatMap((block) => block.map(({ prompt }) => prompt.instruction)))];
  }

  /** The length of the longest prompt of either arm, in tokens. */
  get longest(): number {
    return this.blocks.reduce(
      (longest, block) => block.reduce((most, { tokens }) => Math.max(most, tokens.length), longest),
      0,
    );
  }

  /** The mean length of an arm's prompts, in tokens. */
  meanLength(arm: Arm): number {
    const prompts = [...(this.byIteration.get(arm) ?? []).flat(), ...this.heldout(arm)];
    return prompts.reduce((sum, { tokens }) => sum + tokens.length, 0) / Math.max(1, prompts.length);
  }

  private get blocks(): readonly (readonly EncodedPrompt[])[] {
    return [...[...this.byIteration.values()].flat(), ...this.evaluated.values()];
  }
}
