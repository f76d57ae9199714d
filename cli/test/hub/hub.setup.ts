/** Tests in the browser find a Hub on this machine, on another origin than theirs. */
import type { TestProject } from 'vitest/node';
import { startHub } from './server';

declare module 'vitest' {
  interface ProvidedContext {
    /** Its address; below it, each test has a Hub of its own. */
    hub: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const hub = await startHub();
  project.provide('hub', hub.url);
  return () => hub.close();
}
