import { readFileSync } from 'node:fs';
import { Tokenizer } from '@huggingface/tokenizers';
import { describe, expect, it } from 'vitest';
import { PRESETS } from './presets';
import { promptMessage, thoughtPrompt } from './thought-prompts';

const read = (file: string) =>
  JSON.parse(readFileSync(new URL(`../../public/models/tiny-thinker/${file}`, import.meta.url), 'utf8'));
const examples: { format: 'generic' | 'specific' | 'direct'; instruction: string; prompt_ids: number[] }[] =
  read('examples.json');
const tokenizer = new Tokenizer(read('tokenizer.json'), read('tokenizer_config.json'));

describe('thought prompts', () => {
  it.each(examples)(
    'equal those that the bundled model was trained on: $format, $instruction',
    ({ format, instruction, prompt_ids }) => {
      const prompt =
        format === 'direct'
          ? thoughtPrompt('direct', PRESETS.quick)
          : thoughtPrompt('thinking', { ...PRESETS.quick, format });
      expect(tokenizer.decode(prompt_ids)).toBe(
        `<|im_start|>user\n${promptMessage(prompt, instruction)}<|im_end|>\n<|im_start|>assistant\n`,
      );
    },
  );

  it('uses a custom prompt with its markers, and inserts the instruction verbatim', () => {
    const prompt = thoughtPrompt('thinking', {
      format: 'custom',
      thoughtPrompt: 'Think. {instruction} Again: {instruction}',
      thoughtMarker: '',
      responseMarker: '>>',
    });
    expect(prompt).toMatchObject({ thoughtMarker: null, responseMarker: '>>' });
    expect(promptMessage(prompt, '$& {instruction} $1')).toBe('Think. $& {instruction} $1 Again: $& {instruction} $1');
  });

  it.each([{ thoughtPrompt: 'Think.' }, { responseMarker: '' }])('refuses a custom format with %j', (change) => {
    const recipe = {
      format: 'custom',
      thoughtPrompt: '{instruction}',
      thoughtMarker: '',
      responseMarker: '>>',
      ...change,
    } as const;
    expect(() => thoughtPrompt('thinking', recipe)).toThrow(expect.objectContaining({ code: 'bad-recipe' }));
  });
});
