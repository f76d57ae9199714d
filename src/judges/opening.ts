/**
 * The context in which a judge is opened, as interfaces. The worker implements them (src/worker/judges). Types only.
 */
import type { TemplateRenderer } from '../model/tokenizer/template-renderer';
import type { JudgeKind } from '../recipe/judges/kinds';
import type { Recipe } from '../recipe/recipe';
import type { DeviceInfo } from '../records/device';
import type { JudgeState } from '../records/judges';
import type { OpenJudge } from './judge';
import type { JudgeFiles, JudgeTexts } from './onnx/reading';
import type { RemoteConnection, RemoteSettings } from './remote/remote-model';
import type { VerdictModel } from './self';
import type { WebllmCatalog } from './webllm/session';

/** The services of the page that judges use. They live as long as the worker. */
export interface JudgeServices {
  /** URL of the page, with a slash at the end. */
  readonly base: string;
  /** @throws LabError no-webgpu, adapter-limits */
  device(): Promise<DeviceInfo>;
  readonly templates: TemplateRenderer;
  /** The files that the page serves in `models/<name>/`. @throws LabError not-found: `name` is not a folder name */
  servedFiles(name: string): Promise<JudgeTexts>;
  /**
   * The files of a model in the browser's storage. @throws LabError judge-failed: the model is not stored, or has
   * another use; bad-file
   */
  storedFiles(id: string, use: 'reward' | 'embedding'): Promise<JudgeFiles>;
  /** The models that WebLLM can load. */
  webllm(): Promise<WebllmCatalog>;
  /** Keys, spending and cached replies of remote servers. */
  remote(): Promise<{
    /**
     * @param runId the run whose spending limits apply. Null for a trial, which has a budget and a cache of its own
     * @throws LabError judge-failed: the recipe's URL is not valid
     */
    connect(settings: RemoteSettings, runId: string | null): RemoteConnection;
  }>;
}

/** The run or trial for which a judge is opened. */
export interface JudgeContext {
  /** Null for a trial. */
  readonly runId: string | null;
  /** The policy whose base weights the judge `self` uses. Null while none is loaded. */
  policy(): VerdictModel | null;
  /** Reports the loading progress of a judge; null when it has ended. */
  onLoading(state: JudgeState | null): void;
}

/** The argument of every opener. */
export interface JudgeOpening {
  readonly recipe: Recipe;
  readonly services: JudgeServices;
  readonly context: JudgeContext;
  /** Opens a judge of another kind for the same recipe and run. A panel opens its members with it. */
  open(kind: JudgeKind): Promise<OpenJudge>;
}

/** Opens one kind of judge. @throws LabError judge-failed, bad-file, unsupported-model, no-webgpu, adapter-limits */
export type JudgeOpener = (opening: JudgeOpening) => OpenJudge | Promise<OpenJudge>;
