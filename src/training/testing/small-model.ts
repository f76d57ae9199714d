/** Test support: a Llama of two blocks with weights of 16 bits, of which only the plans are needed. */
import { parseConfig } from '../../model/config';
import { tensorList } from '../../model/tensor-list';

const config = parseConfig({
  architectures: ['LlamaForCausalLM'],
  num_hidden_layers: 2,
  hidden_size: 64,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  intermediate_size: 128,
  vocab_size: 512,
  max_position_embeddings: 256,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
});

export const SMALL_MODEL = {
  config,
  weights: { tensors: tensorList(config, { matrices: 'F16', vectors: 'F16' }) },
} as const;
