/** A stored model as a source of files, and what it is used for. */

import type { ByteSource } from '../../formats/byte-source';
import { LabError } from '../../lib/errors';
import type { ModelSource } from '../../model/model-source';
import type { ModelUse } from '../../records/models';
import type { ModelFile, StoredModel } from '../../storage/schema';

export class StoredModelSource implements ModelSource {
  /** Name of the GGUF file. Null if the model is a folder of safetensors. */
  readonly gguf: string | null;
  private readonly files: ReadonlyMap<string, ModelFile>;

  constructor(
    /** The name that adapters give their base model. */
    readonly name: string,
    files: readonly ModelFile[],
    /** @throws LabError bad-file */
    private readonly open: (file: ModelFile) => Promise<ByteSource>,
  ) {
    this.files = new Map(files.map((file) => [file.name, file]));
    this.gguf = files.find((file) => /\.gguf$/i.test(file.name))?.name ?? null;
  }

  /** @throws LabError bad-file */
  async text(file: string): Promise<string> {
    const source = await this.bytes(file);
    return new TextDecoder().decode(await source.read(0, source.size));
  }

  async optionalText(file: string): Promise<string | null> {
    return this.files.has(file) ? this.text(file) : null;
  }

  /** @throws LabError bad-file */
  async bytes(file: string): Promise<ByteSource> {
    const stored = this.files.get(file);
    if (stored === undefined) {
      throw new LabError(
        'bad-file',
        `The model ${this.name} has no ${file}.`,
        'Download or choose the model again, with all its files.',
      );
    }
    return this.open(stored);
  }
}

/** Whether the file is the graph of a judge, with its weights. */
export const isGraph = ({ name }: Pick<ModelFile, 'name'>): boolean => name.endsWith('.onnx');

/** A judge whose files could not be parsed counts as a reward model. */
export function usedAs({ description, files }: Pick<StoredModel, 'description' | 'files'>): ModelUse {
  return description?.use ?? (files.some(isGraph) ? 'reward' : 'policy');
}
