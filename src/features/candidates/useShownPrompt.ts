/**
 * Which prompt is shown: the one that the user pinned, or the run's current one. The next follows when the user could
 * read the scores.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import { useStore } from '../../state/react';
import { type PromptEntry, type RolloutStore, rollouts } from '../../state/runs/rollout-store';
import { settingsStore } from '../../state/session/settings';
import { useSignal } from '../../ui/useSignal';

/** Scores are shown at least this long before the next prompt is shown. */
const READING_MS = 2000;
/** Candidates are rendered at most this often while they are generated. */
const RENDER_MS = 80;

export interface ShownPrompt {
  readonly entry: PromptEntry | null;
  readonly follow: boolean;
  /** The pointer is over the candidates, so the next prompt is not shown yet. */
  readonly held: boolean;
  setHeld(held: boolean): void;
  setFollow(follow: boolean): void;
  /** Pins the prompt at an index, and stops following. */
  show(order: number): void;
}

export function useShownPrompt(): ShownPrompt {
  const version = useSignal(rollouts, RENDER_MS);
  const follow = useStore(settingsStore, (settings) => settings.follow);
  const [key, setKey] = useState<string | null>(null);
  const [held, setHeld] = useState(false);
  const since = useRef<{ key: string; time: number } | null>(null);
  const entry = (key === null ? null : rollouts.get(key)) ?? null;

  // biome-ignore lint/correctness/useExhaustiveDependencies: checked again whenever the rollouts change
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

/**
 * The prompt whose generation has just started, so that it is seen from its first token; otherwise the newest scored
 * one.
 */
export function nextToShow(rollouts: RolloutStore, shown: PromptEntry | null): PromptEntry | null {
  const tokensOf = (entry: PromptEntry) => entry.live?.candidates.reduce((sum, c) => sum + c.tokens, 0) ?? 0;
  const live = rollouts.live();
  const started = live.filter((entry) => tokensOf(entry) > 0);
  const [fresh] = (started.length > 0 ? started : live).toSorted(
    (a, b) => tokensOf(a) - tokensOf(b) || b.order - a.order,
  );
  if (fresh !== undefined) return fresh;
  const latest = rollouts.entries.at(-1) ?? null;
  return latest !== null && (shown === null || latest.order > shown.order) ? latest : null;
}
