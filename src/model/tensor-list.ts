/**
 * The tensors of a model, derived from its configuration alone, with Hugging Face's names and shapes. Used to plan a
 * model before its files are downloaded.
 */
import { GGML_BLOCKS, type GgmlType } from '../formats/ggml-types';
import type { TensorInfo } from '../formats/tensor-file';
import { assert } from '../lib/assert';
import type { ModelConfig } from './config';

/** The storage types of a file. */
export interface TensorStorage {
  readonly matrices: GgmlType;
  /** Norms and biases. */
  readonly vectors: GgmlType;
}

type ListedTensor = Pick<TensorInfo<GgmlType>, 'dtype' | 'shape'>;
export type TensorList = ReadonlyMap<string, ListedTensor>;

/** In the order of the forward pass. A head that is the embedding is not listed. */
export function tensorList(config: ModelConfig, storage: TensorStorage): TensorList {
  const { hidden, headSize, ffn, vocabulary } = config;
  const q = config.heads * headSize;
  const kv = config.kvHeads * headSize;
  const tensors = new Map<string, ListedTensor>();
  const matrix = (name: string, rows: number, cols: number) => {
    assert(
      cols % GGML_BLOCKS[storage.matrices].values === 0,
      `rows of ${name} are not whole blocks of ${storage.matrices}`,
    );
    tensors.set(`${name}.weight`, { dtype: storage.matrices, shape: [rows, cols] });
  };
  const vector = (name: string, size: number) => tensors.set(name, { dtype: storage.vectors, shape: [size] });
  const norm = (name: string, size: number) => vector(`${name}.weight`, size);

  matrix('model.embed_tokens', vocabulary, hidden);
  for (let layer = 0; layer < config.layers; layer++) {
    const block = `model.layers.${layer}`;
    norm(`${block}.input_layernorm`, hidden);
    for (const [side, rows] of [
      ['q', q],
      ['k', kv],
      ['v', kv],
    ] as const) {
      matrix(`${block}.self_attn.${side}_proj`, rows, hidden);
      if (config.qkvBias) vector(`${block}.self_attn.${side}_proj.bias`, rows);
      if (config.qkNorm && side !== 'v') norm(`${block}.self_attn.${side}_norm`, headSize);
    }
    matrix(`${block}.self_attn.o_proj`, hidden, q);
    norm(`${block}.post_attention_layernorm`, hidden);
    if (config.postNorms) norm(`${block}.pre_feedforward_layernorm`, hidden);
    matrix(`${block}.mlp.gate_proj`, ffn, hidden);
    matrix(`${block}.mlp.up_proj`, ffn, hidden);
    matrix(`${block}.mlp.down_proj`, hidden, ffn);
    if (config.postNorms) norm(`${block}.post_feedforward_layernorm`, hidden);
  }
  norm('model.norm', hidden);
  if (!config.tied) matrix('lm_head', vocabulary, hidden);
  return tensors;
}

const elements = ({ shape }: ListedTensor): number => shape.reduce((product, size) => product * size, 1);

/** Size of the tensors as stored, in bytes, without names, alignment and tokenizer. */
export function storedBytes(tensors: TensorList): number {
  return [...tensors.values()].reduce((sum, tensor) => {
    const { values, bytes } = GGML_BLOCKS[tensor.dtype];
    return sum + (elements(tensor) / values) * bytes;
  }, 0);
}
