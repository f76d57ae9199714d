/** Finds the model among files that the user chose: a folder in the format of Hugging Face, or one GGUF file. */
import { architectureOf, type FolderChoice, modelsIn, useOf } from '../../formats/model-folder';
import { LabError } from '../../lib/errors';
import { INNER_FOLDERS } from '../../recipe/model-id';

export interface LocalFile {
  /** Path within the model's folder. */
  readonly name: string;
  readonly file: File;
}

export interface LocalModel {
  readonly name: string;
  /** The files that belong to the model. */
  readonly files: readonly LocalFile[];
}

const GGUF_MAGIC = 'GGUF';
/** The file to take if a folder has a judge in several precisions. */
const PLAIN = ['model.onnx', 'onnx/model.onnx'];

/**
 * Reads only a few bytes of the weights.
 * @param files one GGUF file, or the files of a folder, with or without those of its subfolders
 * @throws LabError bad-file
 */
export async function localModel(files: readonly File[]): Promise<LocalModel> {
  const [only] = files;
  if (files.length === 1 && only !== undefined && /\.gguf$/i.test(only.name)) {
    const magic = await only.slice(0, 4).text();
    if (magic !== GGUF_MAGIC) throw refused(`${only.name} is not a GGUF file: its first bytes are not “GGUF”.`);
    return { name: only.name.replace(/\.gguf$/i, ''), files: [{ name: only.name, file: only }] };
  }
  const own = files.map((file) => ({ name: pathOf(file), file })).filter(({ name }) => isOwn(name));
  const byName = new Map(own.map((each) => [each.name, each]));
  if (byName.size < own.length)
    throw refused('Two of these files have the same name.', 'Choose the folder of one model.');
  const chosen = await choiceOf(byName);
  const [alone] = chosen.files;
  const gguf = chosen.files.length === 1 ? alone && byName.get(alone) : undefined;
  if (gguf) return localModel([gguf.file]);
  const model = chosen.files.flatMap((name) => byName.get(name) ?? []);
  return { name: await nameOf(model), files: model };
}

/** The file's path within the folder that was chosen. The name of a dropped file is its path. */
const pathOf = ({ webkitRelativePath, name }: File): string =>
  webkitRelativePath === '' ? name : webkitRelativePath.slice(webkitRelativePath.indexOf('/') + 1);

function isOwn(path: string): boolean {
  const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  return folder === '' || INNER_FOLDERS.includes(folder);
}

/** @throws LabError bad-file: there is no model among the files, or more than one */
async function choiceOf(files: ReadonlyMap<string, LocalFile>): Promise<FolderChoice> {
  const { safetensors, ggufs, onnx, missing } = modelsIn([...files.keys()]);
  if (missing !== null) throw refused(missing);
  const judge = onnx.find(({ name }) => PLAIN.includes(name)) ?? (onnx.length === 1 ? onnx[0] : undefined);
  if (safetensors !== null && judge !== undefined) {
    const architecture = await architectureIn(files.get('config.json')?.file);
    return useOf(architecture, [...files.keys()]) === 'policy' ? safetensors : judge;
  }
  const several = [...ggufs, ...(judge === undefined ? onnx : [])].map(({ name }) => name);
  const found = safetensors ?? judge ?? (several.length === 1 ? ggufs[0] : undefined);
  if (found === undefined) throw refused(`${several.join(' and ')} are separate models.`, 'Choose one of them.');
  return found;
}

async function architectureIn(config: File | undefined): Promise<string> {
  try {
    return architectureOf(JSON.parse((await config?.text()) ?? ''));
  } catch {
    // Opening the model reports what is wrong.
    return '';
  }
}

/** The folder's name if it is known, otherwise the name in config.json. */
async function nameOf(files: readonly LocalFile[]): Promise<string> {
  const config = files.find(({ name }) => name === 'config.json')?.file;
  const [folder, ...inside] = config?.webkitRelativePath.split('/') ?? [];
  if (folder !== undefined && inside.length > 0) return folder;
  const [, named] = /"_name_or_path"\s*:\s*"([^"]+)"/.exec((await config?.text()) ?? '') ?? [];
  return named?.split(/[/\\]/).findLast((part) => part !== '') ?? 'model';
}

function refused(
  message: string,
  advice = 'Choose the folder of a Hugging Face model, or a single GGUF file.',
): LabError {
  return new LabError('bad-file', message, `Nothing was kept. ${advice}`);
}
