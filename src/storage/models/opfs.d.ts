/** Parts of OPFS that TypeScript's DOM library lacks: synchronous access handles of workers, and moving files. */

interface FileSystemSyncAccessHandle {
  close(): void;
  flush(): void;
  getSize(): number;
  read(buffer: Uint8Array, options?: { at?: number }): number;
  truncate(size: number): void;
  /** @returns the number of bytes written */
  write(buffer: Uint8Array, options?: { at?: number }): number;
}

interface FileSystemFileHandle {
  /** Only in a dedicated worker. A file has one handle at a time, or any number of read-only handles. */
  createSyncAccessHandle(options?: { mode: 'read-only' }): Promise<FileSystemSyncAccessHandle>;
  move(parent: FileSystemDirectoryHandle, name: string): Promise<void>;
}
