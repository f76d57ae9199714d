/** The last self-test of each graphics device, so that one that failed stays refused after a reload. */
import * as v from 'valibot';
import type { DeviceReport } from '../../records/device';
import { KeyValueStore } from './key-value-store';

const number = v.number();
const ReportSchema = v.object({
  version: v.literal(1),
  date: v.string(),
  browser: v.string(),
  device: v.object({
    name: v.string(),
    kind: v.picklist(['software', 'slow', 'fast']),
    speed: v.object({
      bandwidth: number,
      flops: number,
      groupFlops: number,
      halfFlops: v.nullable(number),
      dispatch: number,
      // Reports of before do not have it.
      submit: v.optional(number, 0),
    }),
    features: v.array(v.string()),
    maxBufferSize: number,
    maxStorageBufferBindingSize: number,
  }),
  model: v.string(),
  checks: v.array(v.object({ name: v.string(), passed: v.boolean(), detail: v.string() })),
  speeds: v.array(
    v.object({ work: v.string(), tokensPerSecond: number, seconds: number, predicted: number, share: number }),
  ),
  variants: v.record(v.string(), v.string()),
});

export interface DeviceReports {
  /** Null if the device has not been tested in this browser. @throws LabError no-storage */
  load(device: string): Promise<DeviceReport | null>;
  /** @throws LabError no-storage, storage-full */
  save(report: DeviceReport): Promise<void>;
}

/** @param browser the user agent: another version of a browser or of its drivers is another device */
export function createDeviceReports(browser: string, name = 'thinking-lab-devices'): DeviceReports {
  const store = new KeyValueStore(name, 'reports');
  return {
    async load(device) {
      const stored = v.safeParse(ReportSchema, await store.get(`${device}, ${browser}`));
      return stored.success ? stored.output : null;
    },
    save: (report) => store.set(`${report.device.name}, ${browser}`, report),
  };
}
