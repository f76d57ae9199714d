/**
 * How the page calls the worker. A call is written once, as a handler in a service (src/worker/<area>/service.ts): its
 * name, types and documentation are those of the handler. Nothing else lists the calls.
 */
import { LabError, toFailure } from '../lib/errors';

/** The handlers of one service, by the names of their calls. */
export type Handlers = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;

type NamesIn<Services> = { [S in keyof Services]: keyof Services[S] }[keyof Services];

// biome-ignore lint/suspicious/noConfusingVoidType: `void` is the result of most handlers.
type Plain = string | number | bigint | boolean | null | undefined | void;

/** Objects that `postMessage` copies although they have methods. */
type Copied = ArrayBuffer | ArrayBufferView | Blob | Date | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>;

/** The type itself, with `never` in place of everything that `postMessage` refuses or copies without its methods. */
type Sendable<T> = T extends Plain | Copied
  ? T
  : T extends symbol | ((...args: never[]) => unknown)
    ? never
    : { [K in keyof T]: Sendable<T[K]> };

/** As `Sendable`. A parameter may also be a callback, which Comlink proxies; its arguments are sent in turn. */
type SendableParameter<P> = P extends (...args: infer Args) => void
  ? Args extends Sendable<Args>
    ? P
    : never
  : Sendable<P>;

type IsSendable<Handler> = Handler extends (...args: infer Args) => Promise<infer Result>
  ? [Args, Result] extends [{ [I in keyof Args]: SendableParameter<Args[I]> }, Sendable<Result>]
    ? true
    : false
  : false;

/** The services themselves. A wrong handler has a sentence as its type, which the compiler then reports. */
export type Checked<Services> = {
  readonly [S in keyof Services]: {
    readonly [Name in keyof Services[S]]: Name extends NamesIn<Omit<Services, S>>
      ? 'Two services define this call.'
      : IsSendable<Services[S][Name]> extends true
        ? Services[S][Name]
        : 'This call takes or returns a value that cannot be sent between the page and the worker.';
  };
};

type Intersection<Union> = (Union extends unknown ? (member: Union) => void : never) extends (
  member: infer All,
) => void
  ? All
  : never;

/** All calls of all services, as one flat object. */
export type ApiOf<Services> = Intersection<Services[keyof Services]>;

/**
 * The one function that the worker exposes: makes the named call. Every rejection is a `Failure`, which is plain
 * data.
 */
export type Call = (name: string, ...args: readonly unknown[]) => Promise<unknown>;

/**
 * The worker's end of the API.
 * @param opening the services. Calls that arrive before they are open wait; if opening fails, every call fails with
 * its error
 */
export function serve<Services extends Readonly<Record<string, Handlers>> & Checked<Services>>(
  opening: Promise<Services>,
): Call {
  // Each call reports the error. Without a handler here, the browser would report it once more as unhandled.
  opening.catch(() => {});
  return async (name, ...args) => {
    try {
      const services: Readonly<Record<string, Handlers>> = await opening;
      const service = Object.values(services).find((handlers) => Object.hasOwn(handlers, name));
      const handler = service?.[name];
      if (handler === undefined) throw new LabError('internal', `The worker has no call named ${name}.`);
      // Not checked here: the page's types of the arguments are the handler's own (src/client/client.ts).
      return await Reflect.apply(handler, service, args);
    } catch (error) {
      throw toFailure(error);
    }
  };
}
