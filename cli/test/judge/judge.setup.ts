/** Tests in the browser find a judge on this machine, on another origin than theirs. */
import type { TestProject } from 'vitest/node';
import { startJudge } from './server';

declare module 'vitest' {
  interface ProvidedContext {
    /** Its address; below it, each test has a judge of its own. */
    judge: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const judge = await startJudge();
  project.provide('judge', judge.url);
  return () => judge.close();
}
