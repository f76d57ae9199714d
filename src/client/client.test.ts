import { expose, wrap } from 'comlink';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LabError } from '../lib/errors';
import type { LabEvent } from '../records/events';
import { type Call, serve } from '../worker/api';
import { type Lab, labOf } from './client';

const persisted = { usage: 1, quota: 2, persisted: true };
const event: LabEvent = { type: 'rejudge', done: 1, total: 2 };

/** Some calls of the worker, with the names and types that the page knows. */
const services = {
  some: {
    async runs(): Promise<readonly never[]> {
      return [];
    },
    async run(runId: string): Promise<never> {
      throw new LabError('not-found', `There is no run ${runId}.`, 'Choose another.');
    },
    async listen(listener: (events: readonly LabEvent[]) => void): Promise<void> {
      listener([event]);
    },
    async exportPairs(runId: string): Promise<string> {
      return runId;
    },
  },
};

let ports: MessageChannel;
let open: () => void;
let lab: Lab;

beforeEach(() => {
  ports = new MessageChannel();
  const opening = new Promise<typeof services>((resolve) => {
    open = () => resolve(services);
  });
  expose(serve(opening), ports.port1);
  lab = labOf(wrap<Call>(ports.port2), { persist: async () => persisted });
});
afterEach(() => {
  ports.port1.close();
  ports.port2.close();
});

describe('the page’s end of the API', () => {
  it('makes calls by their names, also before the worker has opened', async () => {
    const { exportPairs } = lab;
    const answers = Promise.all([lab.runs(), exportPairs('a')]);
    open();
    expect(await answers).toEqual([[], 'a']);
  });

  it('rejects with typed failures', async () => {
    open();
    const error = await lab.run('b').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LabError);
    expect(error).toMatchObject({ code: 'not-found', message: 'There is no run b.', advice: 'Choose another.' });
  });

  it('rejects with a typed failure for a call that the worker does not have', async () => {
    open();
    const error = await lab.pause().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LabError);
    expect(error).toMatchObject({ code: 'internal', message: 'The worker has no call named pause.' });
  });

  it('rejects with a typed failure for an argument that cannot be sent', async () => {
    open();
    const recipe = { f: () => {} } as unknown as Parameters<Lab['estimate']>[0];
    await expect(lab.estimate(recipe)).rejects.toBeInstanceOf(LabError);
  });

  it('passes callbacks, which the worker calls', async () => {
    open();
    const listener = vi.fn();
    await lab.listen(listener);
    await expect.poll(() => listener.mock.calls).toEqual([[[event]]]);
  });

  it('answers on the page what a worker cannot', async () => {
    expect(await lab.persist()).toEqual(persisted);
  });

  it('can be awaited and returned from an async function', async () => {
    const same = async () => lab;
    expect((await same()) === lab).toBe(true);
  });
});
