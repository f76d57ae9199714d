/** Which files of a folder make a model that the lab reads: a repository on the Hub or a folder of the user's. By their names alone. */

const INDEX = 'model.safetensors.index.json';
const NEEDED = ['config.json', 'tokenizer.json', 'tokenizer_config.json'];
const OPTIONAL = ['chat_template.jinja', 'generation_config.json'];
const SHARD = /^model-\d+-of-\d+\.safetensors$/;
const SPLIT = /-\d+-of-\d+\.gguf$/i;

export interface FolderModels {
  /** The files of a Hugging Face model; null where there is none. */
  readonly safetensors: readonly string[] | null;
  /** Single files that are each a model. */
  readonly ggufs: readonly string[];
  /** Why there is no model, as a sentence; null where there is one. */
  readonly missing: string | null;
}

/** @param names of the files in the folder itself, without those of folders in it */
export function modelsIn(names: readonly string[]): FolderModels {
  const present = new Set(names);
  const all = names.filter((name) => /\.gguf$/i.test(name));
  // A projector of images is no language model.
  const ggufs = all.filter((name) => !SPLIT.test(name) && !/^mmproj/i.test(name));
  const shards = names.filter((name) => SHARD.test(name));
  const weights =
    present.has(INDEX) && shards.length > 0 ? [INDEX, ...shards] : names.filter((name) => name === 'model.safetensors');
  const lacking = NEEDED.filter((name) => !present.has(name));
  const safetensors =
    weights.length > 0 && lacking.length === 0 ? [...NEEDED, ...OPTIONAL.filter((name) => present.has(name)), ...weights] : null;
  if (safetensors !== null || ggufs.length > 0) return { safetensors, ggufs, missing: null };
  return { safetensors, ggufs, missing: whatIsMissing(names, all, weights, lacking) };
}

function whatIsMissing(
  names: readonly string[],
  ggufs: readonly string[],
  weights: readonly string[],
  lacking: readonly string[],
): string {
  if (weights.length > 0) return `It has weights, but no ${lacking.join(' and no ')}.`;
  if (ggufs.some((name) => SPLIT.test(name)))
    return 'Its GGUF is split into several files, which the lab does not read: a single file is needed.';
  if (names.includes('adapter_config.json'))
    return 'It is an adapter: a model is needed first, and adapters have a place of their own.';
  if (names.some((name) => /\.(bin|pt|pth|h5|msgpack|onnx)$/.test(name)))
    return 'Its weights are in another format; the lab reads safetensors and GGUF.';
  return 'It has neither model.safetensors (nor its shards with their index) nor a GGUF file.';
}
