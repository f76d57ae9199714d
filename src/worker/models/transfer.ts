/** The transfer of one model into the browser's storage: its files one after the other, each hashed as it arrives. */
import { architectureOf, useOf } from '../../formats/model-folder';
import { Speed } from '../../hub/speed';
import { LabError } from '../../lib/errors';
import { parseConfig } from '../../model/config';
import type { Download } from '../../records/models';
import type { ModelStore } from '../../storage/models/model-store';
import { PartialFile } from '../../storage/models/partial-file';
import type { StoredModel, Transfer, TransferFile } from '../../storage/schema';
import { isGraph } from './stored-model';

/** Appends the missing bytes of a file. @throws the signal's reason, LabError */
export type FetchRest = (
  file: TransferFile,
  into: PartialFile,
  on: { readonly signal: AbortSignal; readonly progress: (received: number) => void },
) => Promise<void>;

export interface TransferParts {
  readonly store: ModelStore;
  onProgress(download: Download): void;
}

/** Progress is reported at most this often. Milliseconds. */
const REPORT_MS = 200;

/** A transfer that is running in this tab. */
export class RunningTransfer {
  readonly abort = new AbortController();
  /** Resolves when the transfer has ended in any way. Never rejects. */
  ended: Promise<void> = Promise.resolve();
  private status: 'running' | 'checking' = 'running';
  /** Bytes received, by file. */
  private readonly received: Map<string, number>;
  private speed = new Speed();
  private reported = 0;

  constructor(
    public transfer: Transfer,
    received: ReadonlyMap<string, number>,
    private readonly parts: TransferParts,
  ) {
    this.received = new Map(received);
  }

  /**
   * Fetches all files that are missing. The small ones come first: they say whether the large ones can be used.
   * @returns all files of the model
   */
  async fetchAll(fetchRest: FetchRest): Promise<StoredModel['files']> {
    const { store } = this.parts;
    const files: StoredModel['files'][number][] = [];
    for (const file of [...this.transfer.files].sort((a, b) => a.bytes - b.bytes)) {
      this.abort.signal.throwIfAborted();
      const sha256 = file.sha256 ?? (await this.share(file)) ?? (await this.fetch(file, fetchRest));
      const whole = { name: file.name, bytes: file.bytes, sha256 };
      files.push(whole);
      this.received.set(file.name, file.bytes);
      if (file.name !== 'config.json') continue;
      const source = await store.open(whole);
      checkConfig(
        new TextDecoder().decode(await source.read(0, source.size)),
        this.transfer.files.map(({ name }) => name),
      );
    }
    this.status = 'checking';
    this.parts.onProgress(this.shown());
    return files;
  }

  shown(): Download {
    const { status } = this;
    const received = sum(this.received.values());
    const running = status === 'running';
    return {
      ...about(this.transfer),
      ...{ status, received, failure: null },
      bytesPerSecond: running ? this.speed.bytesPerSecond() : null,
      secondsLeft: running ? this.speed.secondsLeft(sizeOf(this.transfer) - received) : null,
    };
  }

  /** Uses the file of another stored model, if there is one with this content. @returns its sha-256 */
  private async share(file: TransferFile): Promise<string | null> {
    if (file.digest?.kind !== 'sha256') return null;
    const taken = await this.parts.store.takeFile(this.transfer.id, file, file.digest.hex);
    if (taken === null) return null;
    this.transfer = taken;
    // These bytes did not come over the network, so they must not count for its speed.
    this.speed = new Speed();
    return file.digest.hex;
  }

  private async fetch(file: TransferFile, fetchRest: FetchRest): Promise<string> {
    const { store } = this.parts;
    const partial = await PartialFile.open(store, file);
    try {
      this.progress(file, partial.received);
      await fetchRest(file, partial, {
        signal: this.abort.signal,
        progress: (received) => this.progress(file, received),
      });
    } catch (error) {
      await partial.close().catch(() => {});
      throw error;
    }
    const { sha256, matches } = partial.finish();
    if (!matches) {
      await store.dropFile(file);
      throw hashDiffers(file.name);
    }
    this.transfer = await store.keepFile(this.transfer.id, file, sha256);
    return sha256;
  }

  private progress({ name }: TransferFile, received: number): void {
    this.received.set(name, received);
    const now = performance.now();
    if (now - this.reported < REPORT_MS) return;
    this.reported = now;
    this.speed.add(now, sum(this.received.values()));
    this.parts.onProgress(this.shown());
  }
}

export const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, each) => total + each, 0);

export const sizeOf = ({ files }: Pick<Transfer, 'files'>): number => sum(files.map(({ bytes }) => bytes));

/**
 * A transfer that is not running in this tab.
 * @param otherTab whether it is running in another tab
 */
export function downloadOf(transfer: Transfer, received: ReadonlyMap<string, number>, otherTab: boolean): Download {
  const stopped = transfer.failure === null ? 'paused' : 'failed';
  return {
    ...about(transfer),
    status: otherTab ? 'running' : stopped,
    received: sum(received.values()),
    bytesPerSecond: null,
    secondsLeft: null,
    failure: otherTab ? null : transfer.failure,
  };
}

function about(transfer: Transfer): Pick<Download, 'id' | 'name' | 'repository' | 'revision' | 'choice' | 'bytes'> {
  const { id, name, repository, revision, choice } = transfer;
  return { id, name, repository: repository ?? '', revision: revision ?? '', choice, bytes: sizeOf(transfer) };
}

function hashDiffers(name: string): LabError {
  return new LabError(
    'bad-file',
    `${name} is not the file that the Hub announced: its hash differs from the one of this revision.`,
    'It was deleted. Try again. If it happens again, something between here and the Hub changes files.',
  );
}

/**
 * Checks that a model with this config.json can be used.
 * @param names the names of its files
 * @throws LabError bad-file, unsupported-model
 */
function checkConfig(text: string, names: readonly string[]): void {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new LabError('bad-file', 'config.json is not JSON.', 'Choose another model.', { cause });
  }
  if (names.some((name) => isGraph({ name }))) checkJudge(json, names);
  else parseConfig(json);
}

/** Checks that a model in ONNX is a judge. Its graph is not read. @throws LabError unsupported-model */
function checkJudge(json: unknown, names: readonly string[]): void {
  const architecture = architectureOf(json);
  if (architecture === '' || useOf(architecture, names) !== 'policy') return;
  throw new LabError(
    'unsupported-model',
    `This is a language model in ONNX (${architecture}). Policies are read from safetensors and GGUF only.`,
    'Choose a reward model or a sentence-embedding model, or the same model in another format.',
  );
}
