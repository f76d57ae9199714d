import { beforeEach, describe, expect, test } from 'vitest';
import {
  type ChatEngine,
  type ChatReply,
  type ChatRequest,
  createWebllmWorker,
  needsF16,
  type WebllmWorker,
} from './engine';

const PLAIN: ChatReply = {
  choices: [{ message: { content: '[[7]]' }, finish_reason: 'stop', logprobs: null }],
  usage: { prompt_tokens: 31 },
};

/** Writes down what it is asked for. */
class FakeEngine implements ChatEngine {
  readonly requests: ChatRequest[] = [];
  readonly calls: string[] = [];
  reply: () => Promise<ChatReply> = async () => PLAIN;
  onReload: () => Promise<void> = async () => {};

  async reload(id: string): Promise<void> {
    this.calls.push(`reload ${id}`);
    await this.onReload();
  }
  async unload(): Promise<void> {
    this.calls.push('unload');
  }
  async interruptGenerate(): Promise<void> {
    this.calls.push('interrupt');
  }
  chatCompletion(request: ChatRequest): Promise<ChatReply> {
    this.requests.push(request);
    return this.reply();
  }
}

let engine: FakeEngine;
let stored: boolean;
let worker: WebllmWorker;

beforeEach(() => {
  engine = new FakeEngine();
  stored = true;
  worker = createWebllmWorker({ list: async () => [], isStored: async () => stored, createEngine: () => engine });
});

const load = (id = 'M', fetching = false) => worker.load(id, null, fetching, () => {});

describe('a request', () => {
  test('is greedy, without penalties, and held to the grammar', async () => {
    await load();
    const reply = await worker.complete({ system: 'S', message: 'rate', grammar: 'root ::= "x"', maxTokens: 8 });
    expect(reply).toEqual({ ok: true, value: { text: '[[7]]', cut: false, tokens: [], promptTokens: 31 } });
    expect(engine.requests).toEqual([
      {
        messages: [
          { role: 'system', content: 'S' },
          { role: 'user', content: 'rate' },
        ],
        temperature: 1,
        top_p: 1e-5,
        repetition_penalty: 1,
        frequency_penalty: 0,
        presence_penalty: 0,
        max_tokens: 8,
        response_format: { type: 'grammar', grammar: 'root ::= "x"' },
      },
    ]);
  });

  test('asks for all the likely tokens that WebLLM tells', async () => {
    const top_logprobs = [
      { token: 'A', logprob: -0.1, bytes: null },
      { token: 'B', logprob: -2.4, bytes: null },
    ];
    engine.reply = async () => ({
      choices: [
        {
          message: { content: '[[A]]' },
          finish_reason: 'stop',
          logprobs: { content: [{ token: 'A', logprob: -0.1, top_logprobs }] },
        },
      ],
    });
    await load();
    const reply = await worker.complete({ message: 'compare', maxTokens: 8, logprobs: true });
    expect(engine.requests[0]).toMatchObject({ logprobs: true, top_logprobs: 5 });
    expect(reply).toMatchObject({ ok: true, value: { tokens: [{ token: 'A', logprob: -0.1, top: top_logprobs }] } });
  });

  test('to a model that thinks unasked asks it not to, and leaves out the empty thought', async () => {
    engine.reply = async () => ({
      choices: [{ message: { content: '<think>\n\n</think>\n\n[[4]]' }, finish_reason: 'stop', logprobs: null }],
    });
    await load('Qwen3-0.6B-q4f32_1-MLC');
    expect(await worker.complete({ message: 'rate', maxTokens: 8 })).toMatchObject({ value: { text: '[[4]]' } });
    expect(engine.requests[0]).toMatchObject({ extra_body: { enable_thinking: false } });
  });

  test('that was cut says so; one that was interrupted has failed', async () => {
    await load();
    engine.reply = async () => ({
      choices: [{ message: { content: '[[A]' }, finish_reason: 'length', logprobs: null }],
    });
    expect(await worker.complete({ message: 'm', maxTokens: 3 })).toMatchObject({
      ok: true,
      value: { text: '[[A]', cut: true },
    });
    engine.reply = async () => ({ choices: [{ message: { content: '[[' }, finish_reason: 'abort', logprobs: null }] });
    expect(await worker.complete({ message: 'm', maxTokens: 3 })).toMatchObject({ ok: false, fault: 'interrupted' });
  });

  test('before anything is loaded fails', async () => {
    expect(await worker.complete({ message: 'm', maxTokens: 3 })).toMatchObject({ ok: false, fault: 'failed' });
  });

  test('that WebLLM refuses comes back as a fault', async () => {
    await load();
    for (const [thrown, fault] of [
      [new Error('Object has already been disposed'), 'device-lost'],
      ['ContextWindowSizeExceededError: number of prompt tokens: 9; context window size: 8', 'too-long'],
    ] as const) {
      engine.reply = () => Promise.reject(thrown);
      expect(await worker.complete({ message: 'm', maxTokens: 3 })).toMatchObject({ ok: false, fault });
    }
  });
});

describe('loading', () => {
  test('fetches nothing that it was not told to fetch', async () => {
    stored = false;
    expect(await load()).toMatchObject({ ok: false, fault: 'not-stored' });
    expect(engine.calls).toEqual([]);
    expect(await load('M', true)).toEqual({ ok: true, value: undefined });
    expect(engine.calls).toEqual(['reload M']);
  });

  test('unloads what was loaded before', async () => {
    await load('M');
    await load('N');
    expect(engine.calls).toEqual(['reload M', 'unload', 'reload N']);
  });

  test('that fails leaves nothing loaded', async () => {
    engine.onReload = () => Promise.reject(new TypeError("Failed to execute 'add' on 'Cache': Request failed"));
    expect(await load()).toMatchObject({ ok: false, fault: 'missing-file' });
    expect(await worker.complete({ message: 'm', maxTokens: 3 })).toMatchObject({ ok: false, fault: 'failed' });
  });

  test('and unloading again gives the memory back', async () => {
    await load();
    await worker.interrupt();
    expect(await worker.unload()).toEqual({ ok: true, value: undefined });
    await worker.unload();
    expect(engine.calls).toEqual(['reload M', 'interrupt', 'unload']);
  });
});

test('16-bit models are known by their names', () => {
  expect(['Llama-3.2-1B-Instruct-q4f16_1-MLC', 'Qwen3-0.6B-q0f16-MLC'].every(needsF16)).toBe(true);
  expect(['Llama-3.2-1B-Instruct-q4f32_1-MLC', 'mine'].some(needsF16)).toBe(false);
});
