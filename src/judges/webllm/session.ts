/**
 * A model in `webllm.worker.ts`, with time limits. A worker that was killed or hangs says nothing, so it is pinged
 * during every call. After a fault the worker is ended, unless the fault concerns only the call, and the next call
 * starts another.
 */
import { proxy, type Remote, wrap } from 'comlink';
import { LabError } from '../../lib/errors';
import type { CompletionRequest, CompletionResult, ListedModel, LoadReport, Reply, WebllmWorker } from './engine';
import { endsWorker, webllmError } from './fault';
import type { WebllmRecord } from './record';

export interface WebllmSource {
  readonly id: string;
  /** The record of a model that the user added; null for a model of WebLLM's own list. */
  readonly record: WebllmRecord | null;
}

/** The models that WebLLM can load. */
export interface WebllmCatalog {
  /** @throws LabError judge-failed: the name is empty; no-storage */
  source(id: string): Promise<WebllmSource>;
  /** @returns names with the GPU memory in bytes. @throws LabError judge-failed, no-storage */
  list(): Promise<readonly { readonly id: string; readonly memory: number }[]>;
}

/** Milliseconds, unless a comment says otherwise. */
export interface WebllmPatience {
  /** Between two pings during a call. */
  readonly ping: number;
  /** Number of unanswered pings after which the worker counts as dead. */
  readonly pings: number;
  /** For one answer. A slow machine reads a few tokens per second. */
  readonly answer: number;
  /** Without a progress report while a model loads. */
  readonly load: number;
  /** For an interrupted request to end. It cannot end while it reads its prompt. */
  readonly interrupt: number;
}

export const WEBLLM_PATIENCE: WebllmPatience = {
  ping: 5000,
  pings: 12,
  answer: 1_200_000,
  load: 600_000,
  interrupt: 30_000,
};

export interface WebllmOptions {
  readonly createWorker?: () => Worker;
  readonly patience?: Partial<WebllmPatience>;
}

/** A running worker. */
interface Connection {
  readonly worker: Worker;
  readonly remote: Remote<WebllmWorker>;
  /** Rejects when the worker stops; never resolves. */
  readonly stopped: Promise<never>;
  stop(error: LabError): void;
}

const RETRY = 'Nothing is lost: the model is started again for the next question. Try again, or choose another judge.';

/** One worker with at most one model. The caller makes one call at a time. */
export class WebllmSession {
  private connection: Connection | null = null;
  private readonly patience: WebllmPatience;

  /** @param name of the model, for messages */
  constructor(
    private readonly name: string,
    private readonly options: WebllmOptions = {},
  ) {
    this.patience = { ...WEBLLM_PATIENCE, ...options.patience };
  }

  /** Lists WebLLM's models and the added ones. @throws LabError judge-failed */
  list(added: readonly WebllmRecord[]): Promise<readonly ListedModel[]> {
    return this.call(this.patience.answer, (remote) => remote.list(added));
  }

  /** @param download whether files that are not stored may be fetched. @throws LabError judge-failed */
  load({ id, record }: WebllmSource, download: boolean, onReport: (report: LoadReport) => void): Promise<void> {
    return this.call(this.patience.load, (remote, alive) =>
      remote.load(
        id,
        record,
        download,
        proxy((report: LoadReport) => {
          alive();
          onReport(report);
        }),
      ),
    );
  }

  /**
   * @param signal interrupts the request; if it does not end in time, the worker is ended.
   * @throws LabError judge-failed, cancelled
   */
  async complete(request: CompletionRequest, signal?: AbortSignal): Promise<CompletionResult> {
    const connection = this.connect();
    const interrupted = webllmError({ fault: 'interrupted', detail: '' }, this.name);
    if (signal?.aborted) throw interrupted;
    let deadline: ReturnType<typeof setTimeout> | undefined;
    const interrupt = () => {
      void connection.remote.interrupt();
      deadline = setTimeout(() => connection.stop(interrupted), this.patience.interrupt);
    };
    signal?.addEventListener('abort', interrupt, { once: true });
    try {
      return await this.call(this.patience.answer, (remote) => remote.complete(request));
    } finally {
      clearTimeout(deadline);
      signal?.removeEventListener('abort', interrupt);
    }
  }

  /** Frees the memory of the GPU and of the worker. It is free when this resolves. Never rejects. */
  async release(): Promise<void> {
    if (this.connection === null) return;
    // If unloading fails, ending the worker frees the memory.
    await this.call(this.patience.answer, (remote) => remote.unload()).catch(() => undefined);
    this.stop('was unloaded');
  }

  /** Ends the worker. A call in flight rejects. @param why a clause that follows the model's name */
  stop(why: string): void {
    this.connection?.stop(new LabError('judge-failed', `${this.name} ${why}.`, RETRY));
  }

  /** Whether a worker is running. False after a fault that ended it. */
  get alive(): boolean {
    return this.connection !== null;
  }

  private async call<T>(
    limit: number,
    action: (remote: Remote<WebllmWorker>, alive: () => void) => Promise<Reply<T>>,
  ): Promise<T> {
    const connection = this.connect();
    const watch = this.watch(connection, limit);
    try {
      const reply = await Promise.race([action(connection.remote, watch.alive), connection.stopped]);
      if (reply.ok) return reply.value;
      const error = webllmError(reply, this.name);
      if (endsWorker(reply)) connection.stop(error);
      throw error;
    } finally {
      watch.end();
    }
  }

  /**
   * Stops the worker if it does not answer its pings, or after `limit` milliseconds.
   * @returns `alive` restarts the time limit; `end` ends the watch
   */
  private watch(connection: Connection, limit: number): { alive(): void; end(): void } {
    const { ping, pings } = this.patience;
    let unanswered = 0;
    // Pings are counted instead of measuring time, because a machine that slept has missed none.
    const beat = setInterval(() => {
      const detail = `it did not respond for ${(ping * pings) / 1000} seconds, so it was killed or hangs`;
      if (unanswered === pings) connection.stop(webllmError({ fault: 'worker-lost', detail }, this.name));
      unanswered++;
      connection.remote.ping().then(
        () => {
          unanswered = 0;
        },
        () => {},
      );
    }, ping);
    const late = () => this.stop(`was not done after ${Math.round(limit / 1000)} seconds and was stopped`);
    let timer = setTimeout(late, limit);
    return {
      alive: () => {
        clearTimeout(timer);
        timer = setTimeout(late, limit);
      },
      end: () => {
        clearInterval(beat);
        clearTimeout(timer);
      },
    };
  }

  private connect(): Connection {
    if (this.connection) return this.connection;
    const worker = (this.options.createWorker ?? startWorker)();
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    // Without this, a worker that stops while no call is in flight would be an unhandled rejection.
    stopped.catch(() => undefined);
    const stop = (error: LabError): void => {
      worker.terminate();
      if (this.connection?.worker !== worker) return;
      this.connection = null;
      reject(error);
    };
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      const detail = event.message || 'it crashed, or its script could not be fetched';
      stop(webllmError({ fault: 'worker-lost', detail }, this.name));
    });
    this.connection = { worker, remote: wrap<WebllmWorker>(worker), stopped, stop };
    return this.connection;
  }
}

function startWorker(): Worker {
  return new Worker(new URL('./webllm.worker.ts', import.meta.url), { type: 'module', name: 'webllm' });
}
