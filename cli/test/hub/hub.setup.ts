/** Starts a local Hub for browser tests, on another origin than the tests. */
import type { TestProject } from 'vitest/node';
import { startHub } from './server';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the local Hub. Each test opens its own Hub below it. */
    hub: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const hub = await startHub();
  project.provide('hub', hub.url);
  return () => hub.close();
}
