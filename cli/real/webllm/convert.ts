/**
 * Converts SmolLM2's GGUF file to WebLLM's format: shards, tokenizer and configuration. Quantised blocks (Q4_1
 * projections, Q8_0 embedding) are split into codes, scales and offsets, as the library's kernels read them. Nothing
 * is quantised again.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { MemorySource } from '../../../src/formats/byte-source';
import { readFloat32 } from '../../../src/formats/dequantize';
import { type Gguf, openGguf } from '../../../src/formats/gguf/gguf';
import type { TensorFile } from '../../../src/formats/tensor-file';
import { at } from '../../../src/lib/assert';
import type { ModelConfig } from '../../../src/model/config';
import { readGgufConfig } from '../../../src/model/gguf/gguf-config';
import { huggingFaceTensors } from '../../../src/model/gguf/gguf-tensors';
import { ggufTokenizer } from '../../../src/model/gguf/gguf-tokenizer';
import { ggufTexts, tokenId } from '../../../src/model/gguf/gguf-tokens';

const SHARD_BYTES = 32 * 2 ** 20;
const CONTEXT = 2048;
/** Values per block, in both formats. */
const BLOCK = 32;
/** Bytes per block. Q4_1: f16 scale, f16 offset, 32 codes of 4 bits. Q8_0: f16 scale, 32 codes of 8 bits. */
const BLOCK_BYTES = { Q4_1: 20, Q8_0: 34 } as const;
type Format = keyof typeof BLOCK_BYTES;

type Values = Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

interface ShardRecord {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'uint32' | 'float32';
  readonly format: 'raw';
  readonly nbytes: number;
  readonly byteOffset: number;
}

/** Distributes the parameters, in their order, over files of at most SHARD_BYTES (or of one larger parameter). */
class Shards {
  private readonly shards: {
    dataPath: string;
    format: string;
    nbytes: number;
    records: ShardRecord[];
    md5sum: string;
  }[] = [];
  private records: ShardRecord[] = [];
  private chunks: Uint8Array[] = [];
  private bytes = 0;

  constructor(private readonly folder: string) {}

  add(name: string, shape: readonly number[], values: Values): void {
    const { buffer, byteOffset, byteLength } = values;
    if (this.bytes > 0 && this.bytes + byteLength > SHARD_BYTES) this.flush();
    const dtype = values instanceof Uint32Array ? 'uint32' : 'float32';
    this.records.push({ name, shape, dtype, format: 'raw', nbytes: byteLength, byteOffset: this.bytes });
    this.chunks.push(new Uint8Array(buffer, byteOffset, byteLength));
    this.bytes += byteLength;
  }

  /** Contents of tensor-cache.json. */
  finish(): object {
    this.flush();
    const ParamSize = this.shards.reduce((sum, { records }) => sum + records.length, 0);
    const ParamBytes = this.shards.reduce((sum, { nbytes }) => sum + nbytes, 0);
    return { metadata: { ParamSize, ParamBytes }, records: this.shards };
  }

  private flush(): void {
    const dataPath = `params_shard_${this.shards.length}.bin`;
    const data = Buffer.concat(this.chunks);
    writeFileSync(join(this.folder, dataPath), data);
    const md5sum = createHash('md5').update(data).digest('hex');
    this.shards.push({ dataPath, format: 'raw-shard', nbytes: this.bytes, records: this.records, md5sum });
    this.records = [];
    this.chunks = [];
    this.bytes = 0;
  }
}

function half(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -size : size;
}

/** Stacks matrices of equal width: codes [rows, words], scales and (Q4_1) offsets [rows, blocks]. */
async function addQuantised(
  shards: Shards,
  file: TensorFile,
  name: string,
  parts: readonly string[],
  format: Format,
): Promise<void> {
  const infos = parts.map((part) => {
    const info = file.tensors.get(part);
    if (info?.dtype !== format) throw new Error(`${part} is ${info?.dtype ?? 'not there'}; ${format} is taken.`);
    return info;
  });
  const rows = infos.reduce((sum, { shape }) => sum + at(shape, 0), 0);
  const blocks = at(at(infos, 0).shape, 1) / BLOCK;
  const words = format === 'Q4_1' ? 4 : 8;
  const codes = new Uint32Array(rows * blocks * words);
  const scales = new Float32Array(rows * blocks);
  const offsets = new Float32Array(format === 'Q4_1' ? rows * blocks : 0);
  let block = 0;
  for (const part of parts) {
    const bytes = await file.read(part);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let place = 0; place < bytes.byteLength; place += BLOCK_BYTES[format], block++) {
      scales[block] = half(view.getUint16(place, true));
      if (format === 'Q8_0') {
        for (let w = 0; w < words; w++) codes[block * words + w] = view.getUint32(place + 2 + 4 * w, true);
        continue;
      }
      offsets[block] = half(view.getUint16(place + 2, true));
      // ggml stores value i beside value i + 16. The kernels read eight consecutive values per word.
      for (let i = 0; i < BLOCK; i++) {
        const byte = view.getUint8(place + 4 + (i & 15));
        const word = block * words + (i >> 3);
        codes[word] = at(codes, word) | ((i < 16 ? byte & 15 : byte >> 4) << (4 * (i & 7)));
      }
    }
  }
  shards.add(`${name}.q`, [rows, blocks * words], codes);
  shards.add(`${name}.d`, [rows, blocks], scales);
  if (offsets.length > 0) shards.add(`${name}.m`, [rows, blocks], offsets);
}

/** @param gguf SmolLM2's GGUF file. @param folder created if it is missing */
export async function convertForWebllm(gguf: string, folder: string): Promise<void> {
  const opened = await openGguf(new MemorySource(gguf, new Uint8Array(readFileSync(gguf))));
  const config = await readGgufConfig(opened);
  const file = huggingFaceTensors(opened, config);
  mkdirSync(folder, { recursive: true });
  const shards = new Shards(folder);
  const quantised = (name: string, parts: readonly string[], format: Format = 'Q4_1') =>
    addQuantised(shards, file, name, parts, format);
  const plain = async (name: string) => {
    const values = await readFloat32(file, `model.${name}`);
    shards.add(name, [values.length], values);
  };
  await quantised('embed_tokens', ['model.embed_tokens.weight'], 'Q8_0');
  for (let layer = 0; layer < config.layers; layer++) {
    const to = `layers.${layer}`;
    const from = (...names: string[]) => names.map((name) => `model.${to}.${name}.weight`);
    await plain(`${to}.input_layernorm.weight`);
    await quantised(`${to}.self_attn.qkv_proj`, from('self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'));
    await quantised(`${to}.self_attn.o_proj`, from('self_attn.o_proj'));
    await plain(`${to}.post_attention_layernorm.weight`);
    await quantised(`${to}.mlp.gate_up_proj`, from('mlp.gate_proj', 'mlp.up_proj'));
    await quantised(`${to}.mlp.down_proj`, from('mlp.down_proj'));
  }
  await plain('norm.weight');
  const save = (name: string, value: object) => writeFileSync(join(folder, name), JSON.stringify(value));
  save('tensor-cache.json', shards.finish());
  save('tokenizer.json', tokenizer(opened));
  save('mlc-chat-config.json', chatConfig(config, opened));
}

/**
 * WebLLM's tokenizer assigns a new id to a special token that the vocabulary lacks, so the vocabulary must contain
 * them.
 */
function tokenizer(gguf: Gguf): object {
  const whole = v.parse(v.looseObject({ model: v.looseObject({}) }), ggufTokenizer(gguf));
  const vocab = Object.fromEntries(ggufTexts(gguf).map((text, id) => [text, id]));
  return { ...whole, model: { ...whole.model, vocab } };
}

/** Contents of mlc-chat-config.json: the model's shape, and SmolLM2's chat template with its system prompt. */
function chatConfig(config: ModelConfig, gguf: Gguf): object {
  const end = tokenId(gguf, 'eos');
  return {
    version: '0.1.0',
    model_type: 'llama',
    quantization: 'gguf_q4_1',
    model_config: {
      hidden_size: config.hidden,
      intermediate_size: config.ffn,
      num_hidden_layers: config.layers,
      num_attention_heads: config.heads,
      num_key_value_heads: config.kvHeads,
      head_dim: config.headSize,
      rms_norm_eps: config.eps,
      rope_theta: config.ropeTheta,
    },
    vocab_size: config.vocabulary,
    context_window_size: CONTEXT,
    sliding_window_size: -1,
    prefill_chunk_size: 256,
    attention_sink_size: -1,
    tensor_parallel_shards: 1,
    temperature: 0,
    top_p: 1,
    presence_penalty: 0,
    frequency_penalty: 0,
    repetition_penalty: 1,
    tokenizer_files: ['tokenizer.json'],
    tokenizer_info: {
      token_postproc_method: 'byte_level',
      prepend_space_in_encode: false,
      strip_space_in_decode: false,
    },
    conv_template: {
      name: 'chatml',
      system_template: '<|im_start|>system\n{system_message}<|im_end|>\n',
      system_message: 'You are a helpful AI assistant named SmolLM, trained by Hugging Face',
      add_role_after_system_message: true,
      roles: { user: '<|im_start|>user', assistant: '<|im_start|>assistant' },
      role_templates: { user: '{user_message}', assistant: '{assistant_message}', tool: '{tool_message}' },
      seps: ['<|im_end|>\n'],
      role_content_sep: '\n',
      role_empty_sep: '\n',
      stop_str: ['<|im_end|>'],
      stop_token_ids: [end],
    },
    bos_token_id: tokenId(gguf, 'bos'),
    eos_token_id: end,
    pad_token_id: tokenId(gguf, 'padding'),
  };
}
