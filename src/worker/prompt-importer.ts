/** Brings prompts in: what is read lives in a worker of its own until it is kept or given up. Loaded when the first file comes. */
import { type Remote, wrap } from 'comlink';
import type { PromptReaderWorker } from '../formats/prompt-reader.worker';
import { MAX_PARQUET_FILE, MAX_TEXT_FILE } from '../formats/prompt-table';
import type { Hub } from '../hub/ask-hub';
import { fromFailure, LabError } from '../lib/errors';
import type { PromptSets } from '../storage/prompt-sets';
import type {
  DatasetOffer,
  PromptOrigin,
  PromptPlan,
  PromptPreview,
  PromptProgress,
  PromptSetInfo,
  PromptSource,
  PromptTableInfo,
} from './protocol';

export interface ImporterParts {
  readonly sets: PromptSets;
  readonly hub: Hub;
  tell(progress: PromptProgress): void;
  readonly createWorker?: () => Worker;
  /** Milliseconds that one call may take. */
  readonly timeout?: number;
}

/** The largest files take some seconds, their near-duplicates up to a minute on a busy machine. */
const TIMEOUT = 180_000;
/** Milliseconds between two words of progress. */
const EVERY_MS = 100;

const LIMITS = { text: MAX_TEXT_FILE, parquet: MAX_PARQUET_FILE };

type Origin = (format: PromptTableInfo['format']) => PromptOrigin;

interface Session {
  readonly worker: Worker;
  readonly remote: Remote<PromptReaderWorker>;
  /** Rejects when the worker ends; never resolves. */
  readonly stopped: Promise<never>;
  stop(error: LabError): void;
  origin: PromptOrigin | null;
  plan: PromptPlan | null;
}

export class PromptImporter {
  private session: Session | null = null;
  private fetching: AbortController | null = null;

  constructor(private readonly parts: ImporterParts) {}

  /** @throws LabError bad-prompts, cancelled */
  read(source: PromptSource): Promise<PromptTableInfo> {
    this.close();
    const [name, blob] = source.kind === 'file' ? [source.file.name, source.file] : ['The pasted text', new Blob([source.text])];
    const origin: Origin = (format) => (source.kind === 'file' ? { kind: 'file', name, format } : { kind: 'paste', format });
    return this.take(name, blob, source.format, origin);
  }

  async lookUp(reference: string, token: string | null): Promise<DatasetOffer> {
    const { lookUpDataset } = await import('../hub/dataset');
    return lookUpDataset(this.parts.hub, reference, token, LIMITS);
  }

  /** @throws LabError cancelled, and what fetching and reading throw */
  async fetch(offer: DatasetOffer, file: string, token: string | null): Promise<PromptTableInfo> {
    this.close();
    const abort = new AbortController();
    this.fetching = abort;
    let told = 0;
    const transport = {
      signal: abort.signal,
      onProgress: (done: number, total: number) => {
        if (performance.now() - told < EVERY_MS && done < total) return;
        told = performance.now();
        this.parts.tell({ kind: 'fetch', done, total });
      },
    };
    try {
      const { fetchDatasetFile } = await import('../hub/dataset');
      const blob = await fetchDatasetFile(this.parts.hub, offer, file, token, transport);
      const { repository, revision, licence } = offer;
      return await this.take(file.slice(file.lastIndexOf('/') + 1), blob, null, (format) => ({
        ...{ kind: 'dataset', repository, revision, file, licence, format },
      }));
    } catch (error) {
      throw abort.signal.aborted ? givenUp() : error;
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

  /** As the last preview has them. @throws LabError not-found */
  async instructions(): Promise<readonly string[]> {
    const session = this.open();
    return session.plan === null ? [] : this.within(session, session.remote.instructions(session.plan));
  }

  /** @throws LabError bad-prompts, not-found, storage-full */
  async keep(name: string, plan: PromptPlan): Promise<readonly PromptSetInfo[]> {
    const session = this.open();
    const { training, heldout, faulty, duplicates } = await this.within(session, session.remote.prompts(plan));
    const { sets } = this.parts;
    const origin = session.origin ?? { kind: 'paste', format: 'lines' };
    const facts = { origin, columns: plan.mapping, leftOut: { faulty, duplicates } };
    const share = plan.heldoutShare;
    const kept: PromptSetInfo[] = [];
    for (const [side, rows, suffix] of [
      ['training', training, ', training'],
      ['held-out', heldout, ', held out'],
    ] as const) {
      // Of a few rows all may fall on one side.
      if (rows.length === 0) continue;
      const split = share === 0 ? null : { side, share };
      kept.push(await sets.add(share === 0 ? name : name + suffix, rows, { ...facts, split }));
    }
    this.close();
    return kept;
  }

  /** Gives up what is under way. */
  close(): void {
    this.fetching?.abort();
    this.fetching = null;
    this.session?.stop(givenUp());
  }

  private async take(name: string, blob: Blob, format: PromptSource['format'], origin: Origin): Promise<PromptTableInfo> {
    const session = this.start();
    await this.within(session, session.remote.start());
    const info = await this.within(
      session,
      session.remote.read(name, blob, format),
      `${name} could not be read in ${TIMEOUT / 1000} seconds.`,
    );
    session.origin = origin(info.format);
    return info;
  }

  private open(): Session {
    if (this.session === null)
      throw new LabError('not-found', 'The file is no longer here.', 'Nothing was imported. Choose it again.');
    return this.session;
  }

  private start(): Session {
    const worker = (this.parts.createWorker ?? startWorker)();
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    // Nobody may be waiting when it ends.
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
          'The file was more than the reader could hold.',
          'Nothing was imported, and nothing else is touched. Cut it into smaller files.',
          { cause: event.message },
        ),
      );
    });
    this.session = { worker, remote: wrap<PromptReaderWorker>(worker), stopped, stop, origin: null, plan: null };
    return this.session;
  }

  private async within<T>(
    session: Session,
    answer: Promise<T>,
    late = 'The prompts could not be worked out in time.',
  ): Promise<T> {
    const { timeout = TIMEOUT } = this.parts;
    const timer = setTimeout(
      () => session.stop(new LabError('bad-prompts', late, 'Nothing was imported. Cut it into smaller files.')),
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

const givenUp = (): LabError => new LabError('cancelled', 'The import was given up.', 'Nothing was imported.');

function startWorker(): Worker {
  return new Worker(new URL('../formats/prompt-reader.worker.ts', import.meta.url), { type: 'module', name: 'prompts' });
}
