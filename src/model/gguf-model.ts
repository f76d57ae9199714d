/** A model of one GGUF file. */
import { openGguf } from '../formats/gguf/gguf';
import { readGgufConfig } from './gguf-config';
import { huggingFaceTensors } from './gguf-tensors';
import { ggufTokenizer, ggufTokenizerConfig } from './gguf-tokenizer';
import type { ModelParts, ModelSource } from './language-model';
import { parseModelJson } from './model-json';

/** All from the one file; a tokenizer's files that lie beside it are taken instead of its own. */
export async function openGgufModel(source: ModelSource, file: string): Promise<ModelParts> {
  const gguf = await openGguf(await source.bytes(file));
  const config = await readGgufConfig(gguf);
  const [tokenizerText, configText] = await Promise.all([
    source.optionalText('tokenizer.json'),
    source.optionalText('tokenizer_config.json'),
  ]);
  // A tokenizer_config.json of today has no chat template in it; the GGUF file still has.
  const beside = configText === null ? {} : Object(parseModelJson('tokenizer_config.json', configText));
  return {
    config,
    tokenizer: tokenizerText ?? ggufTokenizer(gguf),
    tokenizerConfig: JSON.stringify({ ...ggufTokenizerConfig(gguf), ...beside }),
    weights: huggingFaceTensors(gguf, config),
  };
}
