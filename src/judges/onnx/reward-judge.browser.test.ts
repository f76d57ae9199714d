import * as v from 'valibot';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { LabError } from '../../lib/errors';
import { directTemplates } from '../../model/tokenizer/testing/direct-templates';
import { folderTexts } from '../testing/folder-texts';
import { bundledReader, pairReader } from './reading';
import { RewardJudge, type RewardJudgeOptions } from './reward-judge';

const FOLDER = new URL('/models/tiny-judge/', location.href).href;
const MODEL = new URL('model.onnx', FOLDER).href;
const reader = () => bundledReader(folderTexts(FOLDER));
const Example = v.object({ instruction: v.string(), response: v.string(), score: v.number() });
type Example = v.InferOutput<typeof Example>;

/** The published score is rounded to four digits; onnxruntime differs between builds by 2e-5. */
const PUBLISHED = 1e-3;
const PADDING = 1e-5;

let examples: readonly Example[] = [];
const open: RewardJudge[] = [];

function judgeWith(options: Partial<RewardJudgeOptions> = {}): RewardJudge {
  const graph = { pad: 0, vocabulary: 512 };
  const judge = new RewardJudge({ name: 'tiny-judge', model: MODEL, reader, graph, gpu: null, ...options });
  open.push(judge);
  return judge;
}

beforeAll(async () => {
  examples = v.parse(v.array(Example), await (await fetch(new URL('examples.json', FOLDER))).json());
});

afterEach(() => {
  for (const judge of open.splice(0)) judge.dispose();
});

function byInstruction(rows: readonly Example[]): Map<string, Example[]> {
  const groups = new Map<string, Example[]>();
  for (const row of rows) groups.set(row.instruction, [...(groups.get(row.instruction) ?? []), row]);
  return groups;
}

async function largestDifference(judge: RewardJudge, rows: readonly Example[]): Promise<number> {
  let largest = 0;
  for (const [instruction, group] of byInstruction(rows)) {
    const { scores } = await judge.score({ instruction, responses: group.map(({ response }) => response) });
    for (const [i, row] of group.entries())
      largest = Math.max(largest, Math.abs((scores[i] ?? Number.NaN) - row.score));
  }
  return largest;
}

const bytes = (content: string): string => URL.createObjectURL(new Blob([content]));
const onnxWorker = () => new Worker(new URL('./onnx.worker.ts', import.meta.url), { type: 'module' });
const workerOf = (script: string) => () =>
  new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })));

async function failure(action: Promise<unknown>): Promise<LabError> {
  const error = await action.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof LabError)) throw error;
  expect(error.code).toBe('judge-failed');
  expect(error.advice).not.toBe('');
  return error;
}

describe('scores', () => {
  test('equal the published ones for all examples', async () => {
    const judge = judgeWith();
    expect(examples).toHaveLength(24);
    expect(await largestDifference(judge, examples)).toBeLessThanOrEqual(PUBLISHED);
    const { detail } = await judge.score({ instruction: 'Add 1 and 2.', responses: ['3'] });
    expect(detail).toContain('wasm');
  });

  test('are the same on WebGPU', async () => {
    const judge = judgeWith({ provider: 'webgpu' });
    expect((await judge.load()).provider).toBe('webgpu');
    expect(await largestDifference(judge, examples.slice(0, 4))).toBeLessThanOrEqual(PUBLISHED);
  });

  test('of equal texts are exactly equal, whatever else is scored with them', async () => {
    const instruction = 'Count the letter I in the word SPRING.';
    const long = 'The answer is 1. '.repeat(12);
    const responses = ['The answer is 1.', long, ' The answer is 1.\n', '2', 'The answer is 1.'];
    const { scores } = await judgeWith().score({ instruction, responses });
    expect(scores[2]).toBe(scores[0]);
    expect(scores[4]).toBe(scores[0]);
    expect(scores[1]).not.toBe(scores[0]);
  });

  test('do not depend on padding', async () => {
    const judge = judgeWith();
    const instruction = 'Count the letter I in the word SPRING.';
    const responses = [
      '1',
      'The answer is 1.',
      'It is there once, so the answer is 1.',
      'S, P, R, I, N, G: '.repeat(9),
    ];
    const { scores } = await judge.score({ instruction, responses });
    for (const [i, response] of responses.entries()) {
      const alone = await judge.score({ instruction, responses: [response] });
      expect(Math.abs((alone.scores[0] ?? Number.NaN) - (scores[i] ?? Number.NaN))).toBeLessThanOrEqual(PADDING);
    }
  });

  test('are null if the instruction leaves no room for a response', async () => {
    const { scores } = await judgeWith().score({ instruction: '1'.repeat(300), responses: ['3', '4'] });
    expect(scores).toEqual([null, null]);
  });

  test('of simultaneous calls are not mixed up', async () => {
    const judge = judgeWith();
    const rows = examples.slice(0, 6);
    const judged = await Promise.all(
      rows.map(({ instruction, response }) => judge.score({ instruction, responses: [response] })),
    );
    for (const [i, { score }] of rows.entries()) expect(judged[i]?.scores[0]).toBeCloseTo(score, 3);
    expect((await judge.score({ instruction: 'Add 1 and 2.', responses: [] })).scores).toEqual([]);
  });
});

describe('another reward model', () => {
  const folder = (name: string) => new URL(`/e2e/golden/judges/${name}/`, location.href).href;
  const Golden = v.object({ instruction: v.string(), response: v.string(), logits: v.array(v.number()) });
  const usual = { template: '', hasTemplate: false, maxTokens: 48 };
  const other = (name: string, options: Partial<RewardJudgeOptions> = {}) =>
    judgeWith({
      name,
      model: new URL('model.onnx', folder(name)).href,
      reader: () => pairReader(folderTexts(folder(name)), directTemplates, usual),
      graph: { pad: 0, vocabulary: 162 },
      ...options,
    });
  async function golden(name: 'pair' | 'chat') {
    const expected: unknown = await (await fetch('/e2e/golden/judges/expected.json')).json();
    return v.parse(v.looseObject({ [name]: v.array(Golden) }), expected)[name] ?? [];
  }
  async function scores(judge: RewardJudge, rows: readonly v.InferOutput<typeof Golden>[]) {
    const found: (number | null | undefined)[] = [];
    for (const { instruction, response } of rows)
      found.push((await judge.score({ instruction, responses: [response] })).scores[0]);
    return found;
  }

  test('for a pair of texts gives PyTorch’s logit', async () => {
    const rows = await golden('pair');
    expect(rows).toHaveLength(6);
    const found = await scores(other('pair'), rows);
    for (const [i, { logits }] of rows.entries()) expect(found[i]).toBeCloseTo(logits[0] ?? Number.NaN, 4);
  });

  test('is read from a Blob, and scores all responses at once', async () => {
    const model = await (await fetch(new URL('model.onnx', folder('pair')))).blob();
    const rows = (await golden('pair')).slice(0, 2);
    const instruction = rows[0]?.instruction ?? '';
    const { scores: found } = await other('pair', { model }).score({
      instruction,
      responses: rows.map(({ response }) => response),
    });
    for (const [i, { logits }] of rows.entries()) expect(found[i]).toBeCloseTo(logits[0] ?? Number.NaN, 4);
  });

  test('with three labels, int32 inputs and float16 outputs gives a label’s log-probability or logit', async () => {
    const rows = await golden('chat');
    const logp = (logits: readonly number[], label: number) =>
      (logits[label] ?? Number.NaN) - Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    const [last, good, alone] = [
      await scores(other('chat'), rows),
      await scores(other('chat', { label: 1 }), rows),
      await scores(other('chat', { label: 1, independent: true }), rows),
    ];
    for (const [i, { logits }] of rows.entries()) {
      expect(last[i]).toBeCloseTo(logp(logits, 2), 2);
      expect(good[i]).toBeCloseTo(logp(logits, 1), 2);
      expect(alone[i]).toBeCloseTo(logits[1] ?? Number.NaN, 2);
    }
    expect(last).not.toEqual(good);
  });

  test('without the requested label says how many it has', async () => {
    const error = await failure(other('pair', { label: 4 }).score({ instruction: 'Add 1 and 2.', responses: ['3'] }));
    expect(error.message).toContain('1 label, and none is number 4');
  });

  test('is refused if it is another kind of model', async () => {
    const error = await failure(other('embedding').load());
    expect(error.message).toContain("judge's model could not be read: it gives last_hidden_state");
  });

  test('reports the GPU memory that it may use', async () => {
    const model = new Blob(['x'.repeat(1000)]);
    const gpu = { name: 'A GPU', software: false };
    const memory = (options: Partial<RewardJudgeOptions>) => other('pair', { model, ...options }).memory;
    expect([memory({ gpu }), memory({ gpu, provider: 'wasm' }), memory({ gpu: null })]).toEqual([1000, 0, 0]);
    expect(memory({ gpu: { ...gpu, software: true } })).toBe(0);
  });
});

describe('a slow model', () => {
  const createWorker = () =>
    new Worker(new URL('./fixtures/slow-onnx.worker.ts', import.meta.url), { type: 'module' });
  /** A response has one token per character. */
  const reader = async () => async (_: string, response: string) => ({
    ids: [...response].map((c) => c.charCodeAt(0)),
  });
  const slow = (patience: RewardJudgeOptions['patience'] = {}, provider: RewardJudgeOptions['provider'] = 'wasm') =>
    judgeWith({ createWorker, reader, patience, provider });
  const score = (judge: RewardJudge, responses: readonly string[], signal?: AbortSignal) =>
    judge.score({ instruction: '', responses, ...(signal && { signal }) });

  test('gets more time for longer inputs, based on its earlier speed', async () => {
    const twenty = 'a'.repeat(20);
    const error = await failure(score(slow({ batch: 50, token: 0 }), [twenty]));
    expect(error.message).toContain('no answer');
    const judge = slow({ batch: 50, token: 50 });
    expect((await score(judge, [twenty])).scores).toEqual([1]);
    expect((await score(judge, ['b'.repeat(40)])).scores).toEqual([2]);
  });

  test('releases its GPU memory and loads again; on the CPU it stays loaded', async () => {
    for (const [provider, second] of [
      ['webgpu', 1],
      ['wasm', 2],
    ] as const) {
      const judge = slow({}, provider);
      expect((await score(judge, ['x'])).scores).toEqual([1]);
      await judge.release();
      // A new worker begins to count at 1.
      expect((await score(judge, ['x'])).scores).toEqual([second]);
    }
  });

  test('is cancelled between two batches', async () => {
    const abort = new AbortController();
    const judge = slow();
    await judge.load();
    const nine = Array.from({ length: 9 }, (_, i) => `${i}`.repeat(4));
    const asked = score(judge, nine, abort.signal);
    setTimeout(() => abort.abort(), 20);
    await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
    // The second batch was never run.
    expect((await score(judge, ['x'])).scores).toEqual([2]);
    await expect(score(judge, ['x'], AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
  });
});

test('chooses the faster provider and remembers it for the adapter', async () => {
  const gpu = { name: `test ${crypto.randomUUID()}`, software: false };
  const first = await judgeWith({ gpu }).load();
  expect(first.milliseconds).not.toBeNull();
  const { wasm = Number.NaN, webgpu = Number.NaN } = first.milliseconds ?? {};
  expect(first.provider).toBe(webgpu < wasm ? 'webgpu' : 'wasm');
  const second = await judgeWith({ gpu }).load();
  expect(second).toEqual({ provider: first.provider, milliseconds: null });
});

describe('failures', () => {
  test('a missing file', async () => {
    const error = await failure(judgeWith({ model: new URL('none.onnx', FOLDER).href }).load());
    expect(error.message).toContain('none.onnx');
  });

  test('an unreachable host', async () => {
    const error = await failure(judgeWith({ reader: () => bundledReader(folderTexts('http://localhost:1/')) }).load());
    expect(error.message).toContain('tokenizer.json');
  });

  test('a broken model', async () => {
    const error = await failure(judgeWith({ model: bytes('not a model') }).load());
    expect(error.message).toContain("judge's model could not be read");
  });

  test('a broken tokenizer', async () => {
    for (const content of ['{', '[1]', '{}']) {
      const error = await failure(
        judgeWith({ reader: () => bundledReader({ ...folderTexts(FOLDER), text: async () => content }) }).load(),
      );
      expect(error.message).toContain("judge's tokenizer could not be read");
    }
  });

  test('a runtime that does not load', async () => {
    for (const runtime of [bytes('not wasm'), new URL('none.wasm', FOLDER).href]) {
      const error = await failure(judgeWith({ runtime }).load());
      expect(error.message).toContain('onnxruntime');
    }
  });

  test('a worker that crashes, or whose script is missing', async () => {
    const crash = await failure(judgeWith({ createWorker: workerOf('throw new Error("out of memory")') }).load());
    expect(crash.message).toContain('out of memory');
    const createWorker = () => new Worker(new URL('/none.js', location.href), { type: 'module' });
    expect((await failure(judgeWith({ createWorker }).load())).message).toContain('stopped unexpectedly');
  });

  test('a worker that hangs', async () => {
    const judge = judgeWith({ createWorker: workerOf('for (;;);'), patience: { load: 200 } });
    expect((await failure(judge.score({ instruction: 'Add 1 and 2.', responses: ['3'] }))).message).toContain(
      'no answer',
    );
  });

  test('can be retried from the beginning', async () => {
    let starts = 0;
    const broken = workerOf('throw new Error("first time")');
    const judge = judgeWith({ createWorker: () => (starts++ === 0 ? broken() : onnxWorker()) });
    await failure(judge.load());
    expect(await largestDifference(judge, examples.slice(0, 2))).toBeLessThanOrEqual(PUBLISHED);
    expect(starts).toBe(2);
  });

  test('closing ends calls in flight, and nothing starts the judge again', async () => {
    let started = 0;
    const createWorker = () => {
      started++;
      return onnxWorker();
    };
    const judge = judgeWith({ createWorker });
    const loading = judge.load();
    judge.dispose();
    expect((await failure(loading)).message).toContain('was closed');
    expect((await failure(judge.score({ instruction: 'Add 1 and 2.', responses: ['3'] }))).message).toContain(
      'was closed',
    );
    expect(started).toBe(1);
  });
});
