/** Renders chat templates in `template.worker.ts`, with time limits. */
import { type Remote, wrap } from 'comlink';
import { LabError } from '../../lib/errors';
import type { Rendered, TemplateVariables } from './render-template';
import type { TemplateWorker } from './template.worker';

export interface TemplateRenderer {
  /**
   * @throws LabError unsupported-model if the template cannot be parsed, refuses the messages, does not end or writes
   * too much
   */
  render(source: string, variables: TemplateVariables): Promise<string>;
}

/** @throws LabError unsupported-model */
export function renderedText(rendered: Rendered): string {
  if (rendered.ok) return rendered.text;
  const { fault, detail } = rendered;
  switch (fault) {
    case 'unreadable':
      throw unusable(`The model’s chat template cannot be read: ${detail}.`);
    case 'refused':
      throw unusable(`The model’s chat template refuses these messages: ${detail}.`);
    case 'too-long':
      throw unusable(`The model’s chat template writes too much: ${detail} for these messages.`);
    default:
      return fault satisfies never;
  }
}

const unusable = (sentence: string): LabError => new LabError('unsupported-model', sentence, 'Choose another model.');

export interface TemplateWorkerOptions {
  /** Time limit for the texts of one message, in milliseconds. */
  readonly timeout?: number;
  /** Time limit for the worker to start, in milliseconds. */
  readonly startTimeout?: number;
  readonly createWorker?: () => Worker;
}

/** Rendering a text takes about 0.2 ms, so a message takes about a hundredth of this. */
const TIMEOUT = 3000;
const TEXTS_PER_MESSAGE = 64;
const START_TIMEOUT = 60_000;

interface Job {
  readonly source: string;
  readonly variables: TemplateVariables;
  resolve(rendered: Rendered): void;
  reject(error: unknown): void;
}

interface Session {
  readonly worker: Worker;
  readonly remote: Remote<TemplateWorker>;
  /** Rejects when the worker stops. Never resolves. */
  readonly stopped: Promise<never>;
  stop(error: LabError): void;
}

/**
 * Keeps one worker running. Requests that arrive while it works are sent together. After any failure the worker is
 * terminated, and the next text starts another.
 */
export class WorkerTemplates implements TemplateRenderer {
  private session: Session | null = null;
  private jobs: Job[] = [];
  private busy = false;

  constructor(private readonly options: TemplateWorkerOptions = {}) {}

  /** @throws LabError unsupported-model, internal (the worker cannot start) */
  async render(source: string, variables: TemplateVariables): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<Rendered>();
    this.jobs.push({ source, variables, resolve, reject });
    void this.work();
    return renderedText(await promise);
  }

  dispose(): void {
    this.session?.stop(new LabError('internal', 'The renderer of chat templates was closed.'));
  }

  /** Renders the jobs of one template at a time. Jobs that were added in the same turn are sent together. */
  private async work(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    await Promise.resolve();
    for (let first = this.jobs[0]; first; first = this.jobs[0]) {
      const { source } = first;
      const some = this.jobs.filter((job) => job.source === source).slice(0, TEXTS_PER_MESSAGE);
      this.jobs = this.jobs.filter((job) => !some.includes(job));
      try {
        const rendered = await this.call(
          source,
          some.map(({ variables }) => variables),
        );
        rendered.forEach((each, i) => void some[i]?.resolve(each));
      } catch (error) {
        // Other jobs of this template would fail in the same way, each after the full time limit.
        for (const job of [...some, ...this.jobs.filter((other) => other.source === source)]) job.reject(error);
        this.jobs = this.jobs.filter((job) => job.source !== source);
      }
    }
    this.busy = false;
  }

  private async call(source: string, variables: readonly TemplateVariables[]): Promise<readonly Rendered[]> {
    const session = await this.open();
    const limit = this.options.timeout ?? TIMEOUT;
    const seconds = limit / 1000;
    const endless = unusable(`The model’s chat template did not end within ${seconds} seconds and was stopped.`);
    return within(session, limit, endless, session.remote.render(source, variables));
  }

  private async open(): Promise<Session> {
    if (this.session) return this.session;
    const session = this.start();
    await within(session, this.options.startTimeout ?? START_TIMEOUT, broken('did not start'), session.remote.start());
    return session;
  }

  private start(): Session {
    const worker = (this.options.createWorker ?? startWorker)();
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    // Avoids an unhandled rejection when no caller is waiting.
    stopped.catch(() => undefined);
    const stop = (error: LabError): void => {
      worker.terminate();
      if (this.session?.worker === worker) this.session = null;
      reject(error);
    };
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      stop(
        broken(`stopped unexpectedly${event.message ? `: ${event.message}` : ', or its script could not be fetched'}`),
      );
    });
    this.session = { worker, remote: wrap<TemplateWorker>(worker), stopped, stop };
    return this.session;
  }
}

const broken = (clause: string): LabError =>
  new LabError(
    'internal',
    `The worker that renders chat templates ${clause}.`,
    'Nothing is lost. Check the connection, then try again.',
  );

/** The answer. If it does not arrive in time, the session is stopped with the error `late`. */
async function within<T>(session: Session, milliseconds: number, late: LabError, answer: Promise<T>): Promise<T> {
  const timer = setTimeout(() => session.stop(late), milliseconds);
  try {
    return await Promise.race([answer, session.stopped]);
  } finally {
    clearTimeout(timer);
  }
}

function startWorker(): Worker {
  return new Worker(new URL('./template.worker.ts', import.meta.url), { type: 'module', name: 'templates' });
}
