import { expect, it } from 'vitest';
import { PRESETS } from '../recipe/presets';
import { longestVerdict } from './longest-verdict';

const encoder = (contextLength: number) => ({
  contextLength,
  encodePrompt: async (message: string) => Array.from(message, (character) => character.charCodeAt(0)),
});
const recipe = { ...PRESETS.quick, arms: ['thinking', 'direct'], maxNewTokens: 80, maxNewTokensDirect: 100 } as const;
const ask = (instruction: string) => `judge: ${instruction}`;
const longest = (context: number, instructions: readonly string[]) =>
  longestVerdict(encoder(context), { ...recipe, arms: [...recipe.arms] }, instructions, ask);

it('is the words, the longest instruction and two responses of the longer arm', async () => {
  expect(await longest(1000, ['a', 'b'.repeat(30), 'cc'])).toBe(7 + 30 + 2 * 100 + 64);
});

it('is the context where responses may be longer than it holds', async () => {
  expect(await longest(200, ['a'])).toBe(200);
});

it('is refused before a run where not even the instruction fits', async () => {
  await expect(longest(200, ['a', 'b'.repeat(140)])).rejects.toMatchObject({
    code: 'prompt-too-long',
    message: expect.stringContaining('147 tokens'),
  });
});
