/** Starts a judge's server for the tests in the browser, on another origin than the page's. */
import type { TestProject } from 'vitest/node';
import { startJudge } from './server';

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the server. Each test has its own judge below it. */
    judge: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const judge = await startJudge();
  project.provide('judge', judge.url);
  return () => judge.close();
}
