import type { LocalFiles } from '../../state/model-actions';

/** What was dropped: one folder, whose own files are taken and not those of folders in it, or files. */
export async function droppedFiles(transfer: DataTransfer): Promise<LocalFiles> {
  // Read at once: the browser forgets the items as soon as the event is over.
  const files = [...transfer.files];
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const folder = entries.find(isFolder);
  if (folder === undefined) return { name: files[0]?.name ?? '', files };
  return { name: folder.name, files: await filesOf(folder) };
}

/** Of a picked folder: its own files, as for a dropped one. */
export function pickedFolder(picked: readonly File[]): LocalFiles {
  const files = picked.filter(({ webkitRelativePath }) => webkitRelativePath.split('/').length <= 2);
  return { name: picked[0]?.webkitRelativePath.split('/')[0] ?? '', files };
}

const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;

async function filesOf(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const reader = folder.createReader();
  const files: File[] = [];
  // Some hundred at a time, and none when there are no more.
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return files;
    for (const entry of batch.filter(isFile)) {
      files.push(await new Promise<File>((resolve, reject) => entry.file(resolve, reject)));
    }
  }
}
