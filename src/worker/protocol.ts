/** What the page and the worker say to each other. Types only; Comlink carries the calls. */

import type { ModelUse } from '../formats/model-use';
import type { JudgeCall, MemberScores } from '../judges/judge';
import type { RemoteAccess } from '../judges/remote-access';
import type { AdapterSettings } from '../recipe/adapter-fault';
import type { WeightedCheck } from '../recipe/checks';
import type { Arm, JudgeKind, Recipe } from '../recipe/recipe';
import type {
  Ballot,
  ControlOutcome,
  Evaluation,
  IterationSummary,
  JudgeFacts,
  Malformed,
  PairEdit,
  Purpose,
  RejudgedPair,
  Rejudgement,
  Rollout,
  SftStep,
  StepMetrics,
  StoredJudgement,
  Vote,
  Warning,
  WinRate,
} from '../tpo/types';
import type { PromptCalls, PromptProgress } from './prompt-protocol';

export type { ModelUse } from '../formats/model-use';
export type { JudgeCall, MemberScores } from '../judges/judge';
export type { RemoteAccess } from '../judges/remote-access';
export type { WeightedCheck } from '../recipe/checks';
export type { Arm, LossKind, Recipe, TargetModule, ThoughtFormat } from '../recipe/recipe';
export type * from '../tpo/types';
export type * from './prompt-protocol';

export interface DeviceInfo {
  /** As the browser names it, e.g. "Apple M2" or "SwiftShader". */
  readonly name: string;
  /** `software`: no GPU behind it. Decides `quick` or `standard` together with a measured matmul. */
  readonly kind: 'software' | 'slow' | 'fast';
  readonly gflops: number;
  readonly features: readonly string[];
  /** Bytes. */
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
}

export interface MemoryPart {
  /** e.g. "weights", "adapter and optimiser", "KV cache", "activations". */
  readonly name: string;
  readonly bytes: number;
}

export interface Estimate {
  /** Exact: the ledger's peak when the recipe runs. */
  readonly bytes: number;
  readonly parts: readonly MemoryPart[];
  /** From this device's measured speed, and the judges' where it is known; null before anything was measured. */
  readonly seconds: number | null;
  /** Who is asked how often without anybody knowing how long it takes: that is not among the seconds. */
  readonly untimed?: readonly { readonly judge: JudgeKind; readonly questions: number }[];
  /** A sentence that names the value to change; null when it fits. */
  readonly refused: string | null;
  /** Field of the recipe that the refusal names. */
  readonly field: keyof Recipe | null;
}

/** `vote`: it waits for a person's choice. `release`: the judge makes room for the training. */
export type Phase =
  | 'load'
  | 'generate'
  | 'judge'
  | 'vote'
  | 'pair'
  | 'release'
  | 'reference'
  | 'train'
  | 'warm-up'
  | 'evaluate'
  | 'save';

export interface Progress {
  readonly phase: Phase;
  /** 0 for the seed model's evaluation and warm-up, else 1 … N. */
  readonly iteration: number;
  readonly iterations: number;
  readonly arm: Arm | null;
  readonly done: number;
  readonly total: number;
  /** What done and total count. */
  readonly unit: 'prompts' | 'pairs' | 'steps' | 'tensors' | 'judges';
  readonly tokensPerSecond: number | null;
  /** Of the whole run. */
  readonly secondsLeft: number | null;
}

/** A prompt whose candidates are being written: the text so far. */
export interface LiveCandidates {
  readonly purpose: Purpose;
  readonly iteration: number;
  readonly arm: Arm;
  readonly position: number;
  readonly promptId: string;
  readonly instruction: string;
  readonly candidates: readonly {
    readonly index: number;
    readonly thought: string;
    readonly response: string;
    readonly tokens: number;
    readonly done: boolean;
  }[];
}

export interface Failure {
  /** Code of the typed error. */
  readonly code: string;
  /** One sentence: what happened. */
  readonly message: string;
  /** What is safe, and what to do. */
  readonly advice: string;
}

export type RunStatus = 'running' | 'paused' | 'stopped' | 'finished' | 'failed';

export interface RunSummary {
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly updated: number;
  readonly status: RunStatus;
  readonly recipe: Recipe;
  readonly device: string;
  readonly bytes: number;
  /** Finished iterations of every arm. */
  readonly iterations: number;
  readonly failure: Failure | null;
  /** On the device, in bytes; once it has ended or was stopped. */
  readonly memory?: { readonly planned: number; readonly peak: number };
}

export interface RunDetail {
  readonly summary: RunSummary;
  readonly evaluations: readonly Evaluation[];
  readonly iterations: readonly IterationSummary[];
  readonly steps: readonly StepMetrics[];
  /** Of the warm-up. */
  readonly sftSteps: readonly SftStep[];
  readonly warnings: readonly Warning[];
  readonly progress: Progress | null;
  /** Of each arm the iteration whose policy scored highest on held-out prompts, 0 for the seed model. Told of a stored run. */
  readonly best?: Readonly<Partial<Record<Arm, number>>>;
}

export type LabEvent =
  | { readonly type: 'run'; readonly run: RunSummary }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'live'; readonly live: readonly LiveCandidates[] }
  | { readonly type: 'rollout'; readonly rollout: Rollout }
  | { readonly type: 'step'; readonly step: StepMetrics }
  | { readonly type: 'sft-step'; readonly step: SftStep }
  | { readonly type: 'iteration'; readonly iteration: IterationSummary }
  | { readonly type: 'evaluation'; readonly evaluation: Evaluation }
  /** Of an iteration that is being judged, now and then. */
  | { readonly type: 'judge-facts'; readonly iteration: number; readonly arm: Arm; readonly facts: JudgeFacts }
  | { readonly type: 'warning'; readonly warning: Warning }
  /** Of a run that a person judges: so many prompts wait for a vote. */
  | { readonly type: 'ballots'; readonly runId: string; readonly waiting: number }
  /** Of this tab's re-judging. */
  | { readonly type: 'rejudge'; readonly done: number; readonly total: number }
  /** Of this tab's dry sample. */
  | { readonly type: 'dry-sample'; readonly progress: DryProgress }
  /** What this tab's judge does before it can answer, or a judge's model that is fetched; null when it is done. */
  | { readonly type: 'judge'; readonly state: JudgeState | null }
  /** Of what this tab fetches or makes for its prompt sets. */
  | { readonly type: 'prompts'; readonly progress: PromptProgress }
  /** Another tab holds the run's lock: this one only watches. */
  | { readonly type: 'elsewhere'; readonly runId: string | null }
  /** How far it is. One that has ended is gone from `downloads()`, and `models` says so. */
  | { readonly type: 'download'; readonly download: Download }
  /** Models or downloads came or went: ask again. */
  | { readonly type: 'models' };

/** Of one run. */
export interface Ballots {
  readonly waiting: readonly Ballot[];
  /** Votes that can still be taken back, and they with those that wait. */
  readonly done: number;
  readonly total: number;
}

/** Two responses for a judge to be tried on. */
export interface JudgeTrial {
  readonly instruction: string;
  readonly responses: readonly [string, string];
  readonly reference: { readonly answer: string; readonly check: string } | null;
  /** More that the rule checks. */
  readonly checks?: readonly WeightedCheck[];
}

export interface JudgeTrialResult {
  readonly judge: string;
  /** In the order of the responses. */
  readonly scores: readonly (number | null)[];
  readonly detail: string;
  readonly calls: readonly JudgeCall[];
  /** Of a panel: what each gave. */
  readonly members: readonly MemberScores[];
  readonly controls: readonly ControlOutcome[];
  /** From the question to the verdict on the two; the first time, loading is part of it. */
  readonly seconds: number;
}

/** One completion of a dry sample, parsed. */
export interface DryCompletion {
  readonly promptId: string;
  readonly instruction: string;
  /** As it was written, without the end of turn. */
  readonly text: string;
  readonly thought: string;
  readonly response: string;
  readonly malformed: Malformed | null;
  readonly tokens: number;
}

/** What a model does with the recipe's format, found out before a run. */
export interface DrySample {
  readonly arm: Arm;
  /** Longest completion, in tokens. */
  readonly limit: number;
  readonly completions: readonly DryCompletion[];
  /** How many of them. */
  readonly malformed: number;
  readonly meanTokens: number;
  /** Of all completions together. */
  readonly tokensPerSecond: number | null;
  /** A sentence with the numbers. */
  readonly finding: string;
  /** The way out where most are malformed, and the recipe's field it names; else null. */
  readonly advice: string | null;
  readonly field: keyof Recipe | null;
}

export interface DryProgress {
  readonly phase: 'load' | 'generate';
  /** Tensors that are loaded, then prompts that are answered. */
  readonly done: number;
  readonly total: number;
  /** Written so far. */
  readonly tokens: number;
  readonly tokensPerSecond: number | null;
}

export interface StorageInfo {
  /** Bytes. */
  readonly usage: number;
  readonly quota: number;
  readonly persisted: boolean;
}

/** An adapter that was brought in as files. */
export interface ImportedAdapter {
  readonly id: string;
  readonly name: string;
  /** When it came in; milliseconds since 1970. */
  readonly created: number;
  readonly bytes: number;
  /** What a recipe must agree with to begin with it; null where the stored files are damaged. */
  readonly settings: AdapterSettings | null;
  /** As the adapter names it; '' where it does not. */
  readonly baseModel: string;
}

/** A model that a recipe can name: as its policy or as a judge. */
export interface ModelInfo {
  readonly id: string;
  readonly name: string;
  /** A policy, or a judge in ONNX. */
  readonly use: ModelUse;
  readonly source: 'bundled' | 'hub' | 'local';
  /** On the Hub, e.g. `HuggingFaceTB/SmolLM2-135M-Instruct`. */
  readonly repository: string | null;
  /** Of the repository: a commit. */
  readonly revision: string | null;
  readonly licence: string | null;
  /** Of its files. */
  readonly bytes: number;
  /** Hugging Face's name, e.g. `LlamaForCausalLM`. */
  readonly architecture: string | null;
  readonly parameters: number | null;
  /** Type of most of its values, e.g. `Q4_1`, `BF16`. */
  readonly quantization: string | null;
  /** Milliseconds since 1970; 0 for a bundled one. */
  readonly created: number;
  /** Stored but not usable: damaged or unsupported. */
  readonly failure: Failure | null;
}

/** Exact, from the plan alone. Bytes. */
export interface ModelCosts {
  readonly generation: number;
  readonly training: number;
  readonly trainingCheckpointed: number;
  /** A sentence that says why the recipe cannot be planned for this model; null where it can. */
  readonly refused: string | null;
}

export interface HubFile {
  /** Path within the repository. */
  readonly name: string;
  readonly bytes: number;
}

/** One of the ways in which a repository holds its model. */
export interface HubChoice {
  /** `safetensors`, or the path of the GGUF's or the judge's ONNX file. */
  readonly name: string;
  readonly files: readonly HubFile[];
  readonly bytes: number;
}

/** What a repository on the Hub has, at one commit. */
export interface HubOffer {
  readonly repository: string;
  readonly revision: string;
  readonly licence: string | null;
  /** Its files are given only to who accepted its terms. */
  readonly gated: boolean;
  readonly choices: readonly HubChoice[];
}

/** A model on its way into the storage. */
export interface Download {
  /** The id that the model will have. */
  readonly id: string;
  readonly name: string;
  readonly repository: string;
  readonly revision: string;
  readonly choice: string;
  readonly status: 'running' | 'paused' | 'checking' | 'failed';
  readonly bytes: number;
  readonly received: number;
  /** null while it does not run, or has only begun. */
  readonly bytesPerSecond: number | null;
  readonly secondsLeft: number | null;
  readonly failure: Failure | null;
}

/** A model that the page recommends. */
export interface CuratedModel {
  readonly name: string;
  readonly repository: string;
  readonly revision: string;
  /** The GGUF's file name; null for the safetensors. */
  readonly choice: string | null;
  readonly bytes: number;
  readonly licence: string;
  readonly parameters: number;
  readonly gated: boolean;
  readonly note: string;
  /** At K = 8 and 1,024 tokens. */
  readonly costs: ModelCosts;
}

/** What a judge is busy with while it loads. */
export interface JudgeState {
  readonly judge: string;
  /** A clause, e.g. "fetching weights, 62 MB". */
  readonly phase: string;
  /** 0 … 1 of this phase; null where nobody knows. */
  readonly progress: number | null;
}

/** A language model that WebLLM can run. */
export interface WebllmModel {
  readonly id: string;
  /** Of its weights; null where nobody has asked their host. */
  readonly bytes: number | null;
  /** The same, else roughly, as its name has it; null where it has none. */
  readonly about: number | null;
  /** On the GPU, in bytes. */
  readonly memory: number;
  readonly needsF16: boolean;
  /** On this device. */
  readonly usable: boolean;
  readonly stored: boolean;
  /** Added by the user. */
  readonly custom: boolean;
}

export interface RolloutFilter {
  readonly purpose?: Purpose;
  readonly arm?: Arm;
  readonly iteration?: number;
}

/** The report of `npm run tpo`, version 1. */
export interface Report {
  readonly version: 1;
  readonly recipe: Recipe;
  readonly device: DeviceInfo;
  readonly evaluations: readonly {
    iteration: number;
    arm: Arm;
    prompts: number;
    /** Those with a reference answer. */
    checkable: number | null;
    accuracy: number | null;
    meanScore: number | null;
    malformed: number;
    thoughtTokens: number | null;
    responseTokens: number | null;
    judge: string;
    winRates: readonly WinRate[];
  }[];
  readonly iterations: readonly {
    iteration: number;
    arm: Arm;
    prompts: number;
    candidates: number;
    malformed: number;
    pairs: number;
    noPair: Record<string, number>;
    train: {
      steps: number;
      loss: number[];
      'rewards/accuracies': number[];
      'rewards/margins': number[];
      'logps/chosen': number[];
      'logps/rejected': number[];
      grad_norm: number[];
      learning_rate: number[];
    };
    tokens: { prefill: number; decoded: number; trained: number };
    seconds: { generate: number; judge: number; reference: number; train: number; evaluate: number };
    /** null where nothing was judged, or before it was looked at. */
    judge: JudgeFacts | null;
  }[];
  /** Of runs that have one. */
  readonly warmUp?: {
    arm: Arm;
    prompts: number;
    candidates: number;
    malformed: number;
    /** Completions trained on. */
    samples: number;
    train: { steps: number; loss: number[]; grad_norm: number[]; learning_rate: number[] };
    tokens: { prefill: number; decoded: number; trained: number };
    seconds: { generate: number; train: number };
  };
  readonly memory: { readonly planned: number; readonly peak: number };
  /** Of the thinking arm's adapter file (of the only arm's where there is no thinking arm). */
  readonly adapter: { readonly sha256: string };
}

/** A folder of golden numbers, laid out as e2e/golden/models/<name> is. */
export interface ParityFolder {
  readonly name: string;
  /** Ends with a slash; the files lie below it. */
  readonly url: string;
  /** Paths relative to `url`, with forward slashes. */
  readonly files: readonly string[];
  /** A GGUF file where the folder has no weights: its name and address. */
  readonly model: { readonly name: string; readonly url: string } | null;
}

/** One quantity of one model, against its golden numbers. */
export interface ParityRow {
  /** e.g. "logits", "gradient of layers.0.self_attn.q_proj.lora_A". */
  readonly quantity: string;
  readonly maxAbsolute: number;
  /** Relative to the largest entry of the same tensor. */
  readonly maxRelative: number;
  /** As the tolerance table says it, e.g. "2e-4 abs". */
  readonly tolerance: string;
  readonly ok: boolean;
}

export interface RemoteAccessInfo {
  readonly key: boolean;
  readonly headers: readonly string[];
  readonly remembered: boolean;
}

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
