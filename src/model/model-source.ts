/** The files of a model, and the parts that are read from them. Types only. */
import type { ByteSource } from '../formats/byte-source';
import type { TensorFile } from '../formats/tensor-file';
import type { ModelConfig } from './config';

/** Access to the files of a model: next to the page, in storage, or in a folder of the user. */
export interface ModelSource {
  readonly name: string;
  /** Name of the GGUF file. Null for a folder in Hugging Face's layout. */
  readonly gguf: string | null;
  text(file: string): Promise<string>;
  /** Null if the model has no such file. */
  optionalText(file: string): Promise<string | null>;
  bytes(file: string): Promise<ByteSource>;
}

/** The parts of a model that a GGUF file and a Hugging Face folder store in different ways. */
export interface ModelParts {
  readonly config: ModelConfig;
  /** The text of tokenizer.json, or its parsed value. */
  readonly tokenizer: string | object;
  /** The text of tokenizer_config.json. */
  readonly tokenizerConfig: string;
  readonly weights: TensorFile;
}
