/** Judges as the recipe, the trial and the Models place show them: what WebLLM can run, who is let in where, what is busy. */
import { create } from 'zustand';
import type { Failure } from '../lib/errors';
import type { JudgeState, RemoteAccessInfo, WebllmModel } from '../records/judges';

export interface Judges {
  /** What a judge is busy with: loading, fetching. */
  readonly busy: JudgeState | null;

  /** null before it was read. */
  readonly webllm: readonly WebllmModel[] | null;
  readonly webllmFailure: Failure | null;
  /** Bytes of a model's weights, by its id, once its host was asked. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Of the model that is being fetched. */
  readonly fetching: string | null;
  readonly fetchFailure: Failure | null;

  /** By address, as far as it was asked. */
  readonly access: ReadonlyMap<string, RemoteAccessInfo>;
  /** By address. */
  readonly offered: ReadonlyMap<string, readonly string[] | Failure | 'asking'>;
}

export const useJudges = create<Judges>()(() => ({
  busy: null,
  webllm: null,
  webllmFailure: null,
  sizes: new Map(),
  fetching: null,
  fetchFailure: null,
  access: new Map(),
  offered: new Map(),
}));

export function judgeBusy(busy: JudgeState | null): void {
  useJudges.setState({ busy });
}
