import { expect, it } from 'vitest';
import { PRESETS } from '../../recipe/presets';
import type { Recipe } from '../../recipe/recipe';
import { longestVerdict } from './longest-verdict';

/** Characters as tokens. */
const encoder = (contextLength: number) => ({
  contextLength,
  encodePrompt: async (message: string) => Array.from(message, (character) => character.charCodeAt(0)),
});
const recipe: Recipe = {
  ...PRESETS.quick,
  comparisonPrompt: '{instruction}{first}{second}[[A]]',
  maxNewTokens: 80,
  maxNewTokensDirect: 100,
};
const longest = (context: number, instructions: readonly string[]) =>
  longestVerdict(encoder(context), recipe, instructions);
/** Three texts, each in a fence of eight letters. */
const SHELL = 3 * '<bcdfghjk>\n\n</bcdfghjk>'.length + '[[A]]'.length;

it('is the words, the longest instruction and two responses of the longer arm', async () => {
  expect(await longest(1000, ['a', 'b'.repeat(30), 'cc'])).toBe(SHELL + 30 + 2 * 100 + 64);
});

it('is the context where responses may be longer than it holds', async () => {
  expect(await longest(250, ['a'])).toBe(250);
});

it('is refused before a run where not even the instruction fits', async () => {
  await expect(longest(200, ['a', 'b'.repeat(140)])).rejects.toMatchObject({
    code: 'prompt-too-long',
    message: expect.stringContaining(`${SHELL + 140} tokens`),
  });
});
