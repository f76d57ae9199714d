/** What the browser's own file system has beyond TypeScript's library of the page: workers write in place, and files move. */

interface FileSystemSyncAccessHandle {
  close(): void;
  flush(): void;
  getSize(): number;
  read(buffer: Uint8Array, options?: { at?: number }): number;
  truncate(size: number): void;
  /** @returns how many bytes were written */
  write(buffer: Uint8Array, options?: { at?: number }): number;
}

interface FileSystemFileHandle {
  /** In a dedicated worker. One at a time per file, or any number that only read. */
  createSyncAccessHandle(options?: { mode: 'read-only' }): Promise<FileSystemSyncAccessHandle>;
  move(parent: FileSystemDirectoryHandle, name: string): Promise<void>;
}
