/** Every test file in Chromium starts here: without an adapter it fails, with one its name is in the report. */
import { beforeAll } from 'vitest';
import { adapterName } from './adapter-name';

// biome-ignore lint/correctness/noEmptyPattern: Vitest reads the pattern to see which fixtures are asked for.
beforeAll(async ({}, file) => {
  file.meta.adapter = await adapterName(navigator.gpu);
});
