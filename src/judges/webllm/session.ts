/**
 * `webllm.worker.ts`, watched from outside. A worker that was terminated or hangs says nothing, so it is pinged while anything is
 * waited for. A fault that is not the call's own ends the worker, and the next call starts another.
 */
import { proxy, type Remote, wrap } from 'comlink';
import { LabError } from '../../lib/errors';
import type { Completed, Completion, ListedModel, LoadReport, Reply, WebllmRecord, WebllmWorker } from './engine';
import { endsWorker, webllmError } from './fault';

export interface WebllmSource {
  readonly id: string;
  /** Where it lies; null for one of WebLLM's own list. */
  readonly record: WebllmRecord | null;
}

/** Milliseconds. */
export interface WebllmPatience {
  /** Between two pings, while anything is waited for. */
  readonly ping: number;
  /** Pings without an answer before the worker counts as dead. */
  readonly pings: number;
  /** For one answer: a slow machine reads a few tokens a second. */
  readonly answer: number;
  /** Without news while it loads. */
  readonly load: number;
  /** For an interrupted request to end: it does not while it reads its prompt. */
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

interface Session {
  readonly worker: Worker;
  readonly remote: Remote<WebllmWorker>;
  /** Rejects when the worker stops; never resolves. */
  readonly stopped: Promise<never>;
  stop(error: LabError): void;
}

const RETRY = 'Nothing is lost: it is started anew when it is asked again. Try again, or choose another judge.';

/** One worker with one model at most. Calls are the caller's to put in order. */
export class WebllmSession {
  #session: Session | null = null;
  readonly #patience: WebllmPatience;

  /** @param name of the model, for messages */
  constructor(
    private readonly name: string,
    private readonly options: WebllmOptions = {},
  ) {
    this.#patience = { ...WEBLLM_PATIENCE, ...options.patience };
  }

  /** @throws LabError judge-failed */
  list(added: readonly WebllmRecord[]): Promise<readonly ListedModel[]> {
    return this.#call(this.#patience.answer, (remote) => remote.list(added));
  }

  /** @param fetching whether what is not stored may be fetched. @throws LabError judge-failed */
  load({ id, record }: WebllmSource, fetching: boolean, onReport: (report: LoadReport) => void): Promise<void> {
    return this.#call(this.#patience.load, (remote, heard) =>
      remote.load(
        id,
        record,
        fetching,
        proxy((report: LoadReport) => {
          heard();
          onReport(report);
        }),
      ),
    );
  }

  /** The signal rejects it at once; the worker's request is then interrupted, or the worker ended. @throws LabError judge-failed, cancelled */
  async complete(completion: Completion, signal?: AbortSignal): Promise<Completed> {
    const session = this.#open();
    const interrupted = webllmError({ fault: 'interrupted', detail: '' }, this.name);
    if (signal?.aborted) throw interrupted;
    let hurry: ReturnType<typeof setTimeout> | undefined;
    const interrupt = () => {
      void session.remote.interrupt();
      hurry = setTimeout(() => session.stop(interrupted), this.#patience.interrupt);
    };
    signal?.addEventListener('abort', interrupt, { once: true });
    try {
      return await this.#call(this.#patience.answer, (remote) => remote.complete(completion));
    } finally {
      clearTimeout(hurry);
      signal?.removeEventListener('abort', interrupt);
    }
  }

  /** Gives back the GPU's memory, then the worker's own: when this resolves nothing of it is held. Never rejects. */
  async release(): Promise<void> {
    if (this.#session === null) return;
    // Where it cannot be unloaded, the memory goes with the worker.
    await this.#call(this.#patience.answer, (remote) => remote.unload()).catch(() => undefined);
    this.stop('was given back');
  }

  /** Ends the worker; a call in flight rejects. @param why a clause */
  stop(why: string): void {
    this.#session?.stop(new LabError('judge-failed', `${this.name} ${why}.`, RETRY));
  }

  /** Whether a worker is there: after a fault it is not. */
  get alive(): boolean {
    return this.#session !== null;
  }

  async #call<T>(
    limit: number,
    action: (remote: Remote<WebllmWorker>, heard: () => void) => Promise<Reply<T>>,
  ): Promise<T> {
    const session = this.#open();
    const watch = this.#watch(session, limit);
    try {
      const reply = await Promise.race([action(session.remote, watch.heard), session.stopped]);
      if (reply.ok) return reply.value;
      const error = webllmError(reply, this.name);
      if (endsWorker(reply)) session.stop(error);
      throw error;
    } finally {
      watch.end();
    }
  }

  /** Stops the session where no ping is answered, or `limit` milliseconds pass without news. */
  #watch(session: Session, limit: number): { heard(): void; end(): void } {
    const { ping, pings } = this.#patience;
    let unanswered = 0;
    // Counted, not timed: a machine that slept has missed none.
    const beat = setInterval(() => {
      const detail = `it answered nothing for ${(ping * pings) / 1000} seconds, and was killed or hangs`;
      if (unanswered === pings) session.stop(webllmError({ fault: 'worker-lost', detail }, this.name));
      unanswered++;
      session.remote.ping().then(
        () => {
          unanswered = 0;
        },
        () => {},
      );
    }, ping);
    const late = () => this.stop(`was not done after ${Math.round(limit / 1000)} seconds and was stopped`);
    let timer = setTimeout(late, limit);
    return {
      heard: () => {
        clearTimeout(timer);
        timer = setTimeout(late, limit);
      },
      end: () => {
        clearInterval(beat);
        clearTimeout(timer);
      },
    };
  }

  #open(): Session {
    if (this.#session) return this.#session;
    const worker = (this.options.createWorker ?? startWorker)();
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    // Nobody may be waiting when it stops.
    stopped.catch(() => undefined);
    const stop = (error: LabError): void => {
      worker.terminate();
      if (this.#session?.worker !== worker) return;
      this.#session = null;
      reject(error);
    };
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      const detail = event.message || 'it broke off, or its script could not be fetched';
      stop(webllmError({ fault: 'worker-lost', detail }, this.name));
    });
    this.#session = { worker, remote: wrap<WebllmWorker>(worker), stopped, stop };
    return this.#session;
  }
}

function startWorker(): Worker {
  return new Worker(new URL('./webllm.worker.ts', import.meta.url), { type: 'module', name: 'webllm' });
}
