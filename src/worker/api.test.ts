import { describe, expect, it } from 'vitest';
import { LabError } from '../lib/errors';
import { serve } from './api';

const services = {
  sums: {
    add: async (a: number, b: number): Promise<number> => a + b,
    async watch(listener: (sums: readonly number[]) => void): Promise<void> {
      listener([1, 2]);
    },
  },
  words: {
    shout: async (word: string): Promise<string> => word.toUpperCase(),
    async fail(): Promise<void> {
      throw new LabError('storage-full', 'The disk is full.', 'Delete a model.');
    },
    async crash(): Promise<void> {
      throw new TypeError('x is not a function');
    },
  },
};

describe('the worker’s end of the API', () => {
  it('finds a call in whichever service defines it', async () => {
    const call = serve(Promise.resolve(services));
    expect(await call('add', 1, 2)).toBe(3);
    expect(await call('shout', 'a')).toBe('A');
  });

  it('accepts calls before opening has ended, and answers them in order afterwards', async () => {
    let open = () => {};
    const call = serve(
      new Promise<typeof services>((resolve) => {
        open = () => resolve(services);
      }),
    );
    const answers: unknown[] = [];
    const calls = [call('add', 1, 2), call('shout', 'b')].map((answer) => answer.then((value) => answers.push(value)));
    await new Promise((done) => setTimeout(done, 5));
    expect(answers).toEqual([]);
    open();
    await Promise.all(calls);
    expect(answers).toEqual([3, 'B']);
  });

  it('fails every call with the reason why opening failed', async () => {
    const call = serve<typeof services>(Promise.reject(new LabError('no-storage', 'There is no storage.', 'Reload.')));
    const failure = { code: 'no-storage', message: 'There is no storage.', advice: 'Reload.' };
    await expect(call('add', 1, 2)).rejects.toEqual(failure);
    await expect(call('shout', 'a')).rejects.toEqual(failure);
  });

  it('rejects with plain data, which can be sent', async () => {
    const call = serve(Promise.resolve(services));
    const failures = await Promise.all(
      ['fail', 'crash'].map((name) => call(name).catch((failure: unknown) => failure)),
    );
    expect(failures).toEqual([
      { code: 'storage-full', message: 'The disk is full.', advice: 'Delete a model.' },
      { code: 'internal', message: 'x is not a function', advice: expect.any(String) },
    ]);
    expect(structuredClone(failures)).toEqual(failures);
    for (const failure of failures) expect(failure).not.toBeInstanceOf(Error);
  });

  it.each(['nothing', 'toString', 'constructor', '__proto__'])('has no call named %s', async (name) => {
    const call = serve(Promise.resolve(services));
    await expect(call(name)).rejects.toMatchObject({
      code: 'internal',
      message: `The worker has no call named ${name}.`,
    });
  });
});

describe('the compiler refuses', () => {
  // Nothing here is checked when it runs: an unused `@ts-expect-error` is an error of the type check.
  const opened = <Services>(one: Services): Promise<Services> => Promise.resolve(one);

  it('a call that two services define', () => {
    const shout = async (): Promise<void> => {};
    // @ts-expect-error Two services define `shout`.
    serve(opened({ ...services, more: { shout } }));
  });

  it('a handler that returns no promise', () => {
    // @ts-expect-error
    serve(opened({ more: { now: (): number => 1 } }));
  });

  it('results and parameters that cannot be sent', () => {
    class Counter {
      count = 0;
      up(): void {
        this.count++;
      }
    }
    // @ts-expect-error A function.
    serve(opened({ more: { later: async (): Promise<() => number> => () => 1 } }));
    // @ts-expect-error A function within a result.
    serve(opened({ more: { later: async (): Promise<readonly { f(): void }[]> => [] } }));
    // @ts-expect-error The instance of a class with methods.
    serve(opened({ more: { counter: async (): Promise<Counter> => new Counter() } }));
    // @ts-expect-error
    serve(opened({ more: { counter: async (_: Counter): Promise<void> => {} } }));
    // @ts-expect-error A function for a callback.
    serve(opened({ more: { listen: async (_: (f: () => void) => void): Promise<void> => {} } }));
  });

  it('none of the usual types', () => {
    interface Tree {
      readonly children: readonly Tree[];
      readonly size?: number;
    }
    const usual = {
      tree: async (tree: Tree, name: string | null = null): Promise<Tree | null> => (name === null ? null : tree),
      files: async (files: readonly File[]): Promise<Uint8Array> => new Uint8Array(files.length),
      table: async (): Promise<ReadonlyMap<string, Date>> => new Map(),
    };
    expect(serve(opened({ usual }))).toBeTypeOf('function');
  });
});
