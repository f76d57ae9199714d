/** The files of a model that the page serves from `models/<name>/`. */

import { BlobSource, type ByteSource } from '../../formats/byte-source';
import { LabError } from '../../lib/errors';
import type { ModelSource } from '../../model/model-source';

export class ModelFiles implements ModelSource {
  readonly gguf = null;
  private readonly folder: URL;

  /** @param base URL of the page. @throws LabError not-found: `name` is not the name of a folder */
  constructor(
    base: string,
    readonly name: string,
  ) {
    // The name may come from an untrusted link. It must not lead to another folder or site.
    if (!/^[\w][\w.-]*$/.test(name)) throw unknownModel(name);
    this.folder = new URL(`models/${name}/`, base);
  }

  /** @throws LabError not-found */
  async text(file: string): Promise<string> {
    return (await this.fetch(file)).text();
  }

  /** Null if the model has no such file. */
  async optionalText(file: string): Promise<string | null> {
    const response = await fetch(new URL(file, this.folder));
    // Some sites answer every request with their own HTML page. They do not have the file either.
    if (!response.ok || response.headers.get('content-type')?.startsWith('text/html')) return null;
    return response.text();
  }

  /** @throws LabError not-found */
  async bytes(file: string): Promise<ByteSource> {
    return new BlobSource(file, await (await this.fetch(file)).blob());
  }

  private async fetch(file: string): Promise<Response> {
    const response = await fetch(new URL(file, this.folder)).catch(() => null);
    if (response === null) {
      throw new LabError(
        'not-found',
        `${file} of the model ${this.name} could not be fetched.`,
        'Check the connection, then try again.',
      );
    }
    if (!response.ok || response.headers.get('content-type')?.startsWith('text/html'))
      throw unknownModel(this.name, file);
    return response;
  }
}

const unknownModel = (name: string, file?: string): LabError =>
  new LabError(
    'not-found',
    `There is no model ${name} here${file ? ` (no ${file})` : ''}.`,
    'Choose the bundled model, or put a folder with that name into the page’s folder “models”.',
  );
