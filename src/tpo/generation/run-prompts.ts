import { at } from '../../lib/at';
import { LabError } from '../../lib/errors';
import { Random } from '../../lib/random';
import { normalised } from '../../lib/text';
import type { Arm, Recipe } from '../../recipe/recipe';
import { promptMessage, thoughtPrompt } from '../../recipe/thought-prompts';
import type { Prompt } from '../../records/prompts';
import type { Policy } from '../policy';
import { hasWarmUp } from '../training/warm-up';
import { promptBlock } from './prompt-order';

/** What of a policy is needed to know its prompts; a model that is on no device yet has it too. */
export type PromptEncoder = Pick<Policy, 'contextLength' | 'encodePrompt'>;

/** A prompt as one arm asks it. */
export interface EncodedPrompt {
  readonly prompt: Prompt;
  readonly tokens: readonly number[];
}

/** Longest completion of an arm, in tokens. */
export const longestCompletion = (recipe: Recipe, arm: Arm): number =>
  arm === 'thinking' ? recipe.maxNewTokens : recipe.maxNewTokensDirect;

/** @throws LabError prompt-too-long: with its longest completion it does not fit into the context */
export async function encodePrompt(
  policy: PromptEncoder,
  recipe: Recipe,
  arm: Arm,
  prompt: Prompt,
): Promise<EncodedPrompt> {
  const asked = thoughtPrompt(arm, recipe);
  const tokens = await policy.encodePrompt(promptMessage(asked, prompt.instruction), asked.native);
  const longest = longestCompletion(recipe, arm);
  if (tokens.length + longest > policy.contextLength) {
    throw new LabError(
      'prompt-too-long',
      `Prompt ${prompt.id} has ${tokens.length} tokens in the ${arm} arm; with ${longest} for the answer it exceeds the model's context of ${policy.contextLength}.`,
      'Nothing was lost. Take the prompt out of its set, or lower the longest completion.',
    );
  }
  return { prompt, tokens };
}

/**
 * The held-out prompts that are evaluated, in the order of their set. Which ones depends on the set and the number alone: runs of other
 * seeds are compared on the same prompts.
 */
export function heldoutSample(heldout: readonly Prompt[], count: number): readonly Prompt[] {
  if (count === 0 || count >= heldout.length) return heldout;
  const chosen = new Set(new Random(0, 'heldout').permutation(heldout.length).slice(0, count));
  return heldout.filter((_, i) => chosen.has(i));
}

/** Training prompts whose instruction is not held out, however it is spelt. The array itself where all are. */
function notHeldOut(prompts: readonly Prompt[], heldout: readonly Prompt[]): readonly Prompt[] {
  const kept = new Set(heldout.map(({ instruction }) => normalised(instruction)));
  const left = prompts.filter(({ instruction }) => !kept.has(normalised(instruction)));
  return left.length === prompts.length ? prompts : left;
}

/** Every prompt that a run will meet, encoded before it begins: one that does not fit is found now, not in the last iteration. */
export class RunPrompts {
  private constructor(
    private readonly trained: ReadonlyMap<Arm, readonly (readonly EncodedPrompt[])[]>,
    private readonly evaluated: ReadonlyMap<Arm, readonly EncodedPrompt[]>,
    /** Of the training set, because the run is evaluated on them. */
    readonly leftOut: number,
  ) {}

  /**
   * Prompts of both sets are held out, and not trained on.
   * @throws LabError prompt-too-long, bad-prompts (an empty set, or nothing that is not held out), bad-recipe (a custom thought prompt that lacks something),
   * unsupported-model (the chat template)
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
        'Every training prompt is a held-out one too.',
        'Choose another set of either, or split one in Prompts.',
      );
    }
    const trained = new Map<Arm, EncodedPrompt[][]>();
    const evaluated = new Map<Arm, EncodedPrompt[]>();
    for (const arm of recipe.arms) {
      const encoded = new Map<Prompt, Promise<EncodedPrompt>>();
      // A block at once: its prompts go to the chat template together.
      const encode = (block: readonly Prompt[]): Promise<EncodedPrompt[]> =>
        Promise.all(
          block.map((prompt) => {
            const known = encoded.get(prompt) ?? encodePrompt(policy, recipe, arm, prompt);
            encoded.set(prompt, known);
            return known;
          }),
        );
      const blocks: EncodedPrompt[][] = [];
      for (let iteration = 0; iteration <= recipe.iterations; iteration++) {
        const taken = iteration > 0 || hasWarmUp(recipe, { iteration, arm });
        const block = taken ? promptBlock(prompts.length, recipe, iteration) : [];
        blocks.push(await encode(block.map((i) => at(prompts, i))));
      }
      trained.set(arm, blocks);
      evaluated.set(arm, await encode(heldoutSample(heldout, recipe.evaluationPrompts)));
    }
    return new RunPrompts(trained, evaluated, all.length - prompts.length);
  }

  /** Of iteration 1 … N, both arms the same prompts; of iteration 0 the warm-up's. */
  training(iteration: number, arm: Arm): readonly EncodedPrompt[] {
    return at(this.trained.get(arm) ?? [], iteration);
  }

  heldout(arm: Arm): readonly EncodedPrompt[] {
    return this.evaluated.get(arm) ?? [];
  }

  /** Of all of them, each once. */
  get instructions(): readonly string[] {
    return [...new Set(this.blocks.flatMap((block) => block.map(({ prompt }) => prompt.instruction)))];
  }

  /** Tokens of the longest, of either arm. */
  get longest(): number {
    return this.blocks.reduce(
      (longest, block) => block.reduce((most, { tokens }) => Math.max(most, tokens.length), longest),
      0,
    );
  }

  private get blocks(): readonly (readonly EncodedPrompt[])[] {
    return [...[...this.trained.values()].flat(), ...this.evaluated.values()];
  }
}
