/** Random access to bytes that need not be in memory: a file, a blob, a range of the network. */
import { LabError } from '../lib/errors';

/** Memory for what is read. Whoever hands this over may give the same again and again, and change what was read into it. */
export type Allocate = (bytes: number) => Uint8Array<ArrayBuffer>;

export interface ByteSource {
  /** For messages: the file's name. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`, both within `size`.
   * @param allocate where they go, or else to memory of their own; without it they may be the source's, and only to be looked at
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

/** Reads slices only: a file of many gigabytes stays on disk. */
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
