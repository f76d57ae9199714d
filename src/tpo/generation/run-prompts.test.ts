import { describe, expect, it } from 'vitest';
import { PRESETS } from '../../recipe/presets';
import type { Prompt } from '../../records/prompts';
import { promptIndices, RunPrompts } from './run-prompts';

const prompts: Prompt[] = Array.from({ length: 6 }, (_, i) => ({ id: `p${i}`, instruction: `question ${i}` }));
const heldout: Prompt[] = Array.from({ length: 4 }, (_, i) => ({ id: `h${i}`, instruction: `held out ${i}` }));
const recipe = { ...PRESETS.quick, iterations: 2, promptsPerIteration: 4, evaluationPrompts: 2 };

describe('the prompts of a run', () => {
  it.each([
    ['thinking', 'generic', false],
    ['thinking', 'specific', false],
    ['thinking', 'think', true],
    ['direct', 'think', false],
  ] as const)('of the %s arm in the %s format ask for native thinking: %s', async (arm, format, native) => {
    const asked = new Set<boolean>();
    const encodePrompt = async (_: string, thinks: boolean) => {
      asked.add(thinks);
      return [1];
    };
    await RunPrompts.encode(
      { contextLength: 10_000, encodePrompt },
      { ...recipe, format, arms: [arm] },
      prompts,
      heldout,
    );
    expect([...asked]).toEqual([native]);
  });

  it('are encoded once each, a block at a time, in their order', async () => {
    let waiting = 0;
    let most = 0;
    const asked: string[] = [];
    const encoder = {
      contextLength: 10_000,
      encodePrompt: async (message: string) => {
        asked.push(message);
        most = Math.max(most, ++waiting);
        await new Promise((resolve) => setTimeout(resolve, 10 - Number(message.at(-1))));
        waiting--;
        return [Number(message.at(-1))];
      },
    };
    const run = await RunPrompts.encode(encoder, { ...recipe, arms: ['direct'] }, prompts, heldout);
    expect(new Set(asked).size).toBe(asked.length);
    expect(most).toBe(4);
    for (const block of [run.training(1, 'direct'), run.training(2, 'direct'), run.heldout('direct')]) {
      expect(block.map(({ tokens }) => tokens[0])).toEqual(block.map(({ prompt }) => Number(prompt.id.slice(1))));
    }
  });

  it('are refused before the run begins if one does not fit into the context', async () => {
    const encoder = {
      contextLength: 100,
      encodePrompt: async (m: string) => (m.includes('question 3') ? Array(90).fill(1) : [1]),
    };
    const encoding = RunPrompts.encode(
      encoder,
      { ...recipe, maxNewTokens: 20, maxNewTokensDirect: 20 },
      prompts,
      heldout,
    );
    await expect(encoding).rejects.toEqual(
      expect.objectContaining({
        code: 'prompt-too-long',
        message: expect.stringContaining('Prompt p3 has 90 tokens'),
      }),
    );
  });

  describe('that are held out', () => {
    const encoder = { contextLength: 10_000, encodePrompt: async () => [1] };
    const directRecipe = { ...recipe, arms: ['direct'], iterations: 3, promptsPerIteration: 2 } as const;
    const trained = (run: RunPrompts) =>
      [1, 2, 3].flatMap((iteration) => run.training(iteration, 'direct').map(({ prompt }) => prompt.id));

    it('are not trained on, even if case and white space differ', async () => {
      const repeated = [{ id: 'h', instruction: '  Question   3 ' }, ...heldout];
      const run = await RunPrompts.encode(encoder, { ...directRecipe, arms: ['direct'] }, prompts, repeated);
      expect(run.leftOut).toBe(1);
      expect(trained(run)).not.toContain('p3');
      expect(new Set(trained(run)).size).toBe(5);
    });

    it('do not change the training prompts if none of them is held out', async () => {
      const run = await RunPrompts.encode(encoder, { ...directRecipe, arms: ['direct'] }, prompts, heldout);
      expect(run.leftOut).toBe(0);
      expect(trained(run)).toEqual([1, 2, 3].flatMap((i) => promptIndices(6, directRecipe, i)).map((i) => `p${i}`));
    });

    it('may not be all of the training prompts', async () => {
      const again = prompts.map((prompt) => ({ ...prompt, id: `again ${prompt.id}` }));
      await expect(
        RunPrompts.encode(encoder, { ...directRecipe, arms: ['direct'] }, prompts, again),
      ).rejects.toMatchObject({
        code: 'bad-prompts',
        message: 'Every training prompt is also a held-out prompt.',
      });
    });
  });
});

describe('the prompts of an iteration', () => {
  const blocks = { seed: 1, iterations: 5, promptsPerIteration: 8, sftPrompts: 0 };

  it('include every prompt once before any twice, in the same order for the same seed', () => {
    const all = [1, 2, 3, 4, 5].flatMap((iteration) => promptIndices(20, blocks, iteration));
    expect(new Set(all.slice(0, 20)).size).toBe(20);
    expect(all.slice(20)).toEqual(all.slice(0, 20));
    expect(promptIndices(20, blocks, 2)).toEqual(all.slice(8, 16));
    expect(promptIndices(20, { ...blocks, seed: 2 }, 2)).not.toEqual(all.slice(8, 16));
  });

  it('wrap around if the block is larger than the set, and are none for an empty set', () => {
    const block = promptIndices(3, { ...blocks, promptsPerIteration: 7, seed: 5 }, 1);
    expect([...block.slice(0, 3)].sort()).toEqual([0, 1, 2]);
    expect(block.slice(3, 6)).toEqual(block.slice(0, 3));
    expect(promptIndices(0, blocks, 1)).toEqual([]);
  });

  it('are others in the warm-up, which changes no other block', () => {
    const warm = { ...blocks, iterations: 2, sftPrompts: 4 };
    const trained = [1, 2].flatMap((iteration) => promptIndices(20, warm, iteration));
    const warmUpIndices = promptIndices(20, warm, 0);
    expect(new Set([...warmUpIndices, ...trained]).size).toBe(20);
    expect(trained).toEqual([1, 2].flatMap((iteration) => promptIndices(20, { ...warm, sftPrompts: 0 }, iteration)));
    expect(promptIndices(20, { ...warm, sftPrompts: 0 }, 0)).toEqual([]);
  });
});
