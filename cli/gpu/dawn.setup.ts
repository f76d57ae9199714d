/** Runs before every test file in Node. Dawn takes the place of the browser's WebGPU. */
import { beforeAll } from 'vitest';
import { adapterName } from '../../src/engine/testing/adapter-name';
import { installDawn } from './dawn';

// One process runs all test files, so they share one Dawn instance.
const gpu = globalThis.navigator?.gpu ?? installDawn();

// biome-ignore lint/correctness/noEmptyPattern: Vitest reads the pattern to find out which fixtures are requested.
beforeAll(async ({}, file) => {
  file.meta.adapter = await adapterName(gpu);
});
