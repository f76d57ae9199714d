import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readJsonLines, writeJsonLines } from '../jsonl';
import { detectLayout } from './layout';
import { mapPrompts } from './mapping';
import { MAX_PROMPT_ROWS, parsePrompts, writePrompts } from './prompt-set';
import { readPromptFile } from './read-file';

const bundled = (name: string) =>
  readFileSync(new URL(`../../../public/prompts/${name}.jsonl`, import.meta.url), 'utf8');

describe('JSON lines', () => {
  it('numbers lines as an editor does, with blank lines and a byte-order mark', () => {
    expect([...readJsonLines('\ufeff{"a":1}\r\n\n  \nx\n"last"')]).toEqual([
      { line: 1, value: { a: 1 }, length: 8 },
      { line: 4, value: undefined, length: 1 },
      { line: 5, value: 'last', length: 6 },
    ]);
    expect([...readJsonLines('')]).toEqual([]);
  });

  it('reads back what it wrote', () => {
    const rows = [{ a: 'x\ny\u2028' }, 3, null, ['"']];
    expect([...readJsonLines(writeJsonLines(rows))].map((r) => r.value)).toEqual(rows);
  });
});

describe('prompt sets', () => {
  it.each([
    ['tiny-train', 1500],
    ['tiny-heldout', 300],
    ['everyday', 200],
  ])('reads %s', (name, rows) => {
    const prompts = parsePrompts(bundled(name));
    expect(prompts).toHaveLength(rows);
    if (name !== 'everyday')
      expect(prompts.every((p) => p.answer !== undefined && p.check !== undefined && p.category !== undefined)).toBe(
        true,
      );
  });

  it('fills in missing fields', () => {
    expect(parsePrompts('\n{"instruction":"a"}\n{"id":7,"instruction":"b","answer":4,"extra":[]}\n')).toEqual([
      { id: 'line-2', instruction: 'a' },
      { id: '7', instruction: 'b', answer: '4' },
    ]);
    expect(parsePrompts('{"instruction":"a"}\r{"instruction":"b"}\r\n{"instruction":"c"}')).toHaveLength(3);
  });

  it('is read back unchanged from its export, by either reader', async () => {
    const rows = [
      { id: 'a', instruction: 'One?', category: 'c', answer: '4', check: 'number' },
      // Short enough that the layout detection would propose a check for it.
      { id: 'b', instruction: 'Two?', answer: 'Paris' },
      { id: 'c', instruction: 'Three?' },
      { id: 'd', instruction: 'Four?', checks: [{ check: 'contains', answer: 'x', weight: 2 }] },
    ] as const;
    for (const set of [rows, rows.slice(1, 3)]) {
      const text = writePrompts(set);
      expect(parsePrompts(text)).toEqual(set);
      const table = await readPromptFile('a.jsonl', new Blob([text]), null);
      const plan = {
        dropDuplicates: true,
        dropNearDuplicates: false,
        heldoutShare: 0,
        mapping: detectLayout(table).mapping,
      };
      expect(mapPrompts(table, plan).map(({ prompt }) => prompt)).toEqual(set);
    }
  });

  it('reads checks with weights, and JSON shapes as text or as objects', () => {
    const line = {
      instruction: 'a',
      answer: { name: 'string' },
      check: 'json',
      checks: [
        { check: 'length', answer: '-50 words' },
        { check: 'contains', answer: 7, weight: 2 },
      ],
    };
    expect(parsePrompts(JSON.stringify(line))).toEqual([
      {
        id: 'line-1',
        instruction: 'a',
        answer: '{"name":"string"}',
        check: 'json',
        checks: [
          { check: 'length', answer: '-50 words', weight: 1 },
          { check: 'contains', answer: '7', weight: 2 },
        ],
      },
    ]);
    expect(parsePrompts('{"instruction":"a","checks":[{"check":"regex","answer":"x"}]}')[0]).toEqual({
      id: 'line-1',
      instruction: 'a',
      checks: [{ check: 'regex', answer: 'x', weight: 1 }],
    });
  });

  it.each([
    ['', 'no rows'],
    ['\n \n', 'no rows'],
    ['{"instruction":"a"}\n{"instruction":', 'Line 2 is not JSON.'],
    ['{"instruction":"a"}\n\n[]', 'Line 3: '],
    ['null', 'Line 1: '],
    ['{"prompt":"a"}', 'Line 1: “instruction” '],
    ['{"instruction":"  "}', 'Line 1: “instruction” '],
    ['{"instruction":3}', 'Line 1: “instruction” '],
    [`{"instruction":"${'x'.repeat(70_000)}"}`, 'Line 1: “instruction” '],
    ['{"instruction":"a","answer":"1","check":"magic"}', 'Line 1: “check” is not one of exact, '],
    ['{"instruction":"a","check":"number"}', 'Line 1 has a check but no answer.'],
    [
      '{"instruction":"a","answer":"(a","check":"regex"}',
      'Line 1: the answer of the check regex cannot be used: the pattern is not a',
    ],
    ['{"instruction":"a","answer":"(?=a)","check":"regex"}', 'the pattern looks ahead or behind'],
    [
      '{"instruction":"a"}\n{"instruction":"a","checks":[{"check":"length","answer":"long"}]}',
      'Line 2: the answer of the check length',
    ],
    ['{"instruction":"a","checks":[{"check":"json","answer":"{"}]}', 'Line 1: the answer of the check json'],
    [
      '{"instruction":"a","checks":[{"check":"contains","answer":"a","weight":0}]}',
      'Line 1: “checks 1 weight” is not a number above 0',
    ],
    ['{"instruction":"a","checks":[{"check":"contains"}]}', 'Line 1: “checks 1 answer” is missing.'],
    ['{"instruction":"a","checks":[]}', 'Line 1: “checks” is an empty list.'],
    ['{"id":"x","instruction":"a"}\n{"id":"x","instruction":"b"}', 'Line 2 has the id "x" of line 1.'],
    ['{"instruction":"a"}\n{"id":"line-1","instruction":"b"}', 'Line 2 has the id "line-1" of line 1.'],
    ['{"instruction":"a"}\n'.repeat(MAX_PROMPT_ROWS + 1), `Line ${MAX_PROMPT_ROWS + 1}: `],
  ])('refuses %.40j', (text, message) => {
    expect(() => parsePrompts(text)).toThrow(
      expect.objectContaining({ code: 'bad-prompts', message: expect.stringContaining(message) }),
    );
  });
});
