/** Every test file in Node starts here: Dawn stands where a browser has WebGPU. */
import { beforeAll } from 'vitest';
import { adapterName } from './adapter-name';
import { installDawn } from './dawn';

// One process runs all files, and one Dawn serves them.
const gpu = globalThis.navigator?.gpu ?? installDawn();

// biome-ignore lint/correctness/noEmptyPattern: Vitest reads the pattern to see which fixtures are asked for.
beforeAll(async ({}, file) => {
  file.meta.adapter = await adapterName(gpu);
});
