/** The result of the benchmark's page: all samples, from which the medians are computed. */

export interface Measurement {
  /** e.g. "training step". */
  readonly name: string;
  /** e.g. "ms" or "tokens/s". */
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  /** By contender, one sample per round, in the order of the rounds. */
  readonly samples: Readonly<Record<string, readonly number[]>>;
}

export interface BenchReport {
  readonly version: 1;
  /** Name of the adapter, from the browser. */
  readonly device: string;
  readonly rounds: number;
  readonly measurements: readonly Measurement[];
  /** By contender, the losses of the first training steps. They must be equal. */
  readonly losses: Readonly<Record<string, readonly number[]>>;
}

/** Results for one model, by measurement. */
export interface ModelSpeed {
  /** Size of the weights on the device, in bytes. */
  readonly storages: readonly string[];
  readonly tokensPerSecond: Readonly<Record<string, number>>;
}

declare global {
  /** Set by bench/main.ts. */
  var bench: (rounds: number) => Promise<BenchReport>;
  var benchModel: (url: string) => Promise<readonly ModelSpeed[]>;
}
