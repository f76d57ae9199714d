/** Stores a local GGUF file as a model in the page's storage. */
import { basename, dirname } from 'node:path';
import type { ModelInfo } from '../../src/records/models';
import type { LabPage } from '../browser/lab-page';

const ROUTE = '/given-model/';

/** The folder that `openLabPage` must serve for `storeModel`, by path prefix. */
export const givenModel = (file: string): Record<string, string> => ({ [ROUTE]: dirname(file) });

/** Copies the file into the page's storage, as adding it in the page does. */
export function storeModel(lab: LabPage, file: string): Promise<ModelInfo> {
  const name = basename(file);
  return lab.ask(
    async (worker, given) => {
      const response = await fetch(new URL(given.url, document.baseURI));
      if (!response.ok) throw new Error(`${given.name} could not be read.`);
      return worker.addLocalModel([new File([await response.blob()], given.name)]);
    },
    { name, url: ROUTE + encodeURIComponent(name) },
  );
}
