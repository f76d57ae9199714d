/** The interface of a library under comparison. Every contender does equal work, as well as its library allows. */
import type { Problem } from './problem';

/** A matrix product whose factors are on the device. */
export interface Product {
  /** Computes the product this many times and waits until the device is done. */
  run(times: number): Promise<void>;
  /** Result of the last run, row-major. */
  result(): Promise<Float32Array>;
}

/** A measurement that only one contender has, e.g. tokens per second of decoding. Higher is better. */
export interface OwnMeasurement {
  readonly name: string;
  readonly unit: string;
  run(): Promise<number>;
}

export interface Contender {
  readonly name: string;
  /**
   * Runs one training step of the adapter: forward, backward and AdamW.
   * @returns the loss before the update, in nats per target, read back from the device
   */
  trainStep(): Promise<number>;
  readonly matmul: Product;
  readonly matvec: Product;
  readonly own?: readonly OwnMeasurement[];
}

/** Starts the library and uploads the problem to the device. */
export type MakeContender = (problem: Problem) => Promise<Contender>;
