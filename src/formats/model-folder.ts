/** Which files of a folder make a model that the lab reads: a repository on the Hub or a folder of the user's. By their names alone. */
import { SENTENCE_MODULES } from './model-use';

const INDEX = 'model.safetensors.index.json';
const NEEDED = ['config.json', 'tokenizer.json', 'tokenizer_config.json'];
const OPTIONAL = ['chat_template.jinja', 'generation_config.json'];
const SHARD = /^model-\d+-of-\d+\.safetensors$/;
const SPLIT = /-\d+-of-\d+\.gguf$/i;

const ONNX = /^(onnx\/)?model[\w.-]*\.onnx$/;
const JUDGE_OPTIONAL = ['chat_template.jinja', SENTENCE_MODULES, '1_Pooling/config.json', 'sentence_bert_config.json'];

/** One of the ways in which a folder holds a model. */
export interface FolderChoice {
  /** `safetensors`, or the name of the one file that holds the weights. */
  readonly name: string;
  readonly files: readonly string[];
}

export interface FolderModels {
  /** Policies. */
  readonly safetensors: FolderChoice | null;
  readonly ggufs: readonly FolderChoice[];
  /** Judges. */
  readonly onnx: readonly FolderChoice[];
  /** Why there is no model, as a sentence; null where there is one. */
  readonly missing: string | null;
}

/** @param names of the files in the folder itself, and with their folder of those in `INNER_FOLDERS` */
export function modelsIn(names: readonly string[]): FolderModels {
  const present = new Set(names);
  const all = names.filter((name) => /\.gguf$/i.test(name));
  // A projector of images is no language model.
  const ggufs = all
    .filter((name) => !SPLIT.test(name) && !/^mmproj/i.test(name))
    .map((name) => ({ name, files: [name] }));
  const shards = names.filter((name) => SHARD.test(name));
  const weights =
    present.has(INDEX) && shards.length > 0
      ? [INDEX, ...shards]
      : names.filter((name) => name === 'model.safetensors');
  const graphs = names.filter((name) => ONNX.test(name));
  const whole = graphs.filter((name) => externalData(name, names) === null);
  const lacking = NEEDED.filter((name) => !present.has(name));
  const complete = (some: readonly string[], optional: readonly string[]): readonly string[] => [
    ...NEEDED,
    ...optional.filter((name) => present.has(name)),
    ...some,
  ];
  const safetensors =
    weights.length > 0 && lacking.length === 0 ? { name: 'safetensors', files: complete(weights, OPTIONAL) } : null;
  const onnx = lacking.length > 0 ? [] : whole.map((name) => ({ name, files: complete([name], JUDGE_OPTIONAL) }));
  if (safetensors !== null || ggufs.length > 0 || onnx.length > 0) return { safetensors, ggufs, onnx, missing: null };
  return { safetensors, ggufs, onnx, missing: whatIsMissing(names, all, [...weights, ...whole], graphs, lacking) };
}

/** The file beside a graph that holds its weights; null where it holds them itself. */
function externalData(graph: string, names: readonly string[]): string | null {
  return names.find((name) => name.startsWith(`${graph}_data`) || name.startsWith(`${graph}.data`)) ?? null;
}

function whatIsMissing(
  names: readonly string[],
  ggufs: readonly string[],
  weights: readonly string[],
  graphs: readonly string[],
  lacking: readonly string[],
): string {
  if (weights.length > 0) return `It has weights, but no ${lacking.join(' and no ')}.`;
  if (ggufs.some((name) => SPLIT.test(name)))
    return 'Its GGUF is split into several files, which the lab does not read: a single file is needed.';
  const [graph] = graphs;
  if (graph !== undefined)
    return `${graph} keeps its weights in a file of their own, ${externalData(graph, names)}, which the lab does not read: one file with both is needed.`;
  if (names.includes('adapter_config.json'))
    return 'It is an adapter: a model is needed first, and adapters have a place of their own.';
  if (names.some((name) => name.endsWith('.onnx')))
    return 'Its ONNX files are parts of a model; the lab reads judges from one called model.onnx, and policies from safetensors and GGUF.';
  if (names.some((name) => /\.(bin|pt|pth|h5|msgpack)$/.test(name)))
    return 'Its weights are in another format; the lab reads safetensors and GGUF, and ONNX of judges.';
  return 'It has neither model.safetensors (nor its shards with their index) nor a GGUF file, nor a model.onnx.';
}
