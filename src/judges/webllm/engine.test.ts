import { beforeEach, describe, expect, test } from 'vitest';
import {
  type ChatEngine,
  type ChatReply,
  type ChatRequest,
  createWebllmWorker,
  loadPhase,
  type WebllmWorker,
} from './engine';

const PLAIN: ChatReply = {
  choices: [{ message: { content: '[[7]]' }, finish_reason: 'stop', logprobs: null }],
  usage: { prompt_tokens: 31 },
};

/** Records its calls. */
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

const load = (id = 'M', download = false) => worker.load(id, null, download, () => {});

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

  test('asks for as many alternatives as WebLLM returns', async () => {
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

  test('turns thinking off for a model that thinks by default, and removes the empty thought', async () => {
    engine.reply = async () => ({
      choices: [{ message: { content: '<think>\n\n</think>\n\n[[4]]' }, finish_reason: 'stop', logprobs: null }],
    });
    await load('Qwen3-0.6B-q4f32_1-MLC');
    expect(await worker.complete({ message: 'rate', maxTokens: 8 })).toMatchObject({ value: { text: '[[4]]' } });
    expect(engine.requests[0]).toMatchObject({ extra_body: { enable_thinking: false } });
  });

  test('reports that the reply was cut, and fails if it was interrupted', async () => {
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

  test('fails before a model is loaded', async () => {
    expect(await worker.complete({ message: 'm', maxTokens: 3 })).toMatchObject({ ok: false, fault: 'failed' });
  });

  test('returns a fault if WebLLM refuses it', async () => {
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
  test('downloads nothing unless the caller allows it', async () => {
    stored = false;
    expect(await load()).toMatchObject({ ok: false, fault: 'not-stored' });
    expect(engine.calls).toEqual([]);
    expect(await load('M', true)).toEqual({ ok: true, value: undefined });
    expect(engine.calls).toEqual(['reload M']);
  });

  test('unloads the model that was loaded before', async () => {
    await load('M');
    await load('N');
    expect(engine.calls).toEqual(['reload M', 'unload', 'reload N']);
  });

  test('leaves nothing loaded if it fails', async () => {
    engine.onReload = () => Promise.reject(new TypeError("Failed to execute 'add' on 'Cache': Request failed"));
    expect(await load()).toMatchObject({ ok: false, fault: 'missing-file' });
    expect(await worker.complete({ message: 'm', maxTokens: 3 })).toMatchObject({ ok: false, fault: 'failed' });
  });

  test('can be undone to free the memory', async () => {
    await load();
    await worker.interrupt();
    expect(await worker.unload()).toEqual({ ok: true, value: undefined });
    await worker.unload();
    expect(engine.calls).toEqual(['reload M', 'interrupt', 'unload']);
  });
});

test.each([
  [0, 'Start to fetch params', { phase: 'looking for the weights', progress: null }],
  [
    0.42,
    'Fetching param cache[3/24]: 62MB fetched. 42% completed, 9 secs elapsed. ' +
      'It can take a while when we first visit this page',
    { phase: 'fetching weights, 62 MB', progress: 0.42 },
  ],
  [
    0.5,
    'Loading model from cache[2/4]: 55MB loaded. 50% completed, 1 secs elapsed.',
    { phase: 'loading weights onto the GPU, 55 MB', progress: 0.5 },
  ],
  [
    0.25,
    'Loading GPU shader modules[12/48]: 25% completed, 3 secs elapsed.',
    { phase: 'compiling shaders, 12 of 48', progress: 0.25 },
  ],
  [1, 'Finish loading on WebGPU - apple', { phase: 'loaded', progress: 1 }],
])('reads the progress of %d, "%s"', (progress, text, phase) => {
  expect(loadPhase({ progress, text })).toEqual(phase);
});
