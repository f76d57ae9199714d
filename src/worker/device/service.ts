import { type Failure, toFailure } from '../../lib/errors';
import type { DeviceInfo, StorageInfo } from '../../records/device';
import type { ParityFolder, ParityRow } from '../../records/report';
import { storageInfo } from '../../storage/storage-info';
import type { Engine } from './engine';

export interface DeviceParts {
  readonly engine: Engine;
  /** @throws LabError no-webgpu, adapter-limits, device-lost */
  device(): Promise<DeviceInfo>;
}

export function deviceService({ engine, device }: DeviceParts) {
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

    /** Space that the page uses in the browser's storage, and how much there is. Bytes. */
    storage: (): Promise<StorageInfo> => storageInfo(),

    /** Compares the engine with numbers of PyTorch. Starts no run. @throws LabError bad-file, unsupported-model */
    parity: (folder: ParityFolder): Promise<readonly ParityRow[]> => engine.parity(folder),
  };
}
