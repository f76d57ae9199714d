import { useMemo, useSyncExternalStore } from 'react';

interface Watched {
  subscribe(listener: () => void): () => void;
  version(): number;
}

/** Renders again when the signal changes, at most once in `everyMs`. Returns the version seen. */
export function useSignal(signal: Watched, everyMs = 0): number {
  const throttled = useMemo(() => throttle(signal, everyMs), [signal, everyMs]);
  return useSyncExternalStore(throttled.subscribe, throttled.version);
}

function throttle(signal: Watched, everyMs: number): Watched {
  if (everyMs === 0) return signal;
  let seen = signal.version();
  return {
    version: () => seen,
    subscribe: (listener) => {
      let timer: ReturnType<typeof setTimeout> | null = null;
      const tell = () => {
        timer = null;
        seen = signal.version();
        listener();
      };
      seen = signal.version();
      const leave = signal.subscribe(() => {
        timer ??= setTimeout(tell, everyMs);
      });
      return () => {
        if (timer !== null) clearTimeout(timer);
        leave();
      };
    },
  };
}
