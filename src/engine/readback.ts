/**
 * Reads buffers of the device through one staging buffer of fixed size. Reads run one at a time, and long ones in
 * pieces.
 */
import type { Device } from './device';

export interface ReadSource {
  readonly buffer: GPUBuffer;
  readonly offset?: number;
  /** A multiple of four. */
  readonly bytes: number;
}

/** MAP_READ | COPY_DST, as numbers because GPUBufferUsage exists only where there is a GPU. */
export const READBACK_USAGE = 0x0001 | 0x0008;

/** The browser may report a lost device a little after the error that the loss causes. Milliseconds. */
const LOSS_REPORT_MS = 1000;

export class Readback {
  private last: Promise<unknown> = Promise.resolve();
  /** Number of reads that have not ended. */
  private pending = 0;

  constructor(
    private readonly device: Device,
    /** Has the usage `READBACK_USAGE`. */
    private readonly staging: GPUBuffer,
  ) {}

  /**
   * Copies the sources as they are after all work submitted so far. If an earlier read has not ended, later work may
   * come in between.
   * @throws LabError device-lost
   */
  read(sources: readonly ReadSource[]): Promise<ArrayBuffer[]> {
    const idle = this.pending++ === 0;
    const result = idle ? this.readInTurn(sources) : this.last.then(() => this.readInTurn(sources));
    this.last = result.catch(() => {});
    return result;
  }

  private async readInTurn(sources: readonly ReadSource[]): Promise<ArrayBuffer[]> {
    try {
      return await this.readPieces(sources);
    } finally {
      this.pending--;
    }
  }

  /** Submits the copies of the first piece at once. */
  private async readPieces(sources: readonly ReadSource[]): Promise<ArrayBuffer[]> {
    const results = sources.map(({ bytes }) => new Uint8Array(bytes));
    let copies: { from: GPUBuffer; offset: number; bytes: number; into: Uint8Array; at: number }[] = [];
    let used = 0;
    const flush = async () => {
      if (used === 0) return;
      this.device.check();
      const encoder = this.device.gpu.createCommandEncoder({ label: 'read back' });
      let at = 0;
      for (const copy of copies) {
        encoder.copyBufferToBuffer(copy.from, copy.offset, this.staging, at, copy.bytes);
        at += copy.bytes;
      }
      this.device.gpu.queue.submit([encoder.finish()]);
      try {
        await this.staging.mapAsync(GPUMapMode.READ, 0, used);
      } catch (error) {
        await Promise.race([this.device.lost, new Promise((resolve) => setTimeout(resolve, LOSS_REPORT_MS))]);
        this.device.check();
        throw error;
      }
      // On a lost device, promises resolve as if nothing had happened.
      await this.device.settleLoss();
      const mapped = new Uint8Array(this.staging.getMappedRange(0, used));
      at = 0;
      for (const copy of copies) {
        copy.into.set(mapped.subarray(at, at + copy.bytes), copy.at);
        at += copy.bytes;
      }
      this.staging.unmap();
      copies = [];
      used = 0;
    };
    for (const [i, source] of sources.entries()) {
      let done = 0;
      while (done < source.bytes) {
        if (used === this.staging.size) await flush();
        const bytes = Math.min(source.bytes - done, this.staging.size - used);
        copies.push({
          from: source.buffer,
          offset: (source.offset ?? 0) + done,
          bytes,
          into: results[i] as Uint8Array,
          at: done,
        });
        used += bytes;
        done += bytes;
      }
    }
    await flush();
    return results.map((result) => result.buffer);
  }
}
