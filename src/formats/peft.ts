/**
 * LoRA adapters in the format of PEFT 0.21: `adapter_config.json` and `adapter_model.safetensors`. Settings that the
 * lab's LoRA does not support are refused by their PEFT name.
 */
import * as v from 'valibot';
import { firstIssue, LabError } from '../lib/errors';
import { TARGET_MODULES, type TargetModule } from '../recipe/recipe';
import type { ByteSource } from './byte-source';
import { readFloat32 } from './dequantize';
import { openSafetensors, type TensorToWrite, writeSafetensors } from './safetensors';

export const CONFIG_FILE = 'adapter_config.json';
export const WEIGHTS_FILE = 'adapter_model.safetensors';

const ADVICE = 'Nothing was imported.';

function bad(what: string): never {
  throw new LabError('bad-file', what, ADVICE);
}

export interface AdapterTensor {
  readonly layer: number;
  readonly module: TargetModule;
  /** A is [rank, in], B is [out, rank]. */
  readonly matrix: 'A' | 'B';
  readonly shape: readonly [number, number];
  readonly values: Float32Array<ArrayBuffer>;
}

export interface AdapterConfig {
  readonly rank: number;
  readonly alpha: number;
  /** Scale by alpha/√rank instead of alpha/rank. */
  readonly rsLora: boolean;
  /** As in the file: names of modules (or their ends), or a regular expression for whole names. */
  readonly targets: readonly string[] | RegExp;
  readonly baseModel: string;
}

export interface PeftAdapter {
  readonly config: Omit<AdapterConfig, 'targets'>;
  /** Ordered by layer, module (as in `TARGET_MODULES`) and matrix. */
  readonly tensors: readonly AdapterTensor[];
}

const BLOCK: Record<TargetModule, 'self_attn' | 'mlp'> = {
  q_proj: 'self_attn',
  k_proj: 'self_attn',
  v_proj: 'self_attn',
  o_proj: 'self_attn',
  gate_proj: 'mlp',
  up_proj: 'mlp',
  down_proj: 'mlp',
};

/** The module's name in the base model. PEFT matches `target_modules` against it. */
function moduleName(layer: number, module: TargetModule): string {
  return `model.layers.${layer}.${BLOCK[module]}.${module}`;
}

export function tensorName(layer: number, module: TargetModule, matrix: 'A' | 'B'): string {
  return `base_model.model.${moduleName(layer, module)}.lora_${matrix}.weight`;
}

const TENSOR_NAME =
  /^base_model\.model\.model\.layers\.(0|[1-9]\d{0,3})\.(?:self_attn|mlp)\.(\w+)\.lora_([AB])\.weight$/;

function parseTensorName(name: string): Pick<AdapterTensor, 'layer' | 'module' | 'matrix'> {
  const match = TENSOR_NAME.exec(name);
  const layer = Number(match?.[1]);
  const module = TARGET_MODULES.find((m) => m === match?.[2]);
  const matrix = match?.[3] === 'A' ? 'A' : 'B';
  if (match === null || module === undefined || tensorName(layer, module, matrix) !== name) {
    bad(`The adapter holds ${name}, which is not one of the seven projections that the lab adapts.`);
  }
  return { layer, module, matrix };
}

// ---- configuration

/** Settings that do not affect what the adapter computes, or that are read below. */
const KNOWN = new Set([
  'auto_mapping',
  'base_model_name_or_path',
  'inference_mode',
  'init_lora_weights',
  'lora_alpha',
  'lora_dropout',
  'megatron_core',
  'peft_type',
  'peft_version',
  'qalora_group_size',
  'r',
  'revision',
  'target_modules',
  'task_type',
  'use_rslora',
  'bias',
  'eva_config',
]);

/** Initialisations that do not change the base weights. Others do (PiSSA, OLoRA, …). */
const HARMLESS_INIT: readonly unknown[] = [undefined, null, true, false, 'gaussian', 'orthogonal', 'eva'];

const ConfigSchema = v.object({
  peft_type: v.literal('LORA'),
  task_type: v.optional(v.nullable(v.literal('CAUSAL_LM')), null),
  r: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_536)),
  lora_alpha: v.pipe(v.number(), v.finite(), v.gtValue(0)),
  use_rslora: v.optional(v.nullable(v.boolean()), false),
  bias: v.optional(v.nullable(v.literal('none')), 'none'),
  target_modules: v.union([v.pipe(v.array(v.string()), v.minLength(1)), v.pipe(v.string(), v.maxLength(512))]),
  base_model_name_or_path: v.optional(v.nullable(v.string()), null),
  init_lora_weights: v.unknown(),
});
const AnyObject = v.record(v.string(), v.unknown());

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** @throws LabError bad-file, naming the first unsupported setting */
export function parseAdapterConfig(text: string): AdapterConfig {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    bad('adapter_config.json is not JSON.');
  }
  if (!v.is(AnyObject, json) || Array.isArray(json)) bad('adapter_config.json is not a JSON object.');
  // An unknown setting (of a later PEFT) is refused unless it is switched off.
  const unknown = Object.entries(json).find(([key, value]) => !KNOWN.has(key) && !isEmpty(value));
  if (unknown) bad(`The adapter uses ${unknown[0]}, which is not supported.`);
  const parsed = v.safeParse(ConfigSchema, json);
  if (!parsed.success) bad(`adapter_config.json: ${firstIssue(parsed.issues)}.`);
  const config = parsed.output;
  if (!HARMLESS_INIT.includes(config.init_lora_weights)) {
    bad(
      `The adapter uses init_lora_weights ${JSON.stringify(config.init_lora_weights)}, ` +
        "which changes the base model's weights; the lab keeps them unchanged.",
    );
  }
  return {
    rank: config.r,
    alpha: config.lora_alpha,
    rsLora: config.use_rslora ?? false,
    targets: typeof config.target_modules === 'string' ? compileTargets(config.target_modules) : config.target_modules,
    baseModel: config.base_model_name_or_path ?? '',
  };
}

/**
 * PEFT matches whole names (`re.fullmatch`). An untrusted expression could run for hours, so only few repetitions are
 * allowed, and none of a group.
 */
function compileTargets(pattern: string): RegExp {
  const bare = pattern.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x');
  if (/\)[*+{]/.test(bare) || (bare.match(/[*+{]/g)?.length ?? 0) > 5) {
    bad('adapter_config.json: target_modules has too many repetitions for the lab to evaluate it.');
  }
  try {
    return new RegExp(`^(?:${pattern})$`);
  } catch {
    bad('adapter_config.json: target_modules is not a regular expression that the lab understands.');
  }
}

/** An entry of a list matches a module's whole name, or its end after a dot. */
function isTarget(targets: AdapterConfig['targets'], name: string): boolean {
  return targets instanceof RegExp ? targets.test(name) : targets.some((t) => name === t || name.endsWith(`.${t}`));
}

// ---- the two files

/** @throws LabError bad-file */
export async function readPeft(configText: string, weights: ByteSource): Promise<PeftAdapter> {
  const { targets, ...config } = parseAdapterConfig(configText);
  const file = await openSafetensors(weights);
  const tensors: AdapterTensor[] = [];
  for (const [name, { shape }] of file.tensors) {
    const place = parseTensorName(name);
    const [rows, columns, ...more] = shape;
    const rank = place.matrix === 'A' ? rows : columns;
    if (rows === undefined || columns === undefined || more.length > 0 || rank !== config.rank) {
      bad(
        `${name} has the shape [${shape.join(', ')}], ` +
          `which does not match the rank ${config.rank} in adapter_config.json.`,
      );
    }
    tensors.push({ ...place, shape: [rows, columns], values: await readFloat32(file, name) });
  }
  const layers = Math.max(-1, ...tensors.map((t) => t.layer)) + 1;
  if (layers === 0) bad('The adapter holds no tensors.');
  for (let layer = 0; layer < layers; layer++) {
    for (const module of TARGET_MODULES) {
      const required = isTarget(targets, moduleName(layer, module));
      for (const matrix of ['A', 'B'] as const) {
        const name = tensorName(layer, module, matrix);
        if (required !== file.tensors.has(name))
          bad(
            required
              ? `target_modules asks for ${name}, but the file does not have it.`
              : `target_modules does not name ${name}, but the file has it.`,
          );
      }
    }
  }
  if (!(targets instanceof RegExp)) {
    const foreign = targets.find((t) => !tensors.some((x) => isTarget([t], moduleName(x.layer, x.module))));
    if (foreign !== undefined) bad(`target_modules names ${foreign}, which cannot be adapted.`);
  }
  return { config, tensors: inOrder(tensors) };
}

function inOrder(tensors: readonly AdapterTensor[]): AdapterTensor[] {
  const key = (t: AdapterTensor) =>
    (t.layer * TARGET_MODULES.length + TARGET_MODULES.indexOf(t.module)) * 2 + (t.matrix === 'B' ? 1 : 0);
  return [...tensors].sort((a, b) => key(a) - key(b));
}

/** Writes the two files byte for byte as `save_pretrained` does. */
export function writePeft({ config, tensors }: PeftAdapter): { config: string; weights: Uint8Array<ArrayBuffer> } {
  const modules = [...new Set(tensors.map((t) => t.module))].sort();
  const out = new Map<string, TensorToWrite>();
  for (const { layer, module, matrix, shape, values } of tensors) {
    out.set(tensorName(layer, module, matrix), {
      dtype: 'F32',
      shape,
      bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    });
  }
  return { config: configJson(config, modules), weights: writeSafetensors(out) };
}

function configJson(config: PeftAdapter['config'], modules: readonly TargetModule[]): string {
  const fields = {
    alora_invocation_tokens: null,
    alpha_pattern: {},
    arrow_config: null,
    auto_mapping: null,
    base_model_name_or_path: config.baseModel,
    bias: 'none',
    corda_config: null,
    ensure_weight_tying: false,
    eva_config: null,
    exclude_modules: null,
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    kasa_config: null,
    layer_replication: null,
    layers_pattern: null,
    layers_to_transform: null,
    loftq_config: {},
    lora_alpha: config.alpha,
    lora_bias: false,
    lora_dropout: 0,
    lora_ga_config: null,
    megatron_config: null,
    megatron_core: 'megatron.core',
    modules_to_save: null,
    monteclora_config: null,
    peft_type: 'LORA',
    peft_version: '0.21.2',
    qalora_group_size: 16,
    r: config.rank,
    rank_pattern: {},
    revision: null,
    target_modules: modules,
    target_parameters: null,
    task_type: 'CAUSAL_LM',
    trainable_token_indices: null,
    use_bdlora: null,
    use_dora: false,
    use_qalora: false,
    use_rslora: config.rsLora,
    velora_config: null,
  };
  // Python writes the float 0 as 0.0, and escapes everything that is not ASCII.
  return JSON.stringify(fields, null, 2)
    .replace('"lora_dropout": 0,', '"lora_dropout": 0.0,')
    .replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
