/**
 * Ids of models: of one that is served beside the page, of one from the Hugging Face Hub, or of one from the user's
 * files.
 */

/** Subfolders of a model's folder that belong to the model. */
export const INNER_FOLDERS = ['onnx', '1_Pooling'];

export type ModelId =
  | { readonly source: 'bundled'; readonly name: string }
  | {
      readonly source: 'hub';
      /** `owner/name`. */
      readonly repository: string;
      /** A commit. */
      readonly revision: string;
      /** `safetensors`, or the path of the one file that holds the weights: `x.gguf`, `onnx/model.onnx`. */
      readonly choice: string;
    }
  | { readonly source: 'local'; readonly name: string; readonly hash: string };

const HUB = /^hub\/([\w.-]+\/[\w.-]+)@([0-9a-f]{40})\/((?:onnx\/)?[^/]+)$/;
const LOCAL = /^local\/([^/]+)-([0-9a-f]{12})$/;
const BUNDLED = /^\w[\w.-]*$/;

/** null where the text is not the id of a model: a recipe may come from a link. */
export function parseModelId(id: string): ModelId | null {
  const [, repository, revision, choice] = HUB.exec(id) ?? [];
  if (repository !== undefined && revision !== undefined && choice !== undefined)
    return { source: 'hub', repository, revision, choice };
  const [, name, hash] = LOCAL.exec(id) ?? [];
  if (name !== undefined && hash !== undefined) return { source: 'local', name, hash };
  return BUNDLED.test(id) ? { source: 'bundled', name: id } : null;
}

export function hubModelId(repository: string, revision: string, choice: string): string {
  return `hub/${repository}@${revision}/${choice}`;
}

/** @param sha256 hash of the model's content, 64 hexadecimal digits */
export function localModelId(name: string, sha256: string): string {
  return `local/${name.replaceAll('/', '-')}-${sha256.slice(0, 12)}`;
}

/** The base model of an adapter, for `from_pretrained`: the repository on the Hub, or the name of the folder. */
export function baseModelName(id: string): string {
  const parsed = parseModelId(id);
  if (parsed === null) return id;
  return parsed.source === 'hub' ? parsed.repository : parsed.name;
}

export const isBundledModel = (id: string): boolean => parseModelId(id)?.source === 'bundled';

/**
 * Billions of parameters, as the name says (`Qwen2.5-7B-Instruct`, `qwen2.5:0.5b`, `Mixtral-8x7B`). null where it does
 * not say.
 */
export function billionsOf(name: string): number | null {
  const [, experts = '1', count, unit] =
    /(?<![a-z0-9.])(?:(\d+)x)?(\d+(?:\.\d+)?)([bm])(?![a-z0-9])/i.exec(name) ?? [];
  if (count === undefined || unit === undefined) return null;
  return (Number(experts) * Number(count)) / (unit.toLowerCase() === 'b' ? 1 : 1000);
}
