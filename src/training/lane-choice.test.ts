import { describe, expect, it } from 'vitest';
import { bestLanes, expectedLanes, laneNumbers, type StepTimes, timeLanes } from './lane-choice';

/** Seconds of steps that reach so many tokens a second. */
const atSpeeds = (speeds: Readonly<Record<number, number>>): StepTimes =>
  Object.fromEntries(Object.entries(speeds).map(([lanes, speed]) => [lanes, Number(lanes) / speed]));

/** Measures these times, and counts what was measured. */
function search(numbers: readonly number[], times: StepTimes, known: StepTimes = {}) {
  const measured: number[] = [];
  const found = timeLanes(numbers, known, async (lanes) => {
    measured.push(lanes);
    return times[lanes] ?? null;
  });
  return { measured, found };
}

it('considers powers of two up to 64 and up to the candidates of an iteration', () => {
  expect(laneNumbers({ k: 8, promptsPerIteration: 32 })).toEqual([64, 32, 16, 8, 4, 2, 1]);
  expect(laneNumbers({ k: 3, promptsPerIteration: 4 })).toEqual([8, 4, 2, 1]);
  expect(laneNumbers({ k: 2, promptsPerIteration: 1 })).toEqual([2, 1]);
});

describe('the best number', () => {
  const numbers = [64, 32, 16, 8];

  it('decodes the most tokens a second', () => {
    expect(bestLanes(numbers, atSpeeds({ 64: 300, 32: 500, 16: 400, 8: 450 }))).toBe(32);
  });

  it('is the smallest of those within 5% of the best', () => {
    expect(bestLanes(numbers, atSpeeds({ 64: 500, 32: 490, 16: 476, 8: 474 }))).toBe(16);
  });

  it('is one that fits and that has a time', () => {
    expect(bestLanes([16, 8], atSpeeds({ 64: 900, 16: 300, 8: 200 }))).toBe(16);
    expect(bestLanes(numbers, atSpeeds({ 8: 200 }))).toBe(8);
    expect(bestLanes([4], atSpeeds({ 8: 200 }))).toBeNull();
  });
});

it('before anything was timed, is the largest that may be the best', () => {
  expect(expectedLanes([64, 32, 16], atSpeeds({ 64: 380, 32: 500, 16: 450 }))).toBe(64);
  expect(expectedLanes([64, 32, 16], atSpeeds({ 64: 340, 32: 500, 16: 450 }))).toBe(32);
});

describe('timing', () => {
  const numbers = [64, 32, 16, 8, 4];

  it('ends at a number that is far behind the best', async () => {
    const times = atSpeeds({ 64: 1000, 32: 800, 16: 600, 8: 400, 4: 200 });
    const { measured, found } = search(numbers, times);
    expect(Object.keys(await found)).toEqual(['8', '16', '32', '64']);
    expect(measured).toEqual([64, 32, 16, 8]);
  });

  it('goes past a number that is slower than its neighbours', async () => {
    const { found } = search(numbers, atSpeeds({ 64: 300, 32: 280, 16: 200, 8: 400, 4: 210 }));
    expect(bestLanes(numbers, await found)).toBe(8);
  });

  it('measures nothing that is known', async () => {
    const times = atSpeeds({ 64: 300, 32: 250, 16: 100 });
    const { measured, found } = search(numbers, {}, times);
    expect(await found).toEqual(times);
    expect(measured).toEqual([]);
  });

  it('ends when no time is left', async () => {
    const { measured, found } = search(numbers, atSpeeds({ 64: 300, 32: 250 }));
    expect(await found).toEqual(atSpeeds({ 64: 300, 32: 250 }));
    expect(measured).toEqual([64, 32, 16]);
  });
});
