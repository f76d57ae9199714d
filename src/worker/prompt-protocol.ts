import type {
  DatasetOffer,
  PromptFormat,
  PromptPlan,
  PromptPreview,
  PromptSource,
  PromptTableInfo,
} from '../records/prompt-import';
import type { MadeHow, MadePrompts, MakePromptsWish, Prompt, PromptLengths, PromptSetInfo } from '../records/prompts';

/** The lab's calls about prompt sets. */
export interface PromptCalls {
  /** The bundled sets first, then the user's, the newest first. */
  promptSets(): Promise<readonly PromptSetInfo[]>;
  /** JSONL as text; refuses with the line number. */
  importPrompts(name: string, jsonl: string): Promise<PromptSetInfo>;
  /** @throws LabError not-found */
  promptRows(id: string): Promise<readonly Prompt[]>;
  renamePromptSet(id: string, name: string): Promise<PromptSetInfo>;
  /** Deletes nothing. @throws LabError running-elsewhere: a run that is not finished needs the whole set to go on */
  mayDeletePromptSet(id: string): Promise<void>;
  /** A finished run keeps the prompts that it used. @throws LabError as `mayDeletePromptSet` */
  deletePromptSet(id: string): Promise<void>;
  /** JSON lines. */
  exportPromptSet(id: string): Promise<string>;
  /** @param set null: of what is being imported. @param model null: in characters */
  promptLengths(set: string | null, model: string | null): Promise<PromptLengths>;

  /** Reads it, in place of what was read before. @throws LabError bad-prompts: a sentence about the file */
  readPrompts(source: PromptSource): Promise<PromptTableInfo>;
  /** Reads the same file or text again, also one that could not be read as what it looked like. @throws LabError bad-prompts, not-found */
  readPromptsAs(format: PromptFormat): Promise<PromptTableInfo>;
  /** Of what was read last. @throws LabError not-found */
  previewPrompts(plan: PromptPlan): Promise<PromptPreview>;
  /** Keeps it: one set, or two where it is split. @throws LabError bad-prompts, storage-full */
  importMapped(name: string, plan: PromptPlan): Promise<readonly PromptSetInfo[]>;
  /** Gives up what is being fetched or read, and forgets what was read. */
  closePrompts(): Promise<void>;

  /** Asks the Hub; stores nothing. @throws LabError not-found, gated, hub-unreachable, hub-failed, bad-prompts */
  lookUpDataset(reference: string, token: string | null): Promise<DatasetOffer>;
  /** Fetches one file into memory, checks it and reads it. @throws LabError cancelled, and what fetching and reading throw */
  fetchDataset(offer: DatasetOffer, file: string, token: string | null): Promise<PromptTableInfo>;

  /**
   * New instructions after examples of a set, by the model's own weights; nothing is stored. Not while a run runs.
   * @throws LabError cancelled, running-elsewhere, bad-prompts, prompt-too-long, and what opening a model throws
   */
  makePrompts(wish: MakePromptsWish): Promise<MadePrompts>;
  /** Resolves when its device is free. */
  cancelMakePrompts(): Promise<void>;
  /** Those that the user keeps, as a set of their own. @throws LabError bad-prompts, storage-full */
  keepPrompts(name: string, instructions: readonly string[], how: MadeHow): Promise<PromptSetInfo>;
}
