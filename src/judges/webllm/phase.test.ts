import { expect, test } from 'vitest';
import { loadPhase } from './phase';

test.each([
  [0, 'Start to fetch params', { phase: 'looking for the weights', progress: null }],
  [
    0.42,
    'Fetching param cache[3/24]: 62MB fetched. 42% completed, 9 secs elapsed. It can take a while when we first visit this page',
    { phase: 'fetching weights, 62 MB', progress: 0.42 },
  ],
  [
    0.5,
    'Loading model from cache[2/4]: 55MB loaded. 50% completed, 1 secs elapsed.',
    { phase: 'loading weights onto the GPU, 55 MB', progress: 0.5 },
  ],
  [
    0.25,
    'Loading GPU shader modules[12/48]: 25% completed, 3 secs elapsed.',
    { phase: 'compiling shaders, 12 of 48', progress: 0.25 },
  ],
  [1, 'Finish loading on WebGPU - apple', { phase: 'loaded', progress: 1 }],
])('at %d of "%s"', (progress, text, phase) => {
  expect(loadPhase({ progress, text })).toEqual(phase);
});
