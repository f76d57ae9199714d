/**
 * Submits plans in pieces that each take a fraction of a second. A training step of a large model in one submit would
 * freeze the desktop, and Windows resets a device that does not answer for two seconds.
 */
import type { Device } from './device';
import type { Buffers, Values } from './plan';

/**
 * Target for a submit in milliseconds. Kernels of one plan reach different shares of the peak, so a piece of it may
 * take 2.5 times as long as its operations say, and none should take more than 100 ms.
 */
const SUBMIT_MS = 40;
/**
 * Operations per millisecond that are assumed before the first measurement: a fifth of 0.3 TFLOP/s, the slowest GPU
 * that we know. In software, two cores without vector units.
 */
const FIRST_RATE = { software: 2e6, hardware: 6e7 } as const;
/** A rate changes at most by these factors at once: a measurement may be wrong, e.g. when the computer has slept. */
const MOST_CHANGE = 4;
const LEAST_CHANGE = 1 / 8;
/**
 * The work of a dispatch that reports none, in operations: it takes some microseconds however little it computes.
 */
const DISPATCH_WORK = 2e5;
/** Shorter work is not used to measure the rate. Milliseconds. */
const MEASURED_MS = 1;

/** The part of a plan that pacing needs. */
export interface PacedPlan {
  readonly length: number;
  flops(i: number, values: Values): number;
  encode(pass: GPUComputePassEncoder, buffers: Buffers, values: Values, first: number, end: number): void;
}

export interface PlannedRun {
  /** `prepare` has been called with `values`. */
  readonly plan: PacedPlan;
  readonly buffers: Buffers;
  readonly values: Values;
}

export class Pace {
  /** Operations per millisecond of each plan: those of decoding and of training differ by a factor of ten. */
  private readonly rates = new WeakMap<PacedPlan, number>();
  private readonly firstRate: number;
  private idleSince = 0;

  /** @param now a monotonic clock in milliseconds */
  constructor(
    private readonly device: Pick<Device, 'gpu' | 'isSoftware'>,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.firstRate = FIRST_RATE[device.isSoftware ? 'software' : 'hardware'];
  }

  /**
   * Runs the plans in order, in as few submits as the measured rates allow. A dispatch is never split.
   * @param first encodes commands in front of the plans
   * @returns the number of submits
   */
  submit(label: string, runs: readonly PlannedRun[], first: (encoder: GPUCommandEncoder) => void = () => {}): number {
    const { gpu } = this.device;
    const began = this.now();
    const done = new Map<PacedPlan, number>();
    let submits = 0;
    let milliseconds = 0;
    let encoder = gpu.createCommandEncoder({ label });
    first(encoder);
    let pass = encoder.beginComputePass({ label });
    const flush = () => {
      pass.end();
      gpu.queue.submit([encoder.finish()]);
      submits++;
      milliseconds = 0;
    };
    for (const { plan, buffers, values } of runs) {
      const rate = this.rateOf(plan);
      let total = 0;
      for (let i = 0; i < plan.length; i++) {
        const work = plan.flops(i, values) + DISPATCH_WORK;
        if (milliseconds > 0 && milliseconds + work / rate > SUBMIT_MS) {
          flush();
          encoder = gpu.createCommandEncoder({ label });
          pass = encoder.beginComputePass({ label });
        }
        plan.encode(pass, buffers, values, i, i + 1);
        milliseconds += work / rate;
        total += work;
      }
      done.set(plan, (done.get(plan) ?? 0) + total);
    }
    flush();
    void this.measure(done, began);
    return submits;
  }

  /** The milliseconds that work of these plans takes, by the rates so far. */
  private expected(work: ReadonlyMap<PacedPlan, number>): number {
    return [...work].reduce((sum, [plan, operations]) => sum + operations / this.rateOf(plan), 0);
  }

  private rateOf(plan: PacedPlan): number {
    return this.rates.get(plan) ?? this.firstRate;
  }

  /** Corrects the rates of the plans by the time that they took together. */
  private async measure(work: ReadonlyMap<PacedPlan, number>, began: number): Promise<void> {
    try {
      await this.device.gpu.queue.onSubmittedWorkDone();
    } catch {
      // The device is lost. The caller that waits for the result gets the error.
      return;
    }
    const now = this.now();
    // The time includes work that was submitted earlier, so timing starts when that work has finished.
    const milliseconds = now - Math.max(began, this.idleSince);
    this.idleSince = now;
    if (milliseconds < MEASURED_MS) return;
    const faster = Math.max(LEAST_CHANGE, Math.min(MOST_CHANGE, this.expected(work) / milliseconds));
    for (const plan of work.keys()) this.rates.set(plan, this.rateOf(plan) * faster);
  }
}
