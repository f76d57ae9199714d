/**
 * Submits plans in pieces that each take a fraction of a second. A training step of a large model in one submit would
 * freeze the desktop, and drivers reset a device that does not answer for seconds.
 */
import type { Device } from './device';
import type { Buffers, Plan, Values } from './plan';

/** Target for the longest submit, in milliseconds. */
export const SUBMIT_MS = 80;
/** Floating-point operations per millisecond that are assumed before the first measurement. */
const FIRST_RATE = { software: 2e6, hardware: 1e8 } as const;
/** Smaller amounts of work are not used to measure the rate. */
const MEASURED_FLOPS = 1e7;

export interface PlannedRun {
  /** `prepare` has been called with `values`. */
  readonly plan: Plan;
  readonly buffers: Buffers;
  readonly values: Values;
}

export class Pace {
  private rate: number;
  private idleSince = 0;

  constructor(private readonly device: Device) {
    this.rate = FIRST_RATE[device.isSoftware ? 'software' : 'hardware'];
  }

  /**
   * Runs the plans in order, in as few submits as the measured rate allows. A dispatch is never split.
   * @param first encodes commands in front of the plans
   * @returns the number of submits
   */
  submit(label: string, runs: readonly PlannedRun[], first: (encoder: GPUCommandEncoder) => void = () => {}): number {
    const { gpu } = this.device;
    const began = performance.now();
    const most = this.rate * SUBMIT_MS;
    let submits = 0;
    let total = 0;
    let flops = 0;
    let encoder = gpu.createCommandEncoder({ label });
    first(encoder);
    let pass = encoder.beginComputePass({ label });
    const flush = () => {
      pass.end();
      gpu.queue.submit([encoder.finish()]);
      submits++;
      total += flops;
      flops = 0;
    };
    for (const { plan, buffers, values } of runs) {
      for (let i = 0; i < plan.length; i++) {
        const work = plan.flops(i, values);
        if (flops > 0 && flops + work > most) {
          flush();
          encoder = gpu.createCommandEncoder({ label });
          pass = encoder.beginComputePass({ label });
        }
        plan.encode(pass, buffers, values, i, i + 1);
        flops += work;
      }
    }
    flush();
    if (total > MEASURED_FLOPS) void this.measure(total, began);
    return submits;
  }

  private async measure(flops: number, began: number): Promise<void> {
    try {
      await this.device.gpu.queue.onSubmittedWorkDone();
    } catch {
      // The device is lost. The caller that waits for the result gets the error.
      return;
    }
    const now = performance.now();
    // The time includes work that was submitted earlier, so timing starts when that work has finished.
    const milliseconds = now - Math.max(began, this.idleSince);
    this.idleSince = now;
    if (milliseconds > 1) this.rate = 0.5 * this.rate + 0.5 * (flops / milliseconds);
  }
}
