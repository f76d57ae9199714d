import { afterEach, describe, expect, test } from 'vitest';
import { LabError } from '../../lib/errors';
import { type TemplateWorkerOptions, WorkerTemplates } from './template-renderer';

const CHATML =
  "{% for m in messages %}{{'<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n'}}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% if enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}{% endif %}";
/** A loop of ten thousand million rounds that writes nothing. */
const ENDLESS = '{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}';
const chat = (content: string) => ({ messages: [{ role: 'user', content }], add_generation_prompt: true });

const open: WorkerTemplates[] = [];
afterEach(() => {
  for (const renderer of open.splice(0)) renderer.dispose();
});

/** A renderer, and the number of workers that it has started. */
function templates(options: TemplateWorkerOptions = {}): { renderer: WorkerTemplates; started: () => number } {
  let started = 0;
  const createWorker = () => {
    started++;
    return (
      options.createWorker?.() ?? new Worker(new URL('./template.worker.ts', import.meta.url), { type: 'module' })
    );
  };
  const renderer = new WorkerTemplates({ ...options, createWorker });
  open.push(renderer);
  return { renderer, started: () => started };
}

async function failure(action: Promise<unknown>, code = 'unsupported-model'): Promise<string> {
  const error = await action.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof LabError)) throw error;
  expect(error.code).toBe(code);
  expect(error.advice).not.toBe('');
  return error.message;
}

describe('rendering', () => {
  test('passes messages and variables', async () => {
    const renderer = new WorkerTemplates();
    open.push(renderer);
    expect(await renderer.render(CHATML, chat('hi'))).toBe('<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n');
    expect(await renderer.render(CHATML, { ...chat('hi'), enable_thinking: false })).toMatch(
      /assistant\n<think>\n\n<\/think>\n\n$/,
    );
    expect(
      await renderer.render("{{ bos_token }}{{ strftime_now('%b') }}{{ tools is defined }}", { bos_token: '<s>' }),
    ).toBe('<s>Julfalse');
  });

  test('of hundreds of prompts needs one worker and little time', async () => {
    const { renderer, started } = templates();
    await renderer.render(CHATML, chat('warm'));
    const begun = performance.now();
    const texts = await Promise.all(
      Array.from({ length: 600 }, (_, i) => renderer.render(CHATML, chat(`question ${i}`))),
    );
    expect(performance.now() - begun).toBeLessThan(3000);
    expect(texts.map((text) => /question \d+/.exec(text)?.[0])).toEqual(texts.map((_, i) => `question ${i}`));
    expect(started()).toBe(1);
  });

  test('returns each its own answer, in any mixture of templates and faults', async () => {
    const { renderer, started } = templates();
    const asked = [
      renderer.render('a{{ x }}', { x: 1 }),
      renderer.render('b{{ x }}', { x: 2 }),
      failure(renderer.render("{{ raise_exception('x must be 3, not ' + x | string) }}", { x: 3 })),
      failure(renderer.render('{% for %}', {})),
      renderer.render('a{{ x }}', { x: 5 }),
    ];
    expect(await Promise.all(asked)).toEqual([
      'a1',
      'b2',
      'The model’s chat template refuses these messages: x must be 3, not 3.',
      expect.stringContaining('chat template cannot be read'),
      'a5',
    ]);
    expect(started()).toBe(1);
  });
});

describe('a template that', () => {
  test('does not end is stopped while the page goes on, and the next one works', async () => {
    const { renderer, started } = templates({ timeout: 1000 });
    await renderer.render('x', {});
    let beats = 0;
    const heart = setInterval(() => beats++, 10);
    const begun = performance.now();
    const message = await failure(renderer.render(ENDLESS, {}));
    const seconds = (performance.now() - begun) / 1000;
    clearInterval(heart);
    expect(message).toContain('did not end within 1 second');
    expect(seconds).toBeGreaterThan(0.9);
    expect(seconds).toBeLessThan(5);
    expect(beats).toBeGreaterThan(20);
    expect(await renderer.render('y', {})).toBe('y');
    expect(started()).toBe(2);
  });

  test('does not end fails all of its own messages, and no others', async () => {
    const { renderer, started } = templates({ timeout: 500 });
    const many = Array.from({ length: 300 }, () => failure(renderer.render(ENDLESS, {})));
    const other = renderer.render('y', {});
    expect(new Set(await Promise.all(many)).size).toBe(1);
    expect(await other).toBe('y');
    // Each of five messages would have terminated a worker.
    expect(started()).toBe(2);
  });

  test('counts to a thousand million is refused at once', async () => {
    const { renderer, started } = templates();
    const message = await failure(renderer.render('{% for i in range(1000000000) %}{{ i }}{% endfor %}', {}));
    expect(message).toContain('range of 1000000000 numbers is too long');
    expect(await renderer.render('y', {})).toBe('y');
    expect(started()).toBe(1);
  });

  test('writes a hundred megabytes is refused, and its text is not sent', async () => {
    const { renderer, started } = templates();
    const block = 'x'.repeat(100_000);
    const message = await failure(renderer.render('{% for i in range(1000) %}{{ block }}{% endfor %}', { block }));
    expect(message).toContain('writes too much: 100000000 characters');
    expect(await renderer.render('y', {})).toBe('y');
    expect(started()).toBe(1);
  });
});

describe('a worker that', () => {
  const workerOf = (script: string) =>
    new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })));
  const real = () => new Worker(new URL('./template.worker.ts', import.meta.url), { type: 'module' });

  test.each([
    ['stops', () => workerOf('throw new Error("out of memory")'), 'out of memory'],
    ['is not there', () => new Worker(new URL('/none.js', location.href), { type: 'module' }), 'could not be fetched'],
    ['never starts', () => workerOf('for (;;);'), 'did not start'],
  ])('%s is reported, and the next text starts another', async (_, broken, words) => {
    let first = true;
    const createWorker = () => {
      const worker = first ? broken() : real();
      first = false;
      return worker;
    };
    const { renderer, started } = templates({ createWorker, startTimeout: 4000 });
    expect(await failure(renderer.render('x', {}), 'internal')).toContain(words);
    expect(await renderer.render('x', {})).toBe('x');
    expect(started()).toBe(2);
  });

  test('is closed rejects pending texts', async () => {
    const { renderer } = templates();
    const waiting = renderer.render(ENDLESS, {}).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 50));
    renderer.dispose();
    expect((await waiting) instanceof LabError).toBe(true);
  });
});
