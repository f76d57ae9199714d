/** One model's way into the storage: its files one after the other, each hashed as it comes, and what is told of it meanwhile. */
import { Speed } from '../../hub/speed';
import { LabError } from '../../lib/errors';
import type { Download } from '../../records/models';
import type { ModelStore } from '../../storage/models/model-store';
import type { PartialFile } from '../../storage/models/partial-file';
import type { StoredModel, Transfer, TransferFile } from '../../storage/schema';
import { checkConfig } from './check-config';

/** Brings what is missing of one file. @throws the signal's reason, LabError */
export type Bring = (
  file: TransferFile,
  into: PartialFile,
  on: { readonly signal: AbortSignal; readonly progress: (received: number) => void },
) => Promise<void>;

export interface MovingParts {
  readonly store: ModelStore;
  tell(download: Download): void;
}

const TELL_MS = 200;

/** A transfer that this tab moves on. */
export class Moving {
  readonly abort = new AbortController();
  /** Resolves when nothing moves any more, whatever came of it. */
  ended: Promise<void> = Promise.resolve();
  private status: 'running' | 'checking' = 'running';
  /** Bytes by file. */
  private readonly came: Map<string, number>;
  private speed = new Speed();
  private toldAt = 0;

  constructor(
    public transfer: Transfer,
    came: ReadonlyMap<string, number>,
    private readonly parts: MovingParts,
  ) {
    this.came = new Map(came);
  }

  /**
   * All files that have not come yet, the small ones first: they say whether the large ones are of any use.
   * @returns all of them
   */
  async bringAll(bring: Bring): Promise<StoredModel['files']> {
    const { store } = this.parts;
    const files: StoredModel['files'][number][] = [];
    for (const file of [...this.transfer.files].sort((a, b) => a.bytes - b.bytes)) {
      this.abort.signal.throwIfAborted();
      const sha256 = file.sha256 ?? (await this.take(file)) ?? (await this.bring(file, bring));
      const whole = { name: file.name, bytes: file.bytes, sha256 };
      files.push(whole);
      this.came.set(file.name, file.bytes);
      if (file.name !== 'config.json') continue;
      const source = await store.open(whole);
      checkConfig(
        new TextDecoder().decode(await source.read(0, source.size)),
        this.transfer.files.map(({ name }) => name),
      );
    }
    this.status = 'checking';
    this.parts.tell(this.shown());
    return files;
  }

  shown(): Download {
    const { status } = this;
    const received = sum(this.came.values());
    const running = status === 'running';
    return {
      ...about(this.transfer),
      ...{ status, received, failure: null },
      bytesPerSecond: running ? this.speed.bytesPerSecond() : null,
      secondsLeft: running ? this.speed.secondsLeft(sizeOf(this.transfer) - received) : null,
    };
  }

  /** Where another model brought it already. @returns its sha-256 */
  private async take(file: TransferFile): Promise<string | null> {
    if (file.digest?.kind !== 'sha256') return null;
    const taken = await this.parts.store.takeFile(this.transfer.id, file, file.digest.hex);
    if (taken === null) return null;
    this.transfer = taken;
    // What did not come over the line says nothing of its speed.
    this.speed = new Speed();
    return file.digest.hex;
  }

  private async bring(file: TransferFile, bring: Bring): Promise<string> {
    const { store } = this.parts;
    const partial = await store.partial(file);
    try {
      this.progress(file, partial.received);
      await bring(file, partial, { signal: this.abort.signal, progress: (received) => this.progress(file, received) });
    } catch (error) {
      await partial.close().catch(() => {});
      throw error;
    }
    const { sha256, matches } = partial.finish();
    if (!matches) {
      await store.dropFile(file);
      throw otherBytes(file.name);
    }
    this.transfer = await store.keepFile(this.transfer.id, file, sha256);
    return sha256;
  }

  private progress({ name }: TransferFile, received: number): void {
    this.came.set(name, received);
    const now = performance.now();
    if (now - this.toldAt < TELL_MS) return;
    this.toldAt = now;
    this.speed.add(now, sum(this.came.values()));
    this.parts.tell(this.shown());
  }
}

export const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, each) => total + each, 0);

export const sizeOf = ({ files }: Pick<Transfer, 'files'>): number => sum(files.map(({ bytes }) => bytes));

/** A transfer that nobody here moves. */
export function resting(transfer: Transfer, came: ReadonlyMap<string, number>, elsewhere: boolean): Download {
  const stopped = transfer.failure === null ? 'paused' : 'failed';
  return {
    ...about(transfer),
    status: elsewhere ? 'running' : stopped,
    received: sum(came.values()),
    bytesPerSecond: null,
    secondsLeft: null,
    failure: elsewhere ? null : transfer.failure,
  };
}

function about(transfer: Transfer): Pick<Download, 'id' | 'name' | 'repository' | 'revision' | 'choice' | 'bytes'> {
  const { id, name, repository, revision, choice } = transfer;
  return { id, name, repository: repository ?? '', revision: revision ?? '', choice, bytes: sizeOf(transfer) };
}

function otherBytes(name: string): LabError {
  return new LabError(
    'bad-file',
    `${name} came with other bytes than the Hub announced: its hash is not the one of this revision.`,
    'It was deleted. Try again; if it happens once more, something between here and the Hub changes files.',
  );
}
