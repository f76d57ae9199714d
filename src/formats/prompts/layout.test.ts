import { expect, it } from 'vitest';
import { detectLayout, textOf } from './layout';
import { readPromptFile } from './read-file';

const detect = async (...rows: object[]) =>
  detectLayout(await readPromptFile('a.json', new Blob([JSON.stringify(rows)]), 'json'));

const chat = [
  { role: 'system', content: 's' },
  { role: 'user', content: [{ type: 'text', text: 'u' }, { type: 'image' }] },
  { role: 'assistant', content: 'a' },
  { role: 'user', content: 'u2' },
];
const sharegpt = [
  { from: 'human', value: 'u' },
  { from: 'gpt', value: 'a' },
];

it.each([
  [
    'Alpaca',
    { instruction: 'i', input: '', output: 'o' },
    'alpaca',
    { instruction: 'instruction', input: 'input', answer: 'output' },
  ],
  [
    'ShareGPT',
    { id: 1, conversations: sharegpt },
    'sharegpt',
    { instruction: 'conversations', answer: 'conversations', id: 'id' },
  ],
  [
    'messages',
    { source: 's', messages: chat },
    'sharegpt',
    { instruction: 'messages', answer: 'messages', category: 'source' },
  ],
  ['turns under any name', { x: 1, talk: sharegpt }, 'sharegpt', { instruction: 'talk' }],
  ['TRL', { prompt: 'p', chosen: 'c', rejected: 'r' }, 'trl', { instruction: 'prompt', answer: 'chosen' }],
  [
    'TRL, conversational',
    { prompt: chat, chosen: sharegpt, rejected: sharegpt },
    'trl',
    { instruction: 'prompt', answer: 'chosen' },
  ],
  [
    'the lab’s own pairs',
    {
      prompt: '<|user|>i<|end|>',
      chosen: 'thought, r',
      rejected: 's',
      response_chosen: 'r',
      prompt_id: 'p1',
      instruction: 'i',
    },
    'trl',
    { instruction: 'instruction', answer: 'response_chosen', id: 'prompt_id' },
  ],
  [
    'instruction/input/response',
    { instruction: 'i', input: 'j', response: 'r' },
    'plain',
    { input: 'input', answer: 'response' },
  ],
  [
    'Dolly',
    { instruction: 'i', context: 'c', response: 'r', category: 'qa' },
    'plain',
    { instruction: 'instruction', input: 'context', answer: 'response', category: 'category' },
  ],
  ['input alone', { input: 'i', output: 'o' }, 'plain', { instruction: 'input', input: null, answer: 'output' }],
  ['TRL, prompt implicit', { chosen: chat, rejected: chat }, 'trl', { instruction: 'chosen', answer: 'chosen' }],
  [
    'the lab’s own',
    { id: 'a', category: 'c', instruction: 'i', answer: '4', check: 'number' },
    'plain',
    { instruction: 'instruction', answer: 'answer', checkColumn: 'check', category: 'category', id: 'id' },
  ],
  ['GSM8K', { question: 'How many?', answer: 'a' }, 'plain', { instruction: 'question', answer: 'answer' }],
  [
    'nothing known',
    { n: 3, german: 'Guten Tag zusammen', short: 'x' },
    'plain',
    { instruction: 'german', answer: null },
  ],
])('%s', async (_, row, layout, mapping) => {
  expect(await detect(row, row)).toMatchObject({ layout, mapping });
});

it.each([
  [['4', '12', '-3,5'], 'number'],
  [['4:15', '12:00'], 'time'],
  [['Monday', 'BRUBUS', '4'], 'exact'],
  [['A sentence that goes on for longer than anybody would repeat letter for letter.', 'x'], null],
])('answers %j are checked by %s', async (answers, check) => {
  const rows = answers.map((answer) => ({ question: 'q', answer }));
  expect((await detect(...rows)).mapping.check).toBe(check);
});

it('reads cells of every kind as text', () => {
  expect(textOf(chat, 'user')).toBe('u');
  expect(textOf(chat, 'assistant')).toBe('a');
  expect(textOf([chat[0]], 'user')).toBeNull();
  expect(textOf(['yes', 'y'], 'assistant')).toBe('yes');
  expect(textOf(12n, 'user')).toBe('12');
  expect(textOf(null, 'user')).toBeNull();
  expect(textOf({ a: 1 }, 'user')).toBeUndefined();
});
