/** golden.test.ts tests the exact rule. These are variants of the markers as real models write them. */
import { describe, expect, it } from 'vitest';
import { PRESETS } from '../../recipe/presets';
import { thoughtPrompt } from '../../recipe/thought-prompts';
import { parseCompletion } from './parse-completion';

const format = (name: 'generic' | 'specific' | 'think') =>
  thoughtPrompt('thinking', { ...PRESETS.quick, format: name });
const custom = (responseMarker: string, thoughtMarker = '') =>
  thoughtPrompt('thinking', { format: 'custom', thoughtPrompt: '{instruction}', thoughtMarker, responseMarker });
const parts = (text: string, of = format('generic')) => {
  const { thought, response, malformed } = parseCompletion(text, true, of);
  return malformed === null ? [thought, response] : malformed;
};

/** [text, thought, response] */
type Case = readonly [string, string, string];
const T = 'Here is my thought process:';

describe('the generic format', () => {
  it.each<Case>([
    // Emphasis, headings, lists, quotations.
    [`**${T}** a\n\n**Here is my response:** b`, 'a', 'b'],
    ['**Here is my thought process**:\na\n\n**Here is my response**:\nb', 'a', 'b'],
    ['*Here is my thought process*: a\n*Here is my response*: b', 'a', 'b'],
    ['*Here is my thought process:*\n\na\n\n***Here is my response:***\n\nb', 'a', 'b'],
    [`__${T}__ a __Here is my response:__ b`, 'a', 'b'],
    [`### ${T}\na\n\n### Here is my response:\nb`, 'a', 'b'],
    ['## **Here is my thought process**\na\n## **Here is my response**\nb', 'a', 'b'],
    ['# Here is my thought process\na\n# Here is my response #1\nb', 'a', '#1\nb'],
    [`1. **${T}**\na\n2. **Here is my response:**\nb`, 'a', 'b'],
    [`- ${T} a\n- Here is my response: b`, 'a', 'b'],
    [`* ${T} a\n* Here is my response: b`, 'a', 'b'],
    [`> ${T} a\n> Here is my response: b`, 'a', 'b'],
    ['`Here is my thought process:` a `Here is my response:` b', 'a', 'b'],
    [`${T}** a\nHere is my response:** b`, 'a', 'b'],
    ['**Here is my response: b**', '', 'b'],
    ['**Here is my response: b** and **more**', '', 'b** and **more**'],
    [`*${T} a*\n\n*Here is my response: b*`, 'a', 'b'],
    // Quotes.
    [`"${T}" a "Here is my response:" b`, 'a', 'b'],
    ['“Here is my thought process:” a\n“Here is my response”: b', 'a', 'b'],
    ['**"Here is my thought process:"** a\n**"Here is my response":** b', 'a', 'b'],
    ['"Here is my response: b"', '', 'b'],
    ['[Here is my response:] b', '', 'b'],
    // Case, white space, contraction.
    ['here is my thought process: a here is my response: b', 'a', 'b'],
    ['HERE IS MY THOUGHT PROCESS: a\nHERE IS MY RESPONSE: b', 'a', 'b'],
    ['Here Is My Thought Process:\na\nHere Is My Response:\nb', 'a', 'b'],
    ['Here is  my\nresponse : b', '', 'b'],
    ["Here's my thought process: a\n\nHere’s my response: b", 'a', 'b'],
    // The colon: none, full-width, a dash, an arrow, a full stop.
    ['Here is my thought process\na\n\nHere is my response\nb', 'a', 'b'],
    ['Here is my thought process A. Here is my response The answer is 4.', 'A.', 'The answer is 4.'],
    ['Here is my thought process：a\nHere is my response：b', 'a', 'b'],
    ['Here is my thought process – a\nHere is my response — b', 'a', 'b'],
    ['Here is my thought process - a\nHere is my response -- b', 'a', 'b'],
    ['Here is my response -> b', '', 'b'],
    ['So it is four. Here is my response.\n\nb', 'So it is four.', 'b'],
    ['Here is my response...\nb', '', 'b'],
    ['思考。 Here is my response 八', '思考。', '八'],
    // Mark-up that belongs to the response is kept.
    [`${T} **a** Here is my response: **b** c`, '**a**', '**b** c'],
    ['Here is my response:\n\n**b**\n\n* c', '', '**b**\n\n* c'],
    ['Here is my response:\n* b\n* c', '', '* b\n* c'],
    ['Here is my response\n- b\n- c', '', '- b\n- c'],
    ['**Here is my response:**\n- b\n- **c**', '', '- b\n- **c**'],
    ['Here is my response: - 4', '', '- 4'],
    ['Here is my response: "b"', '', '"b"'],
    ['Here is my response: *b*', '', '*b*'],
    ['**Here is my response:** *b*', '', '*b*'],
    ['Here is my response:\n### b ###', '', '### b ###'],
    ['Here is my response: `x` and `y`', '', '`x` and `y`'],
    ['Here is my response:: b', '', ': b'],
    // So is mark-up that belongs to the thought.
    ['**a** **Here is my response:** b', '**a**', 'b'],
    ['*a*\n\nHere is my response: b', '*a*', 'b'],
    ['**Step:**Here is my response: b', '**Step:**', 'b'],
    ['a * Here is my response: b', 'a *', 'b'],
    // Words that only resemble a marker, and sentences that go on.
    ['Here is my responsee: x Here is my response: b', 'Here is my responsee: x', 'b'],
    [
      'Where is my response: x. There is my response: y. Here is my response: b',
      'Where is my response: x. There is my response: y.',
      'b',
    ],
    ['I think here is my response in full. Here is my response: b', 'I think here is my response in full.', 'b'],
    ['Here is my response-based plan. Here is my response: b', 'Here is my response-based plan.', 'b'],
    ['Here is my response to that.\nHere is my response: b', 'Here is my response to that.', 'b'],
    ['Here is my response, in short.\nHere is my response: b', 'Here is my response, in short.', 'b'],
    [
      'I will mark it with "Here is my response" later. Here is my response: b',
      'I will mark it with "Here is my response" later.',
      'b',
    ],
    // The first occurrence counts, even if it is only a mention.
    [
      'I will write it after "Here is my response:" below. Here is my response: b',
      'I will write it after',
      'below. Here is my response: b',
    ],
    ['**Here is my response:** b Here is my response: c', '', 'b Here is my response: c'],
    [
      `Preamble. ${T} a **here is my thought process:** b Here is my response: c`,
      'a **here is my thought process:** b',
      'c',
    ],
    [`Here is my response: b ${T} c`, '', `b ${T} c`],
  ])('%j', (text, thought, response) => {
    expect(parts(text)).toEqual([thought, response]);
  });

  it.each([
    ['Where is my response: x', 'no-marker'],
    ['here is my response to the question', 'no-marker'],
    ['I wonder whether here is my response', 'no-marker'],
    ['**Here is my response:**', 'empty-response'],
    ['a\n\n### Here is my response\n\n', 'empty-response'],
    ['', 'no-marker'],
  ])('%j is malformed: %s', (text, malformed) => {
    expect(parts(text)).toBe(malformed);
  });

  it('is parsed quickly, whatever the text', () => {
    const begun = performance.now();
    for (const piece of ['Here is my ', '*', '"', '> ', '1. ', 'here is my response ', '\n', ' ', '<think>', "'s"]) {
      parts(piece.repeat(20_000 / piece.length));
    }
    expect(performance.now() - begun).toBeLessThan(5000);
  });
});

describe('the specific format', () => {
  it.each<Case>([
    ['a <R> b', 'a', 'b'],
    ['a\n\n**<R>** b', 'a', 'b'],
    ['a "<R>" b', 'a', 'b'],
    ['a\n`<R>`\nb', 'a', 'b'],
    ['a <r> b', 'a', 'b'],
    ['a < R >: b', 'a', 'b'],
    ['a\n### <R>\n- b', 'a', '- b'],
    ['a <R> - b', 'a', '- b'],
    ['a <R> **b**', 'a', '**b**'],
    ['a </R> <Re> R <R> b', 'a </R> <Re> R', 'b'],
    ['a <R> b <R> c', 'a', 'b <R> c'],
  ])('%j', (text, thought, response) => {
    expect(parts(text, format('specific'))).toEqual([thought, response]);
  });
});

describe('native thinking', () => {
  it.each<Case>([
    ['<think>\na\n</think>\n\nb', 'a', 'b'],
    ['a\n</think>\n\nb', 'a', 'b'],
    ['<think>\n\n</think>\n\nb', '', 'b'],
    ['<Think>a</ think>b', 'a', 'b'],
    ['Okay. <think>a</think> **b**', 'a', '**b**'],
    ['<think>a</think>b</think>c', 'a', 'b</think>c'],
    ['<think>a: </think>: b', 'a:', 'b'],
  ])('as the format: %j', (text, thought, response) => {
    expect(parts(text, format('think'))).toEqual([thought, response]);
    expect(parts(text, custom('</think>', '<think>'))).toEqual([thought, response]);
  });

  it.each<Case>([
    // Markers inside the block do not count.
    [`<think>First "${T}", then "Here is my response:".</think>\n${T} a\nHere is my response: b`, 'a', 'b'],
    ['<think>\n\n</think>\n\nHere is my response: b', '', 'b'],
    ['<think>a</think>\n\nHere is my response: b', 'a', 'b'],
    ['a</think>\n\n**Here is my response:** b', 'a', 'b'],
    [`a</think>${T} c\nHere is my response: b`, 'c', 'b'],
    ['<think>a</think>\n\nc. Here is my response: b', 'a</think>\n\nc.', 'b'],
    // Without markers after it, the block is the thought.
    ['<think>a</think>\n\nb', 'a', 'b'],
    ['a\n</think>\n\nb', 'a', 'b'],
    // The tag as a word in the response.
    ['a Here is my response: use </think> and <think>', 'a', 'use </think> and <think>'],
    ['Models write <think>x</think>. Here is my response: b', 'Models write <think>x</think>.', 'b'],
  ])('in the generic format: %j', (text, thought, response) => {
    expect(parts(text)).toEqual([thought, response]);
  });

  it.each([
    ['<think>Here is my response: b', 'no-marker'],
    ['<think>a</think>', 'empty-response'],
    [`<think>a</think>${T} c`, 'no-marker'],
  ])('in the generic format %j is malformed: %s', (text, malformed) => {
    expect(parts(text)).toBe(malformed);
  });

  it.each<Case>([
    ['<think>a</think>\n\nb', 'a', 'b'],
    ['<think>\n\n</think>\n\nb', '', 'b'],
    ['a\n</think>\n\nb', 'a', 'b'],
    ['The tags are <think> and </think>.', '', 'The tags are <think> and </think>.'],
    [`${T} a Here is my response: b`, '', `${T} a Here is my response: b`],
  ])('is not part of a direct answer: %j', (text, thought, response) => {
    expect(parts(text, thoughtPrompt('direct', PRESETS.quick))).toEqual([thought, response]);
  });
});

describe('custom markers', () => {
  it.each<readonly [...Case, string]>([
    ['a >> b', 'a', 'b', '>>'],
    ['a **>>** b', 'a', 'b', '>>'],
    ['the answer is near. ANSWER 4', 'the answer is near.', '4', 'ANSWER'],
    ['so the answer: 3.\nAnswer: 4', 'so the answer: 3.', '4', 'ANSWER'],
    ['a\n**Final Answer**\n4', 'a', '4', 'Final answer:'],
    ['a **final answer:** 4', 'a', '4', '**Final answer:**'],
    ['a\n### Response\nb', 'a', 'b', '### Response:'],
    ['a [[answer]] 4', 'a', '4', '[[ANSWER]]'],
    ['a\nAntwort – 4', 'a', '4', 'Antwort: '],
    ['想一想。\n回答：四', '想一想。', '四', '回答:'],
    ['a C++ b', 'a', 'b', 'C++'],
  ])('%j', (text, thought, response, marker) => {
    expect(parts(text, custom(marker))).toEqual([thought, response]);
  });
});
