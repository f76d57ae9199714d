/** Random access to bytes that need not be in memory: a file, a blob, a range of the network. */
import { LabError } from '../lib/errors';

export interface ByteSource {
  /** For messages: the file's name. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`, both within `size`. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
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
  async read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    checkRange(this, offset, length);
    return this.bytes.subarray(offset, offset + length);
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
