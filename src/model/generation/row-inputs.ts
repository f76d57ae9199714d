import type { Device } from '../../engine/device';
import type { Buffers } from '../../engine/plan';
import { checkRows } from '../batch-limits';
import { cacheRows, type GenerationCapacity } from './generation-plans';

export interface RowInput {
  readonly token: number;
  readonly position: number;
  readonly kvRow: number;
  /** Two ranges of cache rows that the row sees: those of its prompt, and its own earlier ones. */
  readonly ranges: readonly [number, number, number, number];
}

export interface RowTarget {
  readonly device: Device;
  readonly capacity: GenerationCapacity;
  /** Rows of the embedding and of the position table. */
  readonly vocabulary: number;
  readonly positions: number;
}

/**
 * Writes inputs of the prefill or of the lanes, from row `first` on.
 * @throws LabError batch-limit
 */
export function writeRows(
  { device, capacity, vocabulary, positions }: RowTarget,
  buffers: Buffers,
  prefix: 'prefill' | 'lane',
  rows: readonly RowInput[],
  first = 0,
): void {
  const data = {
    tokens: Uint32Array.from(rows, ({ token }) => token),
    positions: Uint32Array.from(rows, ({ position }) => position),
    kvRows: Uint32Array.from(rows, ({ kvRow }) => kvRow),
    ranges: Uint32Array.from(rows.flatMap(({ ranges }) => ranges)),
  };
  checkRows(`${prefix} batch`, data, { vocabulary, positions, keys: cacheRows(capacity) });
  for (const [name, values] of Object.entries(data)) {
    const offset = first * (values.byteLength / rows.length);
    device.gpu.queue.writeBuffer(buffers.get(`${prefix} ${name}`) as GPUBuffer, offset, values);
  }
}
