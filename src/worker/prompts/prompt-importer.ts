/**
 * Imports prompts from files, pasted text and datasets. The rows live in a worker of their own until they are stored
 * or cancelled, so that a file that is too large ends that worker and nothing else.
 */

import { type Remote, wrap } from 'comlink';
import type { PromptReaderWorker } from '../../formats/prompts/reader.worker';
import { MAX_PARQUET_FILE, MAX_TEXT_FILE } from '../../formats/prompts/table';
import type { Hub } from '../../hub/ask-hub';
import { fromFailure, LabError } from '../../lib/errors';
import type {
  DatasetOffer,
  PromptFormat,
  PromptPlan,
  PromptPreview,
  PromptSource,
  PromptTableInfo,
} from '../../records/prompt-import';
import type { PromptOrigin, PromptProgress, PromptSetInfo } from '../../records/prompt-sets';
import type { PromptSets } from '../../storage/prompt-sets';

export interface ImporterParts {
  readonly sets: PromptSets;
  readonly hub: Hub;
  /** Loads the code for datasets, which files and pasted text do not need. */
  hubDatasets(): Promise<Pick<typeof import('../../hub/dataset'), 'fetchDatasetFile' | 'lookUpDataset'>>;
  onProgress(progress: PromptProgress): void;
  readonly createWorker?: () => Worker;
  /** The longest time that one call may take. Milliseconds. */
  readonly timeout?: number;
}

/**
 * Reading the largest files takes some seconds. Finding their near-duplicates takes up to a minute on a busy machine.
 */
const TIMEOUT = 180_000;
/** Progress is reported at most this often. Milliseconds. */
const EVERY_MS = 100;

const LIMITS = { text: MAX_TEXT_FILE, parquet: MAX_PARQUET_FILE };

/** The file or text that a table is read from. It may be read again as another format. */
interface Source {
  readonly name: string;
  readonly blob: Blob;
  origin(format: PromptFormat): PromptOrigin;
}

interface Session {
  readonly worker: Worker;
  readonly remote: Remote<PromptReaderWorker>;
  /** Rejects when the worker ends; never resolves. */
  readonly stopped: Promise<never>;
  stop(error: LabError): void;
  readonly source: Source;
  /** Null until it was read. */
  table: PromptTableInfo | null;
  /** The plan of the last preview. */
  plan: PromptPlan | null;
  /** Its rows are being stored: it must not be stopped. */
  keeping: boolean;
}

export class PromptImporter {
  private session: Session | null = null;
  private source: Source | null = null;
  private fetching: AbortController | null = null;

  constructor(private readonly parts: ImporterParts) {}

  /** @throws LabError bad-prompts, cancelled */
  read(source: PromptSource): Promise<PromptTableInfo> {
    this.close();
    if (source.kind === 'paste') {
      const blob = new Blob([source.text]);
      return this.take({ name: 'The pasted text', blob, origin: (format) => ({ kind: 'paste', format }) }, null);
    }
    const { file } = source;
    const { name } = file;
    return this.take({ name, blob: file, origin: (format) => ({ kind: 'file', name, format }) }, null);
  }

  /** @throws LabError bad-prompts, cancelled, not-found */
  async readAs(format: PromptFormat): Promise<PromptTableInfo> {
    const { source } = this;
    if (source === null) throw noLongerHere();
    this.close();
    return this.take(source, format);
  }

  async lookUp(reference: string, token: string | null): Promise<DatasetOffer> {
    const { lookUpDataset } = await this.parts.hubDatasets();
    return lookUpDataset(this.parts.hub, reference, token, LIMITS);
  }

  /** @throws LabError cancelled, and what fetching and reading throw */
  async fetch(offer: DatasetOffer, file: string, token: string | null): Promise<PromptTableInfo> {
    this.close();
    const abort = new AbortController();
    this.fetching = abort;
    let reported = 0;
    const transport = {
      signal: abort.signal,
      onProgress: (done: number, total: number) => {
        if (performance.now() - reported < EVERY_MS && done < total) return;
        reported = performance.now();
        this.parts.onProgress({ kind: 'fetch', done, total });
      },
    };
    try {
      const { fetchDatasetFile } = await this.parts.hubDatasets();
      const blob = await fetchDatasetFile(this.parts.hub, offer, file, token, transport);
      // Another file may have been chosen while the last bytes were checked.
      abort.signal.throwIfAborted();
      const { repository, revision, licence } = offer;
      const name = file.slice(file.lastIndexOf('/') + 1);
      const origin = (format: PromptFormat): PromptOrigin => ({
        ...{ kind: 'dataset', repository, revision, file, licence, format },
      });
      return await this.take({ name, blob, origin }, null);
    } catch (error) {
      throw abort.signal.aborted ? cancelled() : error;
    } finally {
      if (this.fetching === abort) this.fetching = null;
    }
  }

  /** @throws LabError not-found */
  preview(plan: PromptPlan): Promise<PromptPreview> {
    const session = this.open();
    session.plan = plan;
    return this.within(session, session.remote.preview(plan));
  }

  /** The instructions of the last preview. @throws LabError not-found */
  async instructions(): Promise<readonly string[]> {
    const session = this.open();
    return session.plan === null ? [] : this.within(session, session.remote.instructions(session.plan));
  }

  /** @throws LabError bad-prompts, not-found, storage-full */
  async keep(name: string, plan: PromptPlan): Promise<readonly PromptSetInfo[]> {
    const session = this.open();
    session.keeping = true;
    try {
      const kept = await this.store(session, name, plan);
      session.stop(cancelled());
      if (this.source === session.source) this.source = null;
      return kept;
    } finally {
      session.keeping = false;
      // Another file was chosen in the meantime, so `close` has left this worker for us to stop.
      if (this.session !== session) session.stop(cancelled());
    }
  }

  private async store(session: Session, name: string, plan: PromptPlan): Promise<readonly PromptSetInfo[]> {
    const { training, heldout, faulty, duplicates } = await this.within(session, session.remote.prompts(plan));
    const { table, source } = session;
    if (table === null) throw noLongerHere();
    const leftOut = { faulty, duplicates, ...(table.more && { rest: true as const }) };
    const facts = { origin: source.origin(table.format), columns: plan.mapping, leftOut };
    const share = plan.heldoutShare;
    const sides = [
      ['training', training, ', training'],
      ['held-out', heldout, ', held out'],
    ] as const;
    return this.parts.sets.add(
      ...sides.flatMap(([side, prompts, suffix]) =>
        // If there are only a few rows, one of the sets may have none.
        prompts.length === 0
          ? []
          : {
              name: share === 0 ? name : name + suffix,
              prompts,
              facts: { ...facts, split: share === 0 ? null : { side, share } },
            },
      ),
    );
  }

  /** Cancels fetching and reading, and forgets what was read. */
  close(): void {
    this.fetching?.abort();
    this.fetching = null;
    if (this.session?.keeping === false) this.session.stop(cancelled());
    this.session = null;
    this.source = null;
  }

  private async take(source: Source, format: PromptFormat | null): Promise<PromptTableInfo> {
    const { name, blob } = source;
    this.source = source;
    const session = this.start(source);
    await this.within(session, session.remote.start());
    const late = `${name} could not be read in ${TIMEOUT / 1000} seconds.`;
    const table = await this.within(session, session.remote.read(name, blob, format), late);
    session.table = table;
    return table;
  }

  private open(): Session {
    if (this.session === null) throw noLongerHere();
    return this.session;
  }

  private start(source: Source): Session {
    const worker = (this.parts.createWorker ?? startWorker)();
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    // No call may be waiting when the worker ends.
    stopped.catch(() => undefined);
    const stop = (error: LabError): void => {
      worker.terminate();
      if (this.session?.worker === worker) this.session = null;
      reject(error);
    };
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      stop(
        new LabError(
          'bad-prompts',
          'The file needs more memory than the browser gives its reader.',
          'Nothing was imported, and nothing else is affected. Split it into smaller files.',
          { cause: event.message },
        ),
      );
    });
    const session: Session = {
      worker,
      remote: wrap(worker),
      stopped,
      stop,
      source,
      table: null,
      plan: null,
      keeping: false,
    };
    this.session = session;
    return session;
  }

  private async within<T>(
    session: Session,
    answer: Promise<T>,
    late = 'The prompts could not be prepared in time.',
  ): Promise<T> {
    const { timeout = TIMEOUT } = this.parts;
    const timer = setTimeout(
      () => session.stop(new LabError('bad-prompts', late, 'Nothing was imported. Split it into smaller files.')),
      timeout,
    );
    try {
      return await Promise.race([answer, session.stopped]);
    } catch (thrown) {
      throw fromFailure(thrown);
    } finally {
      clearTimeout(timer);
    }
  }
}

const noLongerHere = (): LabError =>
  new LabError('not-found', 'The file is no longer here.', 'Nothing was imported. Choose it again.');

const cancelled = (): LabError => new LabError('cancelled', 'The import was cancelled.', 'Nothing was imported.');

function startWorker(): Worker {
  return new Worker(new URL('../../formats/prompts/reader.worker.ts', import.meta.url), {
    type: 'module',
    name: 'prompts',
  });
}
