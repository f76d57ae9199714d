/** Reads files of prompts in a worker of its own: one that does not end can be killed, and a run goes on meanwhile. */
import { expose } from 'comlink';
import { toFailure } from '../../lib/errors';
import { PromptReader } from './reader';

const reader = new PromptReader();

/** A failure crosses as plain data; an Error would lose its code. */
const told =
  <A extends unknown[], R>(call: (...args: A) => R | Promise<R>) =>
  async (...args: A): Promise<R> => {
    try {
      return await call(...args);
    } catch (error) {
      throw toFailure(error);
    }
  };

const worker = {
  /** Answers when the worker's script is there. */
  start: () => {},
  read: told((...args: Parameters<PromptReader['read']>) => reader.read(...args)),
  preview: told((...args: Parameters<PromptReader['preview']>) => reader.preview(...args)),
  prompts: told((...args: Parameters<PromptReader['prompts']>) => reader.prompts(...args)),
  instructions: told((...args: Parameters<PromptReader['instructions']>) => reader.instructions(...args)),
};
export type PromptReaderWorker = typeof worker;

expose(worker);
