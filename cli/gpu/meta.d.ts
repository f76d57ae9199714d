import 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Name of the WebGPU adapter that the test file ran on. */
    adapter?: string;
  }
}
