/** What the benchmark's page hands over: medians and everything they are medians of. */

export interface Measurement {
  /** e.g. "training step". */
  readonly name: string;
  /** e.g. "ms" or "tokens/s". */
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  /** By contender, one a round, in the order of the rounds. */
  readonly samples: Readonly<Record<string, readonly number[]>>;
}

export interface BenchReport {
  readonly version: 1;
  /** As the browser names the adapter. */
  readonly device: string;
  readonly rounds: number;
  readonly measurements: readonly Measurement[];
  /** By contender: loss of each of the first training steps, which must be equal. */
  readonly losses: Readonly<Record<string, readonly number[]>>;
}

/** Of one model, by what was measured. */
export interface ModelSpeed {
  /** Of its weights on the device. */
  readonly storages: readonly string[];
  readonly tokensPerSecond: Readonly<Record<string, number>>;
}

declare global {
  /** Put there by bench/main.ts. */
  var bench: (rounds: number) => Promise<BenchReport>;
  var benchModel: (url: string) => Promise<readonly ModelSpeed[]>;
}
