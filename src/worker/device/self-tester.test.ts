import { expect, it } from 'vitest';
import { once } from '../../lib/async';
import { LabError } from '../../lib/errors';
import { PRESETS } from '../../recipe/presets';
import type { DeviceInfo, DeviceReport, SelfCheck } from '../../records/device';
import type { Engine } from './engine';
import { SelfTester, type SelfTesterParts } from './self-tester';
import { shownLanes } from './self-timing';

const device: DeviceInfo = {
  ...{ name: 'A GPU', kind: 'fast', features: [], maxBufferSize: 1, maxStorageBufferBindingSize: 1 },
  speed: { bandwidth: 1e11, flops: 1e12, groupFlops: 1e10, halfFlops: null, dispatch: 1e-5, submit: 0 },
};

const report = (checks: readonly SelfCheck[]): DeviceReport => ({
  ...{ version: 1, date: '2026-11-30', browser: 'b', device, model: 'm', checks, speeds: [], variants: {} },
});
const check = (name: string, passed: boolean): SelfCheck => ({ name, passed, detail: '' });

function tester(selfTest: Engine['selfTest']) {
  let stored: DeviceReport | null = null;
  return new SelfTester({
    engine: once(async () => ({ selfTest })),
    plans: {
      plan: async () =>
        ({ longest: { prompt: 1, verdict: null } }) as Awaited<ReturnType<SelfTesterParts['plans']['plan']>>,
    },
    reports: {
      load: async (name) => (name === device.name ? stored : null),
      save: async (saved) => {
        stored = saved;
      },
    },
    device: async () => device,
    onProgress: () => {},
  });
}
const ready = async () => {};

it('refuses training after a failed check, in one sentence, until the test passes', async () => {
  let passes = false;
  const self = tester(async () => report([check('Logits', true), check('Small f16 numbers', passes)]));
  expect(await self.fault()).toBeNull();
  await self.run(PRESETS.quick, ready);
  const fault = await self.fault();
  expect(fault).toMatch(/failed its self-test \(small f16 numbers\), so training on it would give wrong results/);
  expect(fault?.match(/\.(\s|$)/g)).toHaveLength(1);
  passes = true;
  await self.run(PRESETS.quick, ready);
  expect(await self.fault()).toBeNull();
});

it('is cancelled by another test, and keeps the earlier report', async () => {
  let begun = 0;
  const self = tester(async (_recipe, _longest, _onProgress, signal) => {
    if (begun++ === 0) return report([check('Logits', false)]);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    throw signal.reason;
  });
  await self.run(PRESETS.quick, ready);
  const second = self.run(PRESETS.quick, ready);
  const rejected = expect(second).rejects.toMatchObject({ code: 'cancelled' });
  await new Promise((resolve) => setTimeout(resolve));
  await self.cancel();
  await rejected;
  expect(await self.fault()).toContain('logits');
});

it('does not begin before other work has ended', async () => {
  const self = tester(async () => report([]));
  const busy = async () => {
    throw new LabError('running-elsewhere', 'A run is running in this tab.');
  };
  await expect(self.run(PRESETS.quick, busy)).rejects.toMatchObject({ code: 'running-elsewhere' });
  expect(await self.report()).toBeNull();
});

it('shows one lane, eight lanes and the fastest', () => {
  const at = (lanes: number, tokensPerSecond: number) => ({
    ...{ lanes, tokensPerSecond, work: `${lanes} lanes`, seconds: 1, predicted: 1, share: 0.5 },
  });
  const works = (...all: ReturnType<typeof at>[]) => shownLanes(all).map(({ work }) => work);
  expect(works(at(1, 10), at(8, 70), at(16, 100), at(32, 90))).toEqual(['1 lanes', '8 lanes', '16 lanes (fastest)']);
  expect(works(at(1, 10), at(8, 70), at(16, 60))).toEqual(['1 lanes', '8 lanes (fastest)']);
});
