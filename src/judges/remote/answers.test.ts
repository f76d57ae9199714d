import { expect, it } from 'vitest';
import { chatCompletionOf, errorOf, modelsOf } from './answers';

const choice = (change: object) => ({
  choices: [{ message: { content: '[[A]]' }, finish_reason: 'stop', ...change }],
});
const top = { A: -0.5, B: -1.5 };
const content = ['[[', 'A', ']]'].map((token) => ({
  token,
  logprob: -0.5,
  top_logprobs: Object.entries(top).map(([each, logprob]) => ({ token: each, logprob })),
}));

it('reads log-probabilities in the chat format and in the older format', () => {
  expect(chatCompletionOf(choice({ logprobs: { content } }))?.logps).toEqual(top);
  const old = {
    tokens: ['[[', 'A', ']]'],
    token_logprobs: [-1, -0.5, 0],
    top_logprobs: [{ '[[': -1 }, top, { ']]': 0 }],
    text_offset: [],
  };
  expect(chatCompletionOf(choice({ logprobs: old }))?.logps).toEqual(top);
});

it('reads at most 20 alternatives', () => {
  const logprobs = Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`${i}`, -1]));
  const many = [
    { token: 'A', logprob: -1 },
    { token: 'B', logprob: -2 },
    ...Array(200_000).fill({ token: 'x', logprob: -3 }),
  ];
  expect(
    chatCompletionOf(
      choice({ message: { content: 'A' }, logprobs: { content: [{ token: 'A', logprob: -1, top_logprobs: many }] } }),
    )?.logps,
  ).toEqual({ A: -1, B: -2 });
  const old = { tokens: ['A'], token_logprobs: [-1], top_logprobs: [{ A: -1, B: -2, ...logprobs }] };
  expect(chatCompletionOf(choice({ message: { content: 'A' }, logprobs: old }))).not.toBeNull();
});

it('uses the text if the log-probabilities are invalid', () => {
  for (const logprobs of [
    null,
    7,
    { content: null },
    { content: [{ token: 'A' }] },
    { content: content.map((each) => ({ ...each, top_logprobs: [{ token: 'A', logprob: 2 }] })) },
    { content: content.map((each) => ({ ...each, top_logprobs: [{ token: 'A', logprob: null }] })) },
    { tokens: ['A'], token_logprobs: [0], top_logprobs: null },
  ]) {
    expect(chatCompletionOf(choice({ logprobs }))).toMatchObject({ text: '[[A]]', logps: null });
  }
});

it('reads only the text of the first choice', () => {
  expect(
    chatCompletionOf({
      choices: [{ message: { content: 'a', role: 'user', __proto__: null } }, { message: { content: 'b' } }],
      extra: 1,
    }),
  ).toEqual({
    text: 'a',
    finish: null,
    logps: null,
    usage: null,
  });
  for (const body of [
    null,
    [],
    'text',
    7,
    {},
    { choices: {} },
    { choices: [null] },
    choice({ message: null }),
    choice({ message: { content: 7 } }),
  ]) {
    expect(chatCompletionOf(body)).toBeNull();
  }
});

it('counts tokens if they are valid numbers', () => {
  const usageOf = (usage: unknown) => chatCompletionOf({ ...choice({}), usage })?.usage;
  expect(usageOf({ prompt_tokens: 30, completion_tokens: 4, total_tokens: 99 })).toBe(34);
  for (const usage of [
    null,
    {},
    { prompt_tokens: '30', completion_tokens: 4 },
    { prompt_tokens: 1.5, completion_tokens: 4 },
    { prompt_tokens: -1, completion_tokens: 4 },
  ]) {
    expect(usageOf(usage)).toBeNull();
  }
});

it('reads the error formats of all servers', () => {
  const nameless = { name: '', status: null };
  expect(errorOf({ error: { message: 'no such thing', code: 'model_not_found', type: 'bad' } })).toEqual({
    message: 'no such thing',
    name: 'model_not_found bad',
    status: null,
  });
  expect(errorOf({ error: { message: 'x', code: 503 } })).toEqual({ message: 'x', name: '', status: 503 });
  expect(errorOf({ error: 'plain' })).toEqual({ message: 'plain', ...nameless });
  expect(errorOf({ error: { code: 200, message: 7 } })).toEqual({ message: '', ...nameless });
  expect(errorOf({ object: 'error', message: 'vLLM' })).toEqual({ message: 'vLLM', ...nameless });
  expect(errorOf({ detail: 'FastAPI' })).toEqual({ message: 'FastAPI', ...nameless });
  for (const body of [null, [], {}, { error: null }, { object: 'chat.completion', message: 'x' }])
    expect(errorOf(body)).toBeNull();
});

it('lists each model once, and skips invalid names', () => {
  expect(
    modelsOf({
      data: [{ id: 'a' }, { id: 'b', more: 1 }, { id: 'a' }, { id: 7 }, { id: '' }, null, { id: 'x'.repeat(300) }],
    }),
  ).toEqual(['a', 'b']);
  expect(modelsOf({ data: Array.from({ length: 9000 }, (_, i) => ({ id: `${i}` })) })).toHaveLength(5000);
  for (const body of [null, [], {}, { data: {} }, 'x']) expect(modelsOf(body)).toBeNull();
});
