/** How many threads share a row in kernels that reduce over rows (shaders/lib/reduce_*). */
import serial from '../../shaders/lib/reduce_serial.wgsl?raw';
import workgroup from '../../shaders/lib/reduce_workgroup.wgsl?raw';
import type { Tuning } from './tuning';

export interface Reduction {
  readonly libs: readonly string[];
  readonly constants: { readonly LANES: number; readonly ROWS: number };
}

/**
 * `serial` uses one thread for each row, because software adapters pay 10 µs for a workgroup with barriers.
 * `workgroup` uses 64 threads for each row.
 */
export const REDUCTIONS = {
  serial: { libs: [serial], constants: { LANES: 1, ROWS: 8 } },
  workgroup: { libs: [workgroup], constants: { LANES: 64, ROWS: 1 } },
} as const satisfies Record<string, Reduction>;

export function reduction({ software }: Tuning): Reduction {
  return software ? REDUCTIONS.serial : REDUCTIONS.workgroup;
}
