/** Starts the worker. A file of its own, because whatever imports it is built with the worker's code beside it. */
import { wrap } from 'comlink';
import type { Failure } from '../lib/errors';
import type { Call } from '../worker/api';
import { type Lab, labOf, type PageCalls } from './client';

/**
 * @param page answers the calls that a worker cannot
 * @param onCrash called when the worker could not be loaded, or threw an error that nobody caught
 */
export function connect(page: PageCalls, onCrash: (failure: Failure) => void): Lab {
  const worker = new Worker(new URL('../worker/lab.worker.ts', import.meta.url), { type: 'module', name: 'lab' });
  worker.addEventListener('error', (event) => {
    onCrash({
      code: 'internal',
      message: `The engine stopped: ${event.message || 'its script could not be loaded'}.`,
      advice: 'Everything that was stored is safe. Reload the page to continue.',
    });
  });
  return labOf(wrap<Call>(worker), page);
}
