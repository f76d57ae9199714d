/**
 * Reads files of prompts in a separate worker, so that a run continues meanwhile, and a reader that hangs can be
 * killed.
 */
import { expose } from 'comlink';
import { toFailure } from '../../lib/errors';
import { PromptReader } from './reader';

const reader = new PromptReader();

/** Turns errors into plain data before they are posted: an Error would lose its code. */
const withFailures =
  <A extends unknown[], R>(call: (...args: A) => R | Promise<R>) =>
  async (...args: A): Promise<R> => {
    try {
      return await call(...args);
    } catch (error) {
      throw toFailure(error);
    }
  };

const worker = {
  /** Answers as soon as the worker has loaded. */
  start: () => {},
  read: withFailures((...args: Parameters<PromptReader['read']>) => reader.read(...args)),
  preview: withFailures((...args: Parameters<PromptReader['preview']>) => reader.preview(...args)),
  prompts: withFailures((...args: Parameters<PromptReader['prompts']>) => reader.prompts(...args)),
  instructions: withFailures((...args: Parameters<PromptReader['instructions']>) => reader.instructions(...args)),
};
export type PromptReaderWorker = typeof worker;

expose(worker);
