import type { ImportedAdapter } from '../../records/models';
import type { ImportedAdapters } from './imported-adapters';

export function adapterService(adapters: ImportedAdapters) {
  return {
    /**
     * Stores an adapter.
     * @param files a zip, or PEFT's two files
     * @throws LabError bad-file, storage-full
     */
    importAdapter: (
      files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
    ): Promise<{ readonly id: string; readonly name: string }> =>
      adapters.add(files.map((file) => ({ ...file, bytes: Uint8Array.from(file.bytes) }))),

    /** Imported adapters, the newest first. */
    adapters: (): Promise<readonly ImportedAdapter[]> => adapters.list(),

    /** A run that began with the adapter has its own copy. */
    deleteAdapter: (id: string): Promise<void> => adapters.delete(id),

    /** A zip of the adapter's two files as they were imported. @throws LabError not-found, bad-file */
    exportImportedAdapter: (id: string): Promise<Uint8Array> => adapters.zip(id),
  };
}
