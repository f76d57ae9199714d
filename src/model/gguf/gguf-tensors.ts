/** The tensors of a GGUF model with Hugging Face's names and row order. Their storage is unchanged. */
import type { Allocate } from '../../formats/byte-source';
import type { Gguf } from '../../formats/gguf/gguf';
import { rowRange, type TensorFile, type TensorInfo } from '../../formats/tensor-file';
import { at } from '../../lib/assert';
import { LabError } from '../../lib/errors';
import type { ModelConfig } from '../config';
import { ggufArchitecture } from './gguf-config';

const OUTER: Readonly<Record<string, string>> = {
  'token_embd.weight': 'model.embed_tokens.weight',
  'output_norm.weight': 'model.norm.weight',
  'output.weight': 'lm_head.weight',
};

/** Names after `blk.<layer>.`. */
const INNER: Readonly<Record<string, string>> = {
  'attn_norm.weight': 'input_layernorm.weight',
  'ffn_norm.weight': 'post_attention_layernorm.weight',
  'attn_q_norm.weight': 'self_attn.q_norm.weight',
  'attn_k_norm.weight': 'self_attn.k_norm.weight',
  'attn_q.weight': 'self_attn.q_proj.weight',
  'attn_k.weight': 'self_attn.k_proj.weight',
  'attn_v.weight': 'self_attn.v_proj.weight',
  'attn_q.bias': 'self_attn.q_proj.bias',
  'attn_k.bias': 'self_attn.k_proj.bias',
  'attn_v.bias': 'self_attn.v_proj.bias',
  'attn_output.weight': 'self_attn.o_proj.weight',
  'ffn_gate.weight': 'mlp.gate_proj.weight',
  'ffn_up.weight': 'mlp.up_proj.weight',
  'ffn_down.weight': 'mlp.down_proj.weight',
};

/** Gemma 3 has norms before and after both halves of a block. */
const GEMMA3: Readonly<Record<string, string>> = {
  ...INNER,
  'ffn_norm.weight': 'pre_feedforward_layernorm.weight',
  'post_attention_norm.weight': 'post_attention_layernorm.weight',
  'post_ffw_norm.weight': 'post_feedforward_layernorm.weight',
};

/** Already read with the configuration. */
const NO_WEIGHTS = ['rope_freqs.weight'];

interface Entry {
  readonly name: string;
  readonly info: TensorInfo;
  /** Rows of one head if llama.cpp's converter has permuted them, otherwise null. */
  readonly permuted: number | null;
}

/** @throws LabError unsupported-model if a tensor is unknown */
export function huggingFaceTensors(gguf: Gguf, { headSize }: Pick<ModelConfig, 'headSize'>): TensorFile {
  const architecture = ggufArchitecture(gguf);
  // The result must not keep the metadata alive: a vocabulary has tens of megabytes.
  const { name: fileName, file } = gguf;
  const inner = architecture === 'gemma3' ? GEMMA3 : INNER;
  const entries = new Map<string, Entry>();
  for (const [name, info] of file.tensors) {
    if (NO_WEIGHTS.includes(name)) continue;
    const block = /^blk\.(\d+)\.(.+)$/.exec(name);
    const [table, key] = block === null ? [OUTER, name] : [inner, block[2] ?? ''];
    const template = Object.hasOwn(table, key) ? table[key] : undefined;
    if (template === undefined) {
      throw new LabError(
        'unsupported-model',
        `${fileName} has a tensor ${name}, which is unknown.`,
        'Choose another model.',
      );
    }
    const permuted = architecture === 'llama' && /^attn_[qk]\./.test(key) ? headSize : null;
    entries.set(block === null ? template : `model.layers.${block[1]}.${template}`, { name, info, permuted });
  }
  const find = (name: string): Entry => {
    const entry = entries.get(name);
    if (entry === undefined) throw new LabError('bad-file', `${fileName} has no tensor for ${name}.`);
    return entry;
  };
  const readRows: TensorFile['readRows'] = async (name, first, end, allocate) => {
    const { name: stored, info, permuted } = find(name);
    if (permuted === null) return file.readRows(stored, first, end, allocate);
    return readPermuted(file, stored, info, permuted, first, end, allocate);
  };
  return {
    tensors: new Map([...entries].map(([name, { info }]) => [name, info])),
    metadata: {},
    read: async (name) => {
      const { name: stored, info, permuted } = find(name);
      return permuted === null ? file.read(stored) : readRows(name, 0, at(info.shape, 0));
    },
    readRows,
  };
}

/**
 * Within each head, GGUF's row 2i is row i, and its row 2i + 1 is row i + D/2: GGUF's llama architecture rotates
 * adjacent pairs, Hugging Face rotates halves. Rows are whole blocks, so quantised rows move unchanged.
 */
async function readPermuted(
  file: TensorFile,
  name: string,
  info: TensorInfo,
  headSize: number,
  first: number,
  end: number,
  allocate: Allocate = (bytes) => new Uint8Array(bytes),
): Promise<Uint8Array<ArrayBuffer>> {
  const { length } = rowRange(name, info, first, end);
  if (length === 0) return new Uint8Array();
  const rowBytes = length / (end - first);
  const from = Math.floor(first / headSize) * headSize;
  const rows = await file.readRows(name, from, Math.ceil(end / headSize) * headSize, allocate);
  const head = new Uint8Array(headSize * rowBytes);
  for (let at = 0; at < rows.length; at += head.length) {
    head.set(rows.subarray(at, at + head.length));
    for (let row = 0; row < headSize; row++) {
      const stored = row < headSize / 2 ? 2 * row : 2 * row - headSize + 1;
      rows.set(head.subarray(stored * rowBytes, (stored + 1) * rowBytes), at + row * rowBytes);
    }
  }
  return rows.subarray((first - from) * rowBytes, (end - from) * rowBytes);
}
