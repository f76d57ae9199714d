/** Opens a model from a single GGUF file. */

import { openGguf } from '../../formats/gguf/gguf';
import { parseModelJson } from '../config';
import type { ModelParts, ModelSource } from '../model-source';
import { readGgufConfig } from './gguf-config';
import { huggingFaceTensors } from './gguf-tensors';
import { ggufTokenizer, ggufTokenizerConfig } from './gguf-tokenizer';

/** Everything comes from the one file. Tokenizer files next to it take precedence over the tokenizer in it. */
export async function openGgufModel(source: ModelSource, file: string): Promise<ModelParts> {
  const gguf = await openGguf(await source.bytes(file));
  const config = await readGgufConfig(gguf);
  const [tokenizerText, configText] = await Promise.all([
    source.optionalText('tokenizer.json'),
    source.optionalText('tokenizer_config.json'),
  ]);
  // Recent tokenizer_config.json files do not contain the chat template, but GGUF files do.
  const beside = configText === null ? {} : Object(parseModelJson('tokenizer_config.json', configText));
  return {
    config,
    tokenizer: tokenizerText ?? ggufTokenizer(gguf),
    tokenizerConfig: JSON.stringify({ ...ggufTokenizerConfig(gguf), ...beside }),
    weights: huggingFaceTensors(gguf, config),
  };
}
