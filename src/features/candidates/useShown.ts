/** Which prompt is shown: the one the reader pinned, or the run's, passed on only when it is finished and was readable. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { useStore } from '../../state/react';
import { type PromptEntry, type RolloutStore, rollouts } from '../../state/runs/rollout-store';
import { settingsStore } from '../../state/session/settings';
import { useSignal } from '../../ui/useSignal';

/** Scores stay at least so long before the next prompt is shown. */
const READING_MS = 2000;
/** Candidates grow on the screen about as often as a reader can see. */
const RENDER_MS = 80;

export interface Shown {
  readonly entry: PromptEntry | null;
  readonly follow: boolean;
  /** The reader is in the cards: following waits. */
  readonly held: boolean;
  setHeld(held: boolean): void;
  setFollow(follow: boolean): void;
  /** Pins the prompt at an order; following ends. */
  show(order: number): void;
}

export function useShown(): Shown {
  const version = useSignal(rollouts, RENDER_MS);
  const follow = useStore(settingsStore, (settings) => settings.follow);
  const [key, setKey] = useState<string | null>(null);
  const [held, setHeld] = useState(false);
  const since = useRef<{ key: string; time: number } | null>(null);
  const entry = (key === null ? null : rollouts.get(key)) ?? null;

  // biome-ignore lint/correctness/useExhaustiveDependencies: looks again whenever the log changes
  useEffect(() => {
    if (entry === null) {
      const first = nextToShow(rollouts, null);
      if (first !== null) setKey(first.key);
      return;
    }
    if (!follow || held) return;
    if (entry.rollout === null && entry.live !== null) {
      since.current = null;
      return;
    }
    if (since.current?.key !== entry.key) since.current = { key: entry.key, time: performance.now() };
    const wait = since.current.time + READING_MS - performance.now();
    const timer = setTimeout(
      () => {
        const next = nextToShow(rollouts, entry);
        if (next !== null && next.key !== entry.key) setKey(next.key);
      },
      Math.max(0, wait),
    );
    return () => clearTimeout(timer);
  }, [version, entry, follow, held]);

  const show = useCallback((order: number) => {
    const entries = rollouts.entries;
    const bounded = Math.min(entries.length - 1, Math.max(0, order));
    const chosen = entries[bounded];
    if (chosen === undefined) return;
    settingsStore.setState({ follow: false });
    setKey(chosen.key);
  }, []);
  const setFollow = useCallback((on: boolean) => settingsStore.setState({ follow: on }), []);

  return { entry, follow, held, setHeld, setFollow, show };
}

/** The prompt whose writing has just begun, so that the reader sees it from its first token; else the latest scored one. */
export function nextToShow(log: RolloutStore, shown: PromptEntry | null): PromptEntry | null {
  const written = (entry: PromptEntry) => entry.live?.candidates.reduce((sum, c) => sum + c.tokens, 0) ?? 0;
  const live = log.live();
  const begun = live.filter((entry) => written(entry) > 0);
  const [fresh] = (begun.length > 0 ? begun : live).toSorted((a, b) => written(a) - written(b) || b.order - a.order);
  if (fresh !== undefined) return fresh;
  const latest = log.entries.at(-1) ?? null;
  return latest !== null && (shown === null || latest.order > shown.order) ? latest : null;
}
