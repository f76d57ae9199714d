/** Runs before every test file in Chromium. Fails without a WebGPU adapter, and reports the adapter's name. */
import { beforeAll } from 'vitest';
import { adapterName } from '../../src/engine/testing/adapter-name';

// biome-ignore lint/correctness/noEmptyPattern: Vitest reads the pattern to find out which fixtures are requested.
beforeAll(async ({}, file) => {
  file.meta.adapter = await adapterName(navigator.gpu);
});
