import { useMemo, useSyncExternalStore } from 'react';

interface Watchable {
  subscribe(listener: () => void): () => void;
  version(): number;
}

/** Renders the component when the signal changes, at most once every `everyMs` milliseconds. Returns the version. */
export function useSignal(signal: Watchable, everyMs = 0): number {
  const throttled = useMemo(() => throttle(signal, everyMs), [signal, everyMs]);
  return useSyncExternalStore(throttled.subscribe, throttled.version);
}

function throttle(signal: Watchable, everyMs: number): Watchable {
  if (everyMs === 0) return signal;
  let seen = signal.version();
  return {
    version: () => seen,
    subscribe: (listener) => {
      let timer: ReturnType<typeof setTimeout> | null = null;
      const notify = () => {
        timer = null;
        seen = signal.version();
        listener();
      };
      seen = signal.version();
      const leave = signal.subscribe(() => {
        timer ??= setTimeout(notify, everyMs);
      });
      return () => {
        if (timer !== null) clearTimeout(timer);
        leave();
      };
    },
  };
}
