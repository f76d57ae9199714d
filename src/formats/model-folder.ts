/** Recognises the models in a folder (a repository of the Hub or a local folder) by the names of its files. */
import * as v from 'valibot';
import type { ModelUse } from '../records/models';

/** Only a sentence-transformer has this file, regardless of the name of its encoder. */
const SENTENCE_MODULES = 'modules.json';

const INDEX = 'model.safetensors.index.json';
const NEEDED = ['config.json', 'tokenizer.json', 'tokenizer_config.json'];
const OPTIONAL = ['chat_template.jinja', 'generation_config.json'];
const SHARD = /^model-\d+-of-\d+\.safetensors$/;
const SPLIT = /-\d+-of-\d+\.gguf$/i;

const ONNX = /^(onnx\/)?model[\w.-]*\.onnx$/;
const JUDGE_OPTIONAL = ['chat_template.jinja', SENTENCE_MODULES, '1_Pooling/config.json', 'sentence_bert_config.json'];

/** One way to load a model from a folder: the safetensors, or one of several GGUF or ONNX files. */
export interface FolderChoice {
  /** `safetensors`, or the name of the single file that holds the weights. */
  readonly name: string;
  readonly files: readonly string[];
}

export interface FolderModels {
  /** Policies. */
  readonly safetensors: FolderChoice | null;
  readonly ggufs: readonly FolderChoice[];
  /** Judges. */
  readonly onnx: readonly FolderChoice[];
  /** A sentence that says why there is no model. Null if there is one. */
  readonly missing: string | null;
}

/** @param names paths of the files in the folder itself and in its `INNER_FOLDERS` */
export function modelsIn(names: readonly string[]): FolderModels {
  const present = new Set(names);
  const all = names.filter((name) => /\.gguf$/i.test(name));
  // An `mmproj` file projects images into the model's space; it is not a language model.
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

/** The file next to an ONNX graph that holds its weights. Null if the graph holds them itself. */
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
    return 'Its GGUF is split into several files, which is not supported: a single file is needed.';
  const [graph] = graphs;
  if (graph !== undefined)
    return [
      `${graph} keeps its weights in a separate file, ${externalData(graph, names)}, which is not supported:`,
      'one file with both is needed.',
    ].join(' ');
  if (names.includes('adapter_config.json'))
    return 'It is an adapter, not a model: import it as an adapter after adding its base model.';
  if (names.some((name) => name.endsWith('.onnx')))
    return [
      'Its ONNX files are parts of a model.',
      'The lab reads judges from a file called model.onnx, and policies from safetensors and GGUF.',
    ].join(' ');
  if (names.some((name) => /\.(bin|pt|pth|h5|msgpack)$/.test(name)))
    return 'Its weights are in another format. The lab reads safetensors and GGUF, and ONNX for judges.';
  return 'It has no model.safetensors (whole, or in shards with an index), no GGUF file and no model.onnx.';
}

/**
 * Returns what the lab can use a model for.
 * @param architecture as config.json names it, for example `BertForSequenceClassification`
 * @param names of the model's files
 */
export function useOf(architecture: string, names: readonly string[]): ModelUse {
  if (architecture.endsWith('ForSequenceClassification')) return 'reward';
  if (names.includes(SENTENCE_MODULES)) return 'embedding';
  // An encoder without a head, or with its pre-training head.
  return /(Model|ForMaskedLM|ForPreTraining)$/.test(architecture) ? 'embedding' : 'policy';
}

const ConfigSchema = v.looseObject({ architectures: v.array(v.string()) });

/** The architecture that a parsed config.json names, or ''. */
export function architectureOf(config: unknown): string {
  const parsed = v.safeParse(ConfigSchema, config);
  return parsed.success ? (parsed.output.architectures[0] ?? '') : '';
}
