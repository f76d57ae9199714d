import { afterEach, describe, expect, test } from 'vitest';
import { LabError } from '../../lib/errors';
import type { JudgeModel, JudgeQuestion } from '../language/judge-model';
import { choiceIn, ratingIn } from '../language/verdict';
import type { LoadPhase } from './engine';
import { WebllmSession } from './session';
import { openWebllmModel, type WebllmModelOptions } from './webllm-model';

const rate = (message = 'Rate.'): JudgeQuestion => ({ kind: 'rating', message });
const compare = (): JudgeQuestion => ({ kind: 'comparison', message: 'Which?' });

const workers: Worker[] = [];
const open: JudgeModel[] = [];

/** Its name is the number of workers that were made before. */
function fakeWorker(name = String(workers.length)): Worker {
  const worker = new Worker(new URL('./fixtures/fake-webllm.worker.ts', import.meta.url), { type: 'module', name });
  workers.push(worker);
  return worker;
}

function model(options: Partial<WebllmModelOptions> = {}): JudgeModel {
  const opened = openWebllmModel({
    source: { id: 'M', record: null },
    features: [],
    createWorker: () => fakeWorker(),
    ...options,
  });
  open.push(opened);
  return opened;
}

/** A dead worker is noticed within three seconds, while one that starts slowly is not taken for dead. */
const hasty = { ping: 200, pings: 15, interrupt: 300 };

async function failure(action: Promise<unknown>): Promise<LabError> {
  const error = await action.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof LabError)) throw error;
  return error;
}

afterEach(() => {
  for (const each of open.splice(0)) each.dispose();
  workers.splice(0);
});

describe('verdicts', () => {
  test('are a rating, or letters with their log-probabilities', async () => {
    const judge = model();
    expect(await judge.ask(rate())).toEqual({ text: '[[7]]' });
    expect(await judge.ask(compare())).toEqual({
      text: '[[A]]',
      logps: { A: expect.closeTo(-0.5), B: expect.closeTo(-1.5) },
    });
    expect(judge).toMatchObject({ name: 'webllm M', concurrency: 1 });
  });

  test('load the model once, and report each phase', async () => {
    const phases: (LoadPhase | null)[] = [];
    const judge = model({ onProgress: (phase) => phases.push(phase) });
    await Promise.all([judge.ask(rate()), judge.ask(compare())]);
    expect(phases.map((phase) => phase?.phase ?? null)).toEqual([
      'starting WebLLM, reading the library',
      'looking for the weights',
      'loading weights onto the GPU, 5 MB',
      'loaded',
      null,
    ]);
    expect(workers).toHaveLength(1);
  });

  test('end at once when they are aborted, and the next question is answered', async () => {
    const judge = model();
    await judge.ask(rate());
    const abort = new AbortController();
    const asked = judge.ask(rate('write until interrupted'), abort.signal);
    const next = judge.ask(rate());
    setTimeout(() => abort.abort(), 100);
    expect((await failure(asked)).code).toBe('cancelled');
    expect(await next).toEqual({ text: '[[7]]' });
    expect(workers).toHaveLength(1);
  });

  test('end the worker if it does not end the call when it is interrupted', async () => {
    const judge = model({ patience: hasty });
    await judge.ask(rate());
    const abort = new AbortController();
    const asked = judge.ask(rate('read for ever'), abort.signal);
    const next = judge.ask(rate());
    setTimeout(() => abort.abort(), 100);
    expect((await failure(asked)).code).toBe('cancelled');
    expect(await next).toEqual({ text: '[[7]]' });
    expect(workers).toHaveLength(2);
  });

  test('are not asked for if the signal was aborted before', async () => {
    expect((await failure(model().ask(rate(), AbortSignal.abort()))).code).toBe('cancelled');
    expect(workers).toHaveLength(0);
  });
});

describe('memory', () => {
  test('is freed after the calls that wait, and used again by the next', async () => {
    const judge = model();
    const asked = judge.ask(rate());
    await judge.release?.();
    expect(await asked).toEqual({ text: '[[7]]' });
    expect(workers).toHaveLength(1);
    expect(await judge.ask(rate())).toEqual({ text: '[[7]]' });
    expect(workers).toHaveLength(2);
  });

  test('is freed with the worker if unloading fails', async () => {
    const judge = model({ createWorker: () => fakeWorker('stuck') });
    await judge.ask(rate());
    await judge.release?.();
    expect(await judge.ask(rate())).toEqual({ text: '[[7]]' });
    expect(workers).toHaveLength(2);
  });

  test('starts no worker to be freed if none was used', async () => {
    await model().release?.();
    expect(workers).toHaveLength(0);
  });

  test('is freed with the judge, and calls in flight or waiting reject', async () => {
    const judge = model();
    await judge.ask(rate());
    const asked = failure(judge.ask(rate('read for ever')));
    const waiting = failure(judge.ask(rate()));
    await new Promise((resolve) => setTimeout(resolve, 50));
    judge.dispose();
    expect(await asked).toMatchObject({ code: 'judge-failed', message: expect.stringContaining('was closed') });
    expect(await waiting).toMatchObject({ code: 'judge-failed', message: expect.stringContaining('was closed') });
    expect(workers).toHaveLength(1);
  });
});

describe('failures', () => {
  test.each([
    ['lose the device', 'was lost'],
    ['crash', 'memory access out of bounds'],
    ['hang', 'killed or hangs'],
  ])('%s, twice in a row: an error, and the next question is answered', async (message, words) => {
    const judge = model({ patience: hasty });
    const error = await failure(judge.ask(rate(message)));
    expect(error).toMatchObject({ code: 'judge-failed', message: expect.stringContaining(words) });
    expect(error.advice).not.toBe('');
    expect(await judge.ask(rate())).toEqual({ text: '[[7]]' });
    expect(workers).toHaveLength(3);
  });

  test('a device that is lost once is replaced', async () => {
    const phases: (LoadPhase | null)[] = [];
    const judge = model({ onProgress: (phase) => phases.push(phase) });
    expect(await judge.ask(rate('lose the first device'))).toEqual({ text: '[[3]]' });
    expect(phases.filter((phase) => phase === null)).toHaveLength(2);
    expect(workers).toHaveLength(2);
  });

  test('a killed worker is noticed and replaced', async () => {
    const judge = model({ patience: hasty });
    await judge.ask(rate());
    const asked = judge.ask(rate('lose the first device'));
    workers[0]?.terminate();
    expect(await asked).toEqual({ text: '[[3]]' });
    expect(workers).toHaveLength(2);
  });

  test.each([
    ['too long', '9 tokens, and it reads 8'],
    ['cut', '(cut: the reply was not finished)'],
  ])('%s: no verdict, with the reason, and the model stays loaded', async (message, words) => {
    const judge = model();
    const question = { kind: 'comparison', message } as const;
    const { text, logps } = await judge.ask(question);
    expect(text).toContain(words);
    expect([ratingIn(text), choiceIn(text), logps]).toEqual([null, null, undefined]);
    expect(await judge.ask(question)).toEqual({ text });
    expect(workers).toHaveLength(1);
  });

  test('a reply that was cut after its verdict has a verdict', async () => {
    const { text } = await model().ask({ kind: 'comparison', message: 'cut short' });
    expect(choiceIn(text)).toBe(1);
  });

  test('a worker whose script is missing', async () => {
    const createWorker = () => new Worker(new URL('/none.js', location.href), { type: 'module' });
    expect((await failure(model({ createWorker }).ask(rate()))).message).toContain('script could not be fetched');
  });

  test('a 16-bit model without shader-f16 is refused before anything is started', async () => {
    const source = { id: 'Llama-3.2-1B-Instruct-q4f16_1-MLC', record: null };
    expect((await failure(model({ source }).ask(rate()))).message).toContain('shader-f16');
    expect(workers).toHaveLength(0);
    expect(await model({ source, features: ['shader-f16'] }).ask(rate())).toEqual({ text: '[[7]]' });
  });

  test('a model that is not stored is refused', async () => {
    const source = { id: 'absent', record: null };
    expect((await failure(model({ source }).ask(rate()))).message).toContain('not stored');
  });
});

describe('WebLLM itself', () => {
  const mine = { id: 'mine', model: `${location.origin}/none/`, modelLib: `${location.origin}/none.wasm` };

  test('lists its models and the added ones, and loads only stored ones', async () => {
    const session = new WebllmSession('a model');
    try {
      const listed = await session.list([mine]);
      expect(listed.length).toBeGreaterThan(100);
      expect(listed.at(-1)).toEqual({ ...mine, memory: null, features: [], binding: 0, stored: false });
      const of = (id: string) => listed.find((each) => each.id === id);
      // WebLLM's own record does not name the feature.
      expect(of('Llama-3.2-1B-Instruct-q4f16_1-MLC')?.features).toEqual(['shader-f16']);
      expect(of('Llama-3.2-1B-Instruct-q4f32_1-MLC')).toMatchObject({ features: [], stored: false });
      expect(of('Llama-3.2-1B-Instruct-q4f32_1-MLC')?.memory).toBeGreaterThan(1e9);
      expect(listed.some(({ id }) => id.includes('embed'))).toBe(false);
      const refused = await failure(session.load({ id: 'mine', record: mine }, false, () => {}));
      expect(refused.message).toContain('not stored');
    } finally {
      session.stop('was closed');
    }
  });

  test('reports that there is no model at the address', async () => {
    const session = new WebllmSession('mine');
    const error = await failure(session.load({ id: 'mine', record: mine }, true, () => {}));
    // The test server answers every path with its page.
    expect(error).toMatchObject({ code: 'judge-failed', message: expect.stringContaining('web page') });
    expect(session.alive).toBe(false);
  });
});
