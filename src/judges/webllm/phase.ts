/** How far a model of WebLLM is on its way: it counts from 0 to 1 once for each phase, and only its text names the phase. */
import type { LoadReport } from './engine';

export interface LoadPhase {
  /** A clause. */
  readonly phase: string;
  /** 0 … 1 of this phase; null where nothing counts it. */
  readonly progress: number | null;
}

export const STARTING: LoadPhase = { phase: 'starting WebLLM, reading the library', progress: null };

/** Texts of 0.2.86. */
export function loadPhase({ progress, text }: LoadReport): LoadPhase {
  const [, megabytes] = /: (\d+)MB (?:fetched|loaded)/.exec(text) ?? [];
  const amount = megabytes === undefined ? '' : `, ${megabytes} MB`;
  if (text.startsWith('Fetching param cache')) return { phase: `fetching weights${amount}`, progress };
  if (text.startsWith('Loading model from cache')) return { phase: `loading weights onto the GPU${amount}`, progress };
  const [, compiled, shaders] = /^Loading GPU shader modules\[(\d+)\/(\d+)\]/.exec(text) ?? [];
  if (shaders !== undefined) return { phase: `compiling shaders, ${compiled} of ${shaders}`, progress };
  if (text.startsWith('Finish loading')) return { phase: 'loaded', progress: 1 };
  return { phase: 'looking for the weights', progress: null };
}
