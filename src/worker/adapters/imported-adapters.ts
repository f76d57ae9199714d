import type { AdapterFiles, NamedBytes } from '../../formats/adapter-zip';
import type { PeftAdapter } from '../../formats/peft';
import { LabError } from '../../lib/errors';
import type { ModelConfig } from '../../model/config';
import type { RecipeFault } from '../../recipe/faults';
import type { Recipe } from '../../recipe/recipe';
import type { ImportedAdapter } from '../../records/models';
import type { AdapterStore } from '../../storage/adapters';
import { load } from '../lazy-modules';

type Description = Pick<ImportedAdapter, 'settings' | 'baseModel'>;

/** Adapters that were imported as files. The files are stored unchanged and parsed when they are needed. */
export class ImportedAdapters {
  private readonly described = new Map<string, Description>();

  constructor(private readonly store: AdapterStore) {}

  /** @param files a zip, or PEFT's two files. @throws LabError bad-file, storage-full */
  async add(files: readonly NamedBytes[]): Promise<{ id: string; name: string }> {
    const { readAdapterFiles } = await load.adapterArchive();
    const { name, config, weights } = await readAdapterFiles(files);
    const { id } = await this.store.put(name, { config, weights });
    return { id, name };
  }

  /** Stores an adapter of a run, with the files that it would be exported as. @throws LabError storage-full */
  async keep(name: string, files: AdapterFiles): Promise<ImportedAdapter> {
    const stored = await this.store.put(name, files);
    return { ...stored, ...(await this.describe(stored.id)) };
  }

  /** The newest first. Damaged adapters are listed too, so that they can be deleted. */
  async list(): Promise<readonly ImportedAdapter[]> {
    const list: ImportedAdapter[] = [];
    // One after the other, because the weights of all of them may not fit into memory.
    for (const stored of await this.store.list()) list.push({ ...stored, ...(await this.describe(stored.id)) });
    return list;
  }

  delete(id: string): Promise<void> {
    this.described.delete(id);
    return this.store.delete(id);
  }

  /** A zip of the two files, byte for byte as they were imported. @throws LabError not-found, bad-file */
  async zip(id: string): Promise<Uint8Array<ArrayBuffer>> {
    const files = await this.store.get(id);
    const stored = (await this.store.list()).find((adapter) => adapter.id === id);
    const { writeAdapterZip } = await load.adapterArchive();
    return writeAdapterZip(files, null, new Date(stored?.created ?? 0));
  }

  /** @throws LabError not-found, bad-file */
  async read(id: string): Promise<PeftAdapter> {
    const { readAdapter } = await load.readAdapter();
    return readAdapter(await this.store.get(id));
  }

  /** Why a run cannot begin with the adapter that its recipe names. Null if it can, or if the recipe names none. */
  async fault(recipe: Recipe, model: ModelConfig): Promise<RecipeFault | null> {
    if (recipe.adapter === '') return null;
    try {
      const { faultOf } = await load.readAdapter();
      return faultOf(await this.read(recipe.adapter), recipe, model);
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      return { field: 'adapter', message: `${error.message} Choose another adapter, or start with a new one.` };
    }
  }

  private async describe(id: string): Promise<Description> {
    const known = this.described.get(id);
    if (known) return known;
    try {
      const { describeAdapter } = await load.readAdapter();
      const description = describeAdapter(await this.read(id));
      this.described.set(id, description);
      return description;
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      return { settings: null, baseModel: '' };
    }
  }
}
