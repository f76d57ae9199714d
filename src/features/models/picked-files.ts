import { INNER_FOLDERS } from '../../recipe/model-id';
import type { LocalFiles } from '../../state/models/model-actions';

/**
 * The files that were dropped. Of a folder, only its own files and those of the subfolders that may belong to a
 * model.
 */
export async function droppedFiles(transfer: DataTransfer): Promise<LocalFiles> {
  // Read the items synchronously: the browser clears them when the event ends.
  const files = [...transfer.files];
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const folder = entries.find(isFolder);
  if (folder === undefined) return { name: files[0]?.name ?? '', files };
  return { name: folder.name, files: await filesOf(folder) };
}

/** The files of a picked folder, the same as of a dropped one. */
export function pickedFolder(picked: readonly File[]): LocalFiles {
  const files = picked.filter(({ webkitRelativePath }) => {
    const [, first = '', ...deeper] = webkitRelativePath.split('/');
    return deeper.length === 0 || (deeper.length === 1 && INNER_FOLDERS.includes(first));
  });
  return { name: picked[0]?.webkitRelativePath.split('/')[0] ?? '', files };
}

const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;

async function filesOf(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const entries = await entriesOf(folder);
  const files = await Promise.all(entries.filter(isFile).map(fileOf));
  for (const inner of entries.filter(isFolder).filter(({ name }) => INNER_FOLDERS.includes(name))) {
    const inside = await Promise.all((await entriesOf(inner)).filter(isFile).map(fileOf));
    // A dropped file does not know its folder, so its name is extended by it.
    files.push(...inside.map((file) => new File([file], `${inner.name}/${file.name}`)));
  }
  return files;
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject));

async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const entries: FileSystemEntry[] = [];
  // readEntries returns at most about a hundred entries, and none at the end.
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return entries;
    entries.push(...batch);
  }
}
