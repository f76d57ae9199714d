import 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Name of the WebGPU adapter that a test file ran on. */
    adapter?: string;
  }
}
