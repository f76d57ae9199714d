import { type Once, OneAtATime } from '../../lib/async';
import { LabError } from '../../lib/errors';
import type { Recipe } from '../../recipe/recipe';
import type { DeviceInfo, DeviceReport, SelfTestProgress } from '../../records/device';
import type { DeviceReports } from '../../storage/key-value/device-reports';
import type { RecipePlans } from '../runs/recipe-plans';
import type { Engine } from './engine';

export interface SelfTesterParts {
  readonly engine: Once<Pick<Engine, 'selfTest'>>;
  readonly plans: Pick<RecipePlans, 'plan'>;
  readonly reports: DeviceReports;
  /** @throws LabError no-webgpu, adapter-limits, device-lost */
  device(): Promise<DeviceInfo>;
  onProgress(progress: SelfTestProgress): void;
}

/** Runs the self-test of the device, keeps its report, and says why a device that failed it may not train. */
export class SelfTester {
  private readonly testing = new OneAtATime(() => new LabError('cancelled', 'The self-test was cancelled.'));

  constructor(private readonly parts: SelfTesterParts) {}

  /**
   * @param recipe the recipe whose work is timed
   * @param ready resolves when no other work uses the device
   * @throws LabError cancelled, and what planning and the engine throw
   */
  run(recipe: Recipe, ready: () => Promise<void>): Promise<DeviceReport> {
    const { engine, plans, reports, onProgress } = this.parts;
    return this.testing.take(async (signal, before) => {
      await before();
      await ready();
      const { longest } = await plans.plan(recipe);
      const report = await (await engine.get()).selfTest(recipe, longest, onProgress, signal);
      await reports.save(report);
      return report;
    });
  }

  /** Resolves when the device is free. */
  cancel(): Promise<void> {
    return this.testing.cancel();
  }

  /** The last report of this device, if it was tested in this browser. */
  async report(): Promise<DeviceReport | null> {
    return this.parts.reports.load((await this.parts.device()).name);
  }

  /** Why this device may not train. Null if its last self-test passed, or if it was not tested. */
  async fault(): Promise<string | null> {
    const failed = (await this.report())?.checks.filter(({ passed }) => !passed) ?? [];
    if (failed.length === 0) return null;
    const names = failed.map(({ name }) => name.toLowerCase()).join(', ');
    return (
      `This graphics device failed its self-test (${names}), so training on it would give wrong results: ` +
      'use another browser or device, or repeat the test under Models → This device.'
    );
  }
}
