/** Loads frozen weights from their file to the device, as weights.ts lays them out. */
import type { Device } from '../engine/device';
import { packBlocks, storedBytes, WEIGHT_FORMATS, type WeightStorage } from '../engine/weight';
import type { Allocate } from '../formats/byte-source';
import { dequantize } from '../formats/dequantize';
import { isGgmlType } from '../formats/ggml-types';
import type { TensorFile } from '../formats/tensor-file';
import { assert } from '../lib/assert';
import { type Axis, isPlain } from './axis';
import { STORAGE, type WeightLayout } from './weights';

/** Bytes of a file that are read at once while weights load. */
const SLICE_BYTES = 8 << 20;
/** Bytes that may be in flight to the device before loading waits for it. */
const IN_FLIGHT_BYTES = 32 << 20;

/**
 * Memory that all slices reuse. Otherwise tens of megabytes of written slices would pile up before they are
 * collected.
 */
class Scratch {
  private bytes = new Uint8Array(0);

  /** The memory is valid until the next call, and holds old values. */
  readonly allocate: Allocate = (bytes) => {
    if (this.bytes.length < bytes) this.bytes = new Uint8Array(bytes);
    return this.bytes.subarray(0, bytes);
  };
}

/** The memory that a slice is read into, and the memory that it is rearranged in. */
interface SliceMemory {
  readonly stored: Allocate;
  readonly packed: Allocate;
}

/**
 * Streams every tensor into its buffer in slices of rows. The page holds at most two slices, whatever the size of a
 * tensor.
 * @param onProgress counts pieces of tensors
 * @throws LabError out-of-memory, device-lost, bad-file
 */
export async function loadWeights(
  device: Device,
  file: TensorFile,
  layout: WeightLayout,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Map<string, GPUBuffer>> {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
  const allocated = await device.allocate(layout.buffers.map(({ bytes }) => ({ label: 'weights', bytes, usage })));
  const buffers = new Map(layout.buffers.map(({ label }, i) => [label, allocated[i] as GPUBuffer]));
  const { queue } = device.gpu;
  const memory: SliceMemory = { stored: new Scratch().allocate, packed: new Scratch().allocate };
  try {
    const total = layout.buffers.reduce((sum, { pieces }) => sum + pieces.length, 0);
    let done = 0;
    let inFlight = 0;
    for (const { label, storage, cols, pieces } of layout.buffers) {
      const buffer = buffers.get(label) as GPUBuffer;
      for (const { name, first, end, row } of pieces) {
        const step = rowsOfSlice(file, name);
        for (let from = first; from < end; from += step) {
          const slice = await readSlice(file, name, from, Math.min(end, from + step), storage, cols, memory);
          queue.writeBuffer(buffer, storedBytes(storage, (row + from - first) * cols.padded), slice);
          inFlight += slice.byteLength;
          if (inFlight > IN_FLIGHT_BYTES) {
            await queue.onSubmittedWorkDone();
            device.check();
            inFlight = 0;
          }
        }
        onProgress(++done, total);
      }
    }
    return buffers;
  } catch (error) {
    for (const buffer of allocated) device.free(buffer);
    throw error;
  }
}

/** Number of rows of a slice, a multiple of four, so that a pair of blocks is never split. */
function rowsOfSlice(file: TensorFile, name: string): number {
  const info = file.tensors.get(name);
  assert(info !== undefined, `${name} was laid out but is not in the file`);
  const rowBytes = info.length / Math.max(1, info.shape[0] ?? 1);
  return Math.max(4, 4 * Math.floor(SLICE_BYTES / rowBytes / 4));
}

/** Rows [first, end) of a tensor in the device's layout. */
async function readSlice(
  file: TensorFile,
  name: string,
  first: number,
  end: number,
  storage: WeightStorage,
  cols: Axis,
  memory: SliceMemory,
): Promise<Uint8Array<ArrayBuffer>> {
  const dtype = file.tensors.get(name)?.dtype ?? '';
  assert(isGgmlType(dtype), `${name} was laid out as ${storage} but is stored as ${dtype}`);
  const stored = await file.readRows(name, first, end, memory.stored);
  if (STORAGE[dtype] === storage && WEIGHT_FORMATS[storage].run > 1) return packBlocks(storage, stored, memory.packed);
  const rows = STORAGE[dtype] === storage ? stored : new Uint8Array(dequantize(dtype, stored).buffer);
  return isPlain(cols) ? rows : padRows(rows, cols, storedBytes(storage, 4) / 4, memory.packed);
}

/** Pads rows of `cols.size` entries to `cols.padded`. */
function padRows(
  rows: Uint8Array<ArrayBuffer>,
  cols: Axis,
  entryBytes: number,
  allocate: Allocate,
): Uint8Array<ArrayBuffer> {
  const [from, to] = [cols.size * entryBytes, cols.padded * entryBytes];
  const count = rows.byteLength / from;
  const out = allocate(count * to).fill(0);
  for (let i = 0; i < count; i++) {
    for (const { first, end, at } of cols.runs) {
      out.set(rows.subarray(i * from + first * entryBytes, i * from + end * entryBytes), i * to + at * entryBytes);
    }
  }
  return out;
}
