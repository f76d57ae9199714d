/** Random access to bytes that need not be in memory, such as a file on disk. */
import { LabError } from '../lib/errors';

/** Provides memory to read into. It may return the same memory on every call, and its owner may change that memory. */
export type Allocate = (bytes: number) => Uint8Array<ArrayBuffer>;

export interface ByteSource {
  /** The file's name, for messages. */
  readonly name: string;
  /** Size in bytes. */
  readonly size: number;
  /**
   * Reads exactly `length` bytes from `offset`.
   * @param allocate provides memory to read into; a source may use memory of its own instead. Without it the result
   * may be the source's own memory, which must not be changed.
   * @throws LabError bad-file if the range is not within `size`
   */
  read(offset: number, length: number, allocate?: Allocate): Promise<Uint8Array<ArrayBuffer>>;
}

function checkRange(source: { name: string; size: number }, offset: number, length: number): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= source.size)) {
    throw new LabError(
      'bad-file',
      `${source.name} has ${source.size} bytes, but bytes ${offset} to ${offset + length} were asked for.`,
    );
  }
}

export class MemorySource implements ByteSource {
  readonly size: number;
  constructor(
    readonly name: string,
    private readonly bytes: Uint8Array<ArrayBuffer>,
  ) {
    this.size = bytes.length;
  }
  async read(offset: number, length: number, allocate?: Allocate): Promise<Uint8Array<ArrayBuffer>> {
    checkRange(this, offset, length);
    const bytes = this.bytes.subarray(offset, offset + length);
    if (allocate === undefined) return bytes;
    const copy = allocate(length);
    copy.set(bytes);
    return copy;
  }
}

/** Reads slices only, so that a file of many gigabytes is never in memory. */
export class BlobSource implements ByteSource {
  readonly size: number;
  constructor(
    readonly name: string,
    private readonly blob: Blob,
  ) {
    this.size = blob.size;
  }
  async read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    checkRange(this, offset, length);
    const bytes = new Uint8Array(await this.blob.slice(offset, offset + length).arrayBuffer());
    if (bytes.length !== length)
      throw new LabError('bad-file', `${this.name} became shorter while it was read.`, 'Choose the file again.');
    return bytes;
  }
}
