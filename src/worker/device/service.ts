import type { Once } from '../../lib/async';
import { type Failure, toFailure } from '../../lib/errors';
import { parseRecipe } from '../../recipe/faults';
import type { Recipe } from '../../recipe/recipe';
import type { DeviceInfo, DeviceReport, StorageInfo } from '../../records/device';
import type { ParityFolder, ParityRow } from '../../records/report';
import { storageInfo } from '../../storage/storage-info';
import type { ShortTasks } from '../runs/short-tasks';
import type { Engine } from './engine';
import type { SelfTester } from './self-tester';

export interface DeviceParts {
  readonly engine: Once<Engine>;
  /** @throws LabError no-webgpu, adapter-limits, device-lost */
  device(): Promise<DeviceInfo>;
  readonly tester: SelfTester;
  readonly tasks: ShortTasks;
}

export function deviceService({ engine, device, tester, tasks }: DeviceParts) {
  tasks.add('self-test', () => tester.cancel());

  return {
    /** The GPU and its speed, measured once, or the reason why there is none. */
    async device(): Promise<
      { readonly ok: true; readonly device: DeviceInfo } | { readonly ok: false; readonly failure: Failure }
    > {
      try {
        return { ok: true, device: await device() };
      } catch (error) {
        return { ok: false, failure: toFailure(error) };
      }
    },

    /**
     * Checks the device, and times the work of the recipe on it, for about 20 seconds. Cancelled by a run that starts.
     * @throws LabError cancelled, bad-recipe, running-elsewhere, and what opening the model throws
     */
    selfTest: (recipe: Recipe): Promise<DeviceReport> =>
      tester.run(parseRecipe(recipe), () => tasks.begin('self-test')),

    /** Resolves when the device is free. `selfTest` then rejects as `cancelled`. */
    cancelSelfTest: (): Promise<void> => tester.cancel(),

    /** The last self-test of this device in this browser. Null if there was none. */
    deviceReport: (): Promise<DeviceReport | null> => tester.report(),

    /** Space that the page uses in the browser's storage, and how much there is. Bytes. */
    storage: (): Promise<StorageInfo> => storageInfo(),

    /** Compares the engine with numbers of PyTorch. Starts no run. @throws LabError bad-file, unsupported-model */
    parity: async (folder: ParityFolder): Promise<readonly ParityRow[]> => (await engine.get()).parity(folder),
  };
}
