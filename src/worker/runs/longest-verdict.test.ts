import { expect, it } from 'vitest';
import { PRESETS } from '../../recipe/presets';
import type { Recipe } from '../../recipe/recipe';
import { longestVerdict } from './longest-verdict';

/** Each character is a token. */
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
/** The lengths of three fences of eight letters, and of the end of the judge's prompt. */
const SHELL = 3 * '<bcdfghjk>\n\n</bcdfghjk>'.length + '[[A]]'.length;

it('has the judge’s prompt, the longest instruction and two responses of the longer arm', async () => {
  expect(await longest(1000, ['a', 'b'.repeat(30), 'cc'])).toBe(SHELL + 30 + 2 * 100 + 64);
});

it('is the context length if the responses may be longer than that', async () => {
  expect(await longest(250, ['a'])).toBe(250);
});

it('is refused before the run if an instruction alone does not fit', async () => {
  await expect(longest(200, ['a', 'b'.repeat(140)])).rejects.toMatchObject({
    code: 'prompt-too-long',
    message: expect.stringContaining(`${SHELL + 140} tokens`),
  });
});
