import type { Failure } from '../lib/errors';
import type { Arm, Recipe } from '../recipe/recipe';
import type { Rollout, RolloutFilter } from '../records/candidates';
import type { DeviceInfo, Estimate, StorageInfo } from '../records/device';
import type { DrySample } from '../records/dry-sample';
import type { LabEvent } from '../records/events';
import type { RejudgedPair, Rejudgement, StoredJudgement } from '../records/judgements';
import type { JudgeTrial, JudgeTrialResult, RemoteAccess, RemoteAccessInfo, WebllmModel } from '../records/judges';
import type { CuratedModel, Download, HubOffer, ImportedAdapter, ModelCosts, ModelInfo } from '../records/models';
import type { PairEdit } from '../records/pairs';
import type { ParityFolder, ParityRow } from '../records/parity';
import type { Report } from '../records/report';
import type { RunDetail, RunSummary } from '../records/runs';
import type { Ballot, Ballots, Vote } from '../records/votes';
import type { PromptCalls } from './prompt-protocol';

/** The worker, as the page sees it. Every rejection is a `Failure` (src/lib/errors.ts). */
export interface Lab extends PromptCalls {
  /** Device, or the reason why there is none. Starts nothing. */
  device(): Promise<{ ok: true; device: DeviceInfo } | { ok: false; failure: Failure }>;
  /** Events of every run, from now on; one listener per page. */
  listen(listener: (events: readonly LabEvent[]) => void): Promise<void>;
  estimate(recipe: Recipe): Promise<Estimate>;

  /**
   * A few completions as a run of the recipe would write them; nothing is stored. Not while a run runs, here or in another tab; another
   * one, or a run that starts meanwhile, cancels it.
   */
  drySample(recipe: Recipe): Promise<DrySample>;
  /** Resolves when its device is free; it is then rejected as `cancelled`. */
  cancelDrySample(): Promise<void>;

  /**
   * Judges two responses and the control rows; stores nothing. Another one under way is cancelled, and it is by a run that begins. Only
   * `self` makes a policy, and not while a run runs.
   * @throws LabError judge-failed, bad-recipe (a person), cancelled, running-elsewhere
   */
  tryJudge(recipe: Recipe, trial: JudgeTrial): Promise<JudgeTrialResult>;
  /** Resolves when the judge is closed. */
  cancelTrial(): Promise<void>;

  start(recipe: Recipe): Promise<RunSummary>;
  /** Goes on with a stored run from its last commit. */
  resume(runId: string): Promise<RunSummary>;
  /** Takes effect at the next prompt or training step; nothing is lost. */
  pause(): Promise<void>;
  unpause(): Promise<void>;
  /** While paused: one unit (a prompt's candidates, a training step, …), then paused again. */
  stepOnce(): Promise<void>;
  /** Ends the run, keeps everything; can be resumed. */
  stop(): Promise<void>;

  /** The run that runs now, here or in another tab, or the last one. */
  current(): Promise<RunDetail | null>;
  runs(): Promise<readonly RunSummary[]>;
  run(runId: string): Promise<RunDetail>;
  rollouts(runId: string, filter: RolloutFilter): Promise<readonly Rollout[]>;
  renameRun(runId: string, name: string): Promise<void>;
  deleteRun(runId: string): Promise<void>;

  /** Prompts that wait for a person. A vote counts, and can no longer be taken back, when the last of its iteration is cast. */
  ballots(runId: string): Promise<Ballots>;
  /** Also of a run that does not run. @throws LabError not-found */
  vote(runId: string, ballot: string, vote: Vote): Promise<void>;
  /** Takes the last vote back; null where none can be. */
  undoVote(runId: string): Promise<Ballot | null>;

  /**
   * Has another judge look at an iteration's candidates; the run's own scores and pairs stay. Not while a run runs in another tab, nor,
   * for `self`, in this one. What was judged before it was cancelled or failed is kept.
   * @param recipe whose judge counts
   * @throws LabError not-found, judge-failed, bad-recipe (a person), cancelled (before the first prompt), running-elsewhere
   */
  rejudge(
    runId: string,
    place: { readonly iteration: number; readonly arm: Arm },
    recipe: Recipe,
  ): Promise<Rejudgement>;
  /** Resolves when its judge is closed. */
  cancelRejudge(): Promise<void>;
  /** Newest first. */
  rejudgements(runId: string): Promise<readonly Rejudgement[]>;
  /** In the order of the positions. */
  rejudgedPairs(runId: string, id: string): Promise<readonly RejudgedPair[]>;
  /** What the other judge said of one prompt; null where it was not asked. */
  rejudgedWords(runId: string, id: string, position: number): Promise<StoredJudgement | null>;
  deleteRejudgement(runId: string, id: string): Promise<void>;

  /**
   * Changes a pair by hand; null takes the change back. Before its iteration begins to train that is what it trains on, afterwards what is
   * exported. Returns what stands. @throws LabError not-found
   */
  editPair(
    runId: string,
    place: { readonly iteration: number; readonly arm: Arm; readonly position: number },
    pair: PairEdit['pair'] | null,
  ): Promise<PairEdit | null>;
  pairEdits(runId: string): Promise<readonly PairEdit[]>;

  /**
   * Zip: adapter_config.json, adapter_model.safetensors, README.md.
   * @param iteration whose adapter; without it the newest
   * @throws LabError not-found
   */
  exportAdapter(runId: string, arm: Arm, iteration?: number): Promise<Uint8Array>;
  /** An iteration's adapter becomes an imported one, which a recipe can begin with. @throws LabError not-found, storage-full */
  keepAdapter(runId: string, arm: Arm, iteration: number): Promise<ImportedAdapter>;
  /** A zip or the two files; starts no run. Returns the stored adapter's id. */
  importAdapter(files: readonly { name: string; bytes: Uint8Array }[]): Promise<{ id: string; name: string }>;
  /** Imported ones, newest first. */
  adapters(): Promise<readonly ImportedAdapter[]>;
  /** A run that began with it keeps its own copy. */
  deleteAdapter(id: string): Promise<void>;
  /** Zip of the two files as they came. */
  exportImportedAdapter(id: string): Promise<Uint8Array>;
  /** As readers left them. */
  exportPairs(runId: string): Promise<string>;
  exportMetrics(runId: string): Promise<string>;
  /** CSV: iteration × arm, with intervals. */
  exportEvaluations(runId: string): Promise<string>;
  report(runId: string): Promise<Report>;

  /** The engine against golden numbers; starts no run. @throws LabError bad-file, unsupported-model */
  parity(folder: ParityFolder): Promise<readonly ParityRow[]>;

  /** Bundled ones first, then stored ones, newest first. */
  models(): Promise<readonly ModelInfo[]>;
  /** @throws LabError not-found */
  modelCosts(id: string, recipe: Recipe): Promise<ModelCosts>;
  curatedModels(): Promise<readonly CuratedModel[]>;
  /**
   * Asks the Hub; stores nothing.
   * @param reference `owner/name`, a link, or either with `@revision`
   * @param token of the user's account there, for a gated model; kept in memory only
   * @throws LabError not-found, gated, hub-unreachable, hub-failed, unsupported-model
   */
  lookUpModel(reference: string, token: string | null): Promise<HubOffer>;
  downloads(): Promise<readonly Download[]>;
  /** Begins to fetch a choice of the offer. @throws LabError storage-full, hub-failed, no-storage */
  download(offer: HubOffer, choice: string, token: string | null): Promise<Download>;
  pauseDownload(id: string): Promise<void>;
  /** Goes on with what was paused, failed, or cut off by a reload. @throws LabError not-found */
  continueDownload(id: string, token: string | null): Promise<void>;
  /** Ends it and deletes what came. */
  cancelDownload(id: string): Promise<void>;
  /** A model's folder as files (a dropped one's names are paths), or one GGUF. @throws LabError bad-file, unsupported-model, storage-full */
  addLocalModel(files: readonly File[]): Promise<ModelInfo>;
  /** Files that another model shares stay. @throws LabError not-found, running-elsewhere */
  deleteModel(id: string): Promise<void>;

  /**
   * A key and headers for every judge at the address's origin; kept in memory only unless `remember`.
   * @param access null forgets it, also where it was remembered
   * @throws LabError judge-failed, no-storage, storage-full
   */
  setRemoteAccess(url: string, access: RemoteAccess | null, remember: boolean): Promise<void>;
  /** What is known of it: whether there is a key, never the key itself, and the headers' names. @throws LabError judge-failed */
  remoteAccess(url: string): Promise<RemoteAccessInfo>;
  /** The models that the server offers, in its order. @throws LabError judge-failed */
  remoteModels(url: string): Promise<readonly string[]>;

  /** The user's own first. @throws LabError judge-failed */
  webllmModels(): Promise<readonly WebllmModel[]>;
  /** Bytes of its weights: asks their host, fetches nothing else. @throws LabError not-found, hub-unreachable, hub-failed */
  webllmModelSize(id: string): Promise<number>;
  /** @throws LabError bad-file, not-found, hub-unreachable, hub-failed */
  addWebllmModel(record: {
    readonly id: string;
    readonly model: string;
    readonly modelLib: string;
  }): Promise<WebllmModel>;
  /**
   * Its progress comes as `judge` events. Not while a run runs: it is loaded once.
   * @throws LabError judge-failed, cancelled, storage-full, running-elsewhere, not-found, hub-unreachable, hub-failed
   */
  fetchWebllmModel(id: string): Promise<void>;
  /** What has come is kept. */
  cancelWebllmFetch(): Promise<void>;
  /** @throws LabError not-found, running-elsewhere */
  deleteWebllmModel(id: string): Promise<void>;

  storage(): Promise<StorageInfo>;
  persist(): Promise<StorageInfo>;
}
