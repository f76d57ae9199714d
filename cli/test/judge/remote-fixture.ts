/** A server for the unit tests of remote judges, in the same process, and the questions that they ask. */
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { JudgeModel, JudgeQuestion } from '../../../src/judges/language/judge-model';
import { LabError } from '../../../src/lib/errors';
import { startJudge } from './server';
import { TestJudge } from './test-judge';

export const RATING: JudgeQuestion = {
  kind: 'rating',
  message: 'How good is “4” as an answer to 2 + 2? Reply with [[1]] to [[9]].',
};
export const COMPARISON: JudgeQuestion = {
  kind: 'comparison',
  message: 'Which is better? Reply with [[A]], [[B]] or [[C]].',
};
export const KEY = 'sk-secret-0123456789';

/** Starts one server for the file's tests. @param begin receives a new judge on it before each test */
export function useTestJudge(begin: (judge: TestJudge) => void): void {
  let server: Awaited<ReturnType<typeof startJudge>>;
  let judge: TestJudge;
  beforeAll(async () => {
    server = await startJudge();
  });
  afterAll(() => server.close());
  beforeEach(() => {
    judge = new TestJudge(server.url);
    begin(judge);
  });
  afterEach(() => judge.dispose());
}

export const ask = (model: JudgeModel, question = RATING, signal?: AbortSignal) => model.ask(question, signal);

/** Different questions. */
export const several = (count: number): JudgeQuestion[] =>
  Array.from({ length: count }, (_, i) => ({ ...RATING, message: `Rate ${i}.` }));

/** The error of a call that must fail: its message is one line, and a sentence. */
export const failure = async (asked: Promise<unknown>): Promise<LabError> => {
  const error = await asked.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof LabError)) throw new Error(`No LabError: ${error}`);
  expect(error.message).toMatch(/^[^\n]+[.)]$/);
  return error;
};
