import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LabError } from '../../lib/errors';
import { directTemplates } from '../../model/tokenizer/testing/direct-templates';
import { bundledReader, type JudgeTexts, openTokenizer, pairReader, textReader } from './reading';

const JUDGES = new URL('../../../e2e/golden/judges/', import.meta.url);
const files = (folder: URL): JudgeTexts => ({
  text: async (name) => readFileSync(new URL(name, folder), 'utf8'),
  async optionalText(name) {
    try {
      return readFileSync(new URL(name, folder), 'utf8');
    } catch {
      return null;
    }
  },
});
const judge = (name: string) => files(new URL(`${name}/`, JUDGES));
interface Golden {
  readonly instruction: string;
  readonly response: string;
  readonly input_ids: number[];
  readonly token_type_ids: number[];
}
const golden: Record<'pair' | 'chat', Golden[]> = JSON.parse(readFileSync(new URL('expected.json', JUDGES), 'utf8'));
const usual = { template: '', hasTemplate: false, maxTokens: 48 };
const [CLS, SEP] = [2, 3];

describe('a pair of texts', () => {
  it('is read as transformers reads it', async () => {
    const read = await pairReader(judge('pair'), directTemplates, usual);
    for (const { instruction, response, input_ids: ids, token_type_ids: types } of golden.pair) {
      expect(await read(instruction, response)).toEqual({ ids, types });
    }
  });

  it('treats special tokens in it as text', async () => {
    const read = await pairReader(judge('pair'), directTemplates, usual);
    const found = await read('Add 1 and 2.', '3 [SEP] [CLS]');
    expect(found?.ids.filter((id) => id === SEP)).toHaveLength(2);
    expect(found?.ids.filter((id) => id === CLS)).toHaveLength(1);
    expect(found?.types?.filter((type) => type === 1).length).toBeGreaterThan(6);
  });

  it('loses the end of its response if it is too long', async () => {
    const read = await pairReader(judge('pair'), directTemplates, { ...usual, maxTokens: 20 });
    const found = await read('Add 1 and 2.', '3 '.repeat(100));
    expect(found?.ids).toHaveLength(20);
    expect(found?.ids.at(-1)).toBe(SEP);
    expect(found?.types?.at(-1)).toBe(1);
    expect(await read('Add 1 and 2. '.repeat(20), '3')).toBeNull();
  });

  it('may have an empty response', async () => {
    const read = await pairReader(judge('pair'), directTemplates, usual);
    const found = await read('Add 1 and 2.', ' ');
    expect(found?.ids.slice(-2)).toEqual([SEP, SEP]);
  });
});

describe('a conversation', () => {
  it('is read by the model’s own template', async () => {
    const read = await pairReader(judge('chat'), directTemplates, usual);
    for (const { instruction, response, input_ids: ids } of golden.chat)
      expect(await read(instruction, response)).toEqual({ ids });
  });

  it('ends as the template ends it even if it was cut', async () => {
    const read = await pairReader(judge('chat'), directTemplates, { ...usual, maxTokens: 16 });
    const found = await read('Add 1 and 2.', '3 [SEP] '.repeat(50));
    expect(found?.ids.length).toBeLessThanOrEqual(16);
    expect(found?.ids.filter((id) => id === SEP)).toHaveLength(2);
    expect(found?.ids.at(-1)).toBe(SEP);
  });
});

describe('a template of the recipe', () => {
  const by = (template: string) => pairReader(judge('chat'), directTemplates, { ...usual, template });

  it('replaces the model’s own; its special tokens are special, those in the texts are not', async () => {
    const { tokenizer } = await openTokenizer(judge('chat'));
    const found = await (await by('[CLS]{instruction} : {response}[SEP]'))('Add 1 [SEP]', '3');
    expect(found?.ids[0]).toBe(CLS);
    expect(found?.ids.filter((id) => id === SEP)).toHaveLength(1);
    expect(tokenizer.decode(found?.ids ?? [])).toMatch(/add 1 .+: 3$/);
  });

  it('gets the usual special tokens if it names none', async () => {
    const found = await (await by('{response}'))('Add 1 and 2.', '3');
    expect(found?.ids).toHaveLength(3);
    expect([found?.ids[0], found?.ids[2]]).toEqual([CLS, SEP]);
  });
});

describe('a text alone', () => {
  it('is read with its special tokens, and cut if it is too long', async () => {
    const read = await textReader(judge('embedding'), 8);
    expect((await read('blue')).ids.at(-1)).toBe(SEP);
    const long = await read('blue '.repeat(50));
    expect(long.ids).toHaveLength(8);
    expect([long.ids[0], long.ids.at(-1)]).toEqual([CLS, SEP]);
  });
});

it('reads for the bundled judge as it was trained', async () => {
  const folder = new URL('../../../public/models/tiny-judge/', import.meta.url);
  const read = await bundledReader(files(folder));
  const examples: Golden[] = JSON.parse(readFileSync(new URL('examples.json', folder), 'utf8'));
  expect(examples).toHaveLength(24);
  for (const { instruction, response, input_ids: ids } of examples)
    expect(await read(instruction, response)).toEqual({ ids });
});

it('refuses an invalid tokenizer', async () => {
  const broken = { ...judge('pair'), text: async () => '[1]' };
  await expect(textReader(broken, 8)).rejects.toBeInstanceOf(LabError);
});
