/**
 * Downloads one file into a sink, starting at the sink's position. A broken connection, a stall or a busy server is
 * retried after a pause; a range request asks for the rest, and its ETag makes sure that it belongs to the same file.
 */
import { LabError } from '../lib/errors';
import { pause, retryAfter } from '../lib/retry';
import { broken, busy, gated, unexpected, unreachable, webPage } from './hub-errors';

/** The destination of the bytes. A sink on disk keeps its position across reloads. */
export interface Sink {
  readonly received: number;
  /** Strong ETag of the response that the bytes came from, or null if it had none. */
  readonly etag: string | null;
  /** @throws LabError storage-full */
  append(bytes: Uint8Array): Promise<void>;
  /** Discards all bytes. The next ones come from a response with this ETag. */
  restart(etag: string | null): Promise<void>;
}

export interface WantedFile {
  readonly url: string;
  /** The file's name, for messages. */
  readonly name: string;
  readonly repository: string;
  readonly bytes: number;
}

/** Times in milliseconds. */
export interface Patience {
  readonly stallMs: number;
  readonly firstPauseMs: number;
  /** If the server asks for a longer pause, the download fails. */
  readonly longestPauseMs: number;
  /** Failures in a row, without a new byte, after which the download fails. */
  readonly failures: number;
}

export const PATIENCE: Patience = { stallMs: 30_000, firstPauseMs: 1000, longestPauseMs: 60_000, failures: 6 };

export interface Transport {
  readonly fetch: typeof fetch;
  /** Sent to the file's own host only. The browser removes it when a redirect leads to another host. */
  readonly token: string | null;
  readonly patience: Patience;
  /** Aborted to pause. */
  readonly signal: AbortSignal;
  readonly onProgress: (received: number) => void;
}

/** A failure after which the next attempt may succeed. */
class Interruption extends Error {
  constructor(
    /** The error to report if there is no further attempt. */
    readonly failure: LabError,
    readonly pauseSeconds: number | null = null,
  ) {
    super(failure.message);
  }
}

/**
 * Resolves when the sink has all bytes. The caller checks their digest.
 * @throws LabError hub-unreachable, hub-failed, gated, not-found, storage-full; the signal's reason when it aborts
 */
export async function fetchFile(file: WantedFile, sink: Sink, transport: Transport): Promise<void> {
  const { patience, signal } = transport;
  const attempt = new Attempts(file, sink, transport);
  let farthest = sink.received;
  let failures = 0;
  while (sink.received < file.bytes) {
    signal.throwIfAborted();
    try {
      await attempt.next();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Interruption)) throw error;
      // The connection broke after the last byte.
      if (sink.received === file.bytes) return;
      if (sink.received > farthest) failures = 0;
      farthest = Math.max(farthest, sink.received);
      failures += 1;
      const pauseMs =
        error.pauseSeconds === null ? patience.firstPauseMs * 2 ** (failures - 1) : error.pauseSeconds * 1000;
      if (failures >= patience.failures || pauseMs > patience.longestPauseMs) throw error.failure;
      await pause(pauseMs, signal);
    }
  }
}

class Attempts {
  /** Cleared if the host's CORS rules forbid the header, which looks to a page as if the host were unreachable. */
  private mayUseIfRange = true;
  private readonly host: string;

  constructor(
    private readonly file: WantedFile,
    private readonly sink: Sink,
    private readonly transport: Transport,
  ) {
    this.host = new URL(file.url).host;
  }

  /** Sends one request and reads the response to its end. @throws Interruption, LabError */
  async next(): Promise<void> {
    const { sink, file } = this;
    const stall = new StallWatch(this.transport.patience.stallMs);
    const signal = AbortSignal.any([this.transport.signal, stall.signal]);
    try {
      const response = await this.orInterrupted(this.ask(signal));
      await this.admit(response);
      const reader = (response.body ?? new Blob().stream()).getReader();
      try {
        for (;;) {
          const { done, value } = await this.orInterrupted(reader.read());
          if (done) break;
          stall.reset();
          if (sink.received + value.length > file.bytes) {
            await sink.restart(null);
            throw unexpected(this.host, `${file.name} is longer than the ${file.bytes} bytes that were announced`);
          }
          await sink.append(value);
          this.transport.onProgress(sink.received);
        }
      } finally {
        // Without this, the browser would keep downloading the rest.
        reader.cancel().catch(() => {});
      }
    } finally {
      stall.end();
    }
    if (sink.received < file.bytes) {
      throw new Interruption(unexpected(this.host, `${file.name} ends after ${sink.received} of ${file.bytes} bytes`));
    }
  }

  private async ask(signal: AbortSignal): Promise<Response> {
    const { sink, file } = this;
    const { token, fetch } = this.transport;
    const headers = new Headers();
    if (token !== null) headers.set('authorization', `Bearer ${token}`);
    if (sink.received > 0) headers.set('range', `bytes=${sink.received}-`);
    const ifRange = sink.received > 0 && this.mayUseIfRange ? sink.etag : null;
    if (ifRange !== null) headers.set('if-range', ifRange);
    try {
      return await fetch(file.url, { headers, signal, cache: 'no-store' });
    } catch (error) {
      if (ifRange === null || signal.aborted) throw error;
      this.mayUseIfRange = false;
      return this.ask(signal);
    }
  }

  /** Network errors carry no details, so all of them count as unreachable. */
  private async orInterrupted<T>(step: Promise<T>): Promise<T> {
    try {
      return await step;
    } catch (error) {
      throw new Interruption(unreachable(this.host, error));
    }
  }

  /** Prepares the sink for the body of a response, or refuses the response. */
  private async admit(response: Response): Promise<void> {
    const { sink, file, host } = this;
    const { status, headers } = response;
    if (!response.ok) {
      if (status === 416) await sink.restart(null);
      response.body?.cancel().catch(() => {});
      throw this.refusal(response);
    }
    if (headers.get('content-type')?.startsWith('text/html')) throw webPage(host, file.name);
    const etag = strongEtag(headers.get('etag'));
    if (sink.received === 0 || status !== 206) {
      // The whole file. If a part was requested, the file has changed or the server does not support ranges.
      await sink.restart(etag);
      return;
    }
    const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
    const otherPart = from !== undefined && Number(from) !== sink.received;
    const otherSize = total !== undefined && total !== '*' && Number(total) !== file.bytes;
    const otherFile = sink.etag !== null && etag !== null && sink.etag !== etag;
    if (otherPart || otherSize || otherFile) {
      await sink.restart(null);
      throw new Interruption(unexpected(host, `the rest of ${file.name} belongs to another version of the file`));
    }
  }

  private refusal({ status, headers, url }: Response): LabError | Interruption {
    const { host, file } = this;
    if (status === 416) {
      return new Interruption(unexpected(host, `it does not have the ${file.bytes} bytes of ${file.name}`));
    }
    if (status === 429 || status === 503) {
      const seconds = retryAfter(headers, Date.now());
      return new Interruption(status === 429 ? busy(host, seconds) : broken(host, status), seconds);
    }
    // Signed links to other hosts expire after about an hour. The next request gets a new link.
    const redirected = url !== '' && new URL(url).origin !== new URL(file.url).origin;
    if (status >= 500 || status === 408 || (redirected && status === 403))
      return new Interruption(broken(host, status));
    if (status === 401 || status === 403) return gated(file.repository, this.transport.token !== null);
    if (status === 404) {
      return new LabError('not-found', `${file.repository} has no ${file.name} any more.`, 'Look the model up again.');
    }
    return broken(host, status);
  }
}

/** A weak ETag does not guarantee equal bytes. */
const strongEtag = (etag: string | null): string | null => (etag === null || etag.startsWith('W/') ? null : etag);

/** Aborts when nothing has been received for a while. */
class StallWatch {
  private readonly controller = new AbortController();
  private timer: ReturnType<typeof setTimeout>;

  constructor(private readonly ms: number) {
    this.timer = this.start();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  reset(): void {
    clearTimeout(this.timer);
    this.timer = this.start();
  }

  end(): void {
    clearTimeout(this.timer);
  }

  private start(): ReturnType<typeof setTimeout> {
    return setTimeout(
      () => this.controller.abort(new DOMException('Nothing was received for too long.', 'TimeoutError')),
      this.ms,
    );
  }
}
