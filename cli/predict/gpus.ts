/** The published numbers of the GPUs whose times are predicted. */

export interface Gpu {
  readonly name: string;
  /** GHz. */
  readonly clock: number;
  /** Each has `lanes` lanes, in schedulers of `scheduler` lanes. */
  readonly cores: number;
  readonly lanes: number;
  readonly scheduler: number;
  /** Threads of a subgroup. */
  readonly subgroup: number;
  /** Bytes of a cache line, and bytes that a core gets from its cache and from workgroup memory in a cycle. */
  readonly line: number;
  readonly cache: number;
  readonly shared: number;
  /** GB/s of memory. */
  readonly bandwidth: number;
  /** Cycles until a load returns from the first cache, from the second, and from memory. */
  readonly latency: { readonly l1: number; readonly l2: number; readonly dram: number };
  /** Cycles until the result of an operation can be used. */
  readonly dependent: number;
  /** Seconds that a dispatch costs. */
  readonly dispatch: number;
  /** Subgroups that a core can hold, by vector registers of a thread. */
  readonly resident: (registers: number) => number;
  /** Bytes of workgroup memory of a core. */
  readonly workgroupMemory: number;
}

/** Apple: threads of a core, by 16-bit registers of a thread. */
const APPLE_THREADS: readonly (readonly [registers: number, threads: number])[] = [
  [104, 1024],
  [112, 896],
  [128, 832],
  [136, 768],
  [144, 704],
  [160, 640],
  [184, 576],
  [208, 512],
  [232, 448],
];

/** Registers are AMD's, because only its compiler runs here. */
export const GPUS = {
  m2: {
    name: 'M2',
    clock: 1.398,
    cores: 10,
    lanes: 128,
    scheduler: 32,
    subgroup: 32,
    line: 128,
    cache: 64,
    shared: 128,
    bandwidth: 100,
    latency: { l1: 60, l2: 180, dram: 480 },
    dependent: 4,
    dispatch: 5e-6,
    resident: (registers) => (APPLE_THREADS.find(([most]) => 2 * registers <= most)?.[1] ?? 384) / 32,
    workgroupMemory: 60 * 1024,
  },
  rtx3060: {
    name: 'RTX 3060',
    clock: 1.777,
    cores: 28,
    lanes: 128,
    scheduler: 32,
    subgroup: 32,
    line: 128,
    cache: 128,
    shared: 128,
    bandwidth: 360,
    latency: { l1: 33, l2: 220, dram: 480 },
    dependent: 4,
    dispatch: 5e-6,
    resident: (registers) => Math.min(48, Math.floor(65536 / (Math.max(16, 8 * Math.ceil(registers / 8)) * 32))),
    workgroupMemory: 100 * 1024,
  },
  /** A core is a subslice of 16 execution units with 7 threads each. */
  irisXe: {
    name: 'Iris Xe',
    clock: 1.3,
    cores: 6,
    lanes: 128,
    scheduler: 8,
    subgroup: 16,
    line: 128,
    cache: 64,
    shared: 64,
    bandwidth: 68,
    latency: { l1: 200, l2: 200, dram: 500 },
    dependent: 5,
    dispatch: 5e-6,
    resident: () => 16 * 7,
    workgroupMemory: 64 * 1024,
  },
} as const satisfies Record<string, Gpu>;

export type GpuName = keyof typeof GPUS;
export const GPU_NAMES: readonly GpuName[] = ['m2', 'rtx3060', 'irisXe'];

/** Floating-point operations per second of all lanes. */
export function peak({ clock, cores, lanes }: Gpu): number {
  return 2 * clock * 1e9 * cores * lanes;
}
