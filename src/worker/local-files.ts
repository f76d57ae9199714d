/** Files that the user chose, as a model: a folder of Hugging Face's, or one GGUF. Nothing is read but a few bytes. */
import { modelsIn } from '../formats/model-folder';
import { LabError } from '../lib/errors';

export interface LocalModel {
  readonly name: string;
  /** Those that make the model. */
  readonly files: readonly File[];
}

const GGUF_MAGIC = 'GGUF';

/** @param files one GGUF, or a folder's, with or without those of folders in it. @throws LabError bad-file */
export async function localModel(files: readonly File[]): Promise<LocalModel> {
  const [only] = files;
  if (files.length === 1 && only !== undefined && /\.gguf$/i.test(only.name)) {
    const magic = await only.slice(0, 4).text();
    if (magic !== GGUF_MAGIC) throw refused(`${only.name} is no GGUF file: it does not begin as one.`);
    return { name: only.name.replace(/\.gguf$/i, ''), files };
  }
  const own = files.filter(({ webkitRelativePath }) => webkitRelativePath.split('/').length <= 2);
  const byName = new Map(own.map((file) => [file.name, file]));
  if (byName.size < own.length) throw refused('Two of these files have the same name.', 'Choose the folder of one model.');
  const { safetensors, ggufs, missing } = modelsIn([...byName.keys()]);
  const [gguf, another] = ggufs;
  const chosen = gguf === undefined ? undefined : byName.get(gguf);
  if (safetensors === null && another === undefined && chosen !== undefined) return localModel([chosen]);
  if (safetensors === null) {
    throw refused(
      missing ?? `${ggufs.join(' and ')} are models of their own.`,
      missing === null ? 'Choose one of them.' : undefined,
    );
  }
  const model = safetensors.flatMap((name) => byName.get(name) ?? []);
  return { name: await nameOf(model), files: model };
}

/** The folder's, else as its configuration says. */
async function nameOf(files: readonly File[]): Promise<string> {
  const config = files.find(({ name }) => name === 'config.json');
  const [folder, ...inside] = config?.webkitRelativePath.split('/') ?? [];
  if (folder !== undefined && inside.length > 0) return folder;
  const [, named] = /"_name_or_path"\s*:\s*"([^"]+)"/.exec((await config?.text()) ?? '') ?? [];
  return named?.split(/[/\\]/).findLast((part) => part !== '') ?? 'model';
}

function refused(message: string, advice = 'Choose the folder of a Hugging Face model, or a single GGUF file.'): LabError {
  return new LabError('bad-file', message, `Nothing was kept. ${advice}`);
}
