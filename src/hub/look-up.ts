/**
 * Looks up the models in a repository of the Hub, at one commit. Loaded on first use, because the Hub's client is
 * large.
 */
import { fileDownloadInfo } from '@huggingface/hub';
import { type FolderModels, modelsIn, useOf } from '../formats/model-folder';
import { LabError } from '../lib/errors';
import { INNER_FOLDERS } from '../recipe/model-id';
import type { HubOffer } from '../records/models';
import { askAbout, checkToken, type Hub } from './ask-hub';
import { parseReference } from './reference';
import { asked, filesIn, infoOf, type RemoteFile } from './repository';

interface RemoteChoice {
  readonly name: string;
  readonly files: readonly RemoteFile[];
  readonly bytes: number;
}

/**
 * @param reference `owner/name`, a link, or either with `@revision`. A GGUF file that a link points to is listed
 * first.
 * @throws LabError not-found, gated, hub-unreachable, hub-failed, unsupported-model
 */
export async function lookUp(hub: Hub, reference: string, token: string | null): Promise<HubOffer> {
  const parsed = parseReference(reference);
  const accessToken = checkToken(token);
  const { architecture, ...about } = await infoOf(hub, 'model', parsed, accessToken);
  const listing = await listingOf(hub, about.repository, about.revision, accessToken);
  const choices = choicesOf(listing.files, usable(about.repository, architecture, listing));
  const [first] = choices;
  // Names and sizes are public. Whether the token may read the files is found out by asking for one of them.
  if (about.gated && accessToken !== null && first !== undefined)
    await mayRead(hub, about.repository, about.revision, first, accessToken);
  return {
    ...about,
    choices: choices
      .map(({ name, files, bytes: size }) => ({
        name,
        bytes: size,
        files: files.map((file) => ({ name: file.name, bytes: file.bytes })),
      }))
      .sort((a, b) => Number(b.name === parsed.file) - Number(a.name === parsed.file)),
  };
}

/** The files of a choice, with their digests. @throws LabError as `lookUp` */
export async function filesOf(
  hub: Hub,
  { repository, revision }: Pick<HubOffer, 'repository' | 'revision'>,
  choice: string,
  token: string | null,
): Promise<readonly RemoteFile[]> {
  const listing = await listingOf(hub, repository, revision, checkToken(token));
  const found = choicesOf(listing.files, listing.found).find(({ name }) => name === choice);
  if (found === undefined)
    throw new LabError('not-found', `${repository} has no ${choice}.`, 'Look the model up again.');
  return found.files;
}

interface Listing {
  /** By path. */
  readonly files: ReadonlyMap<string, RemoteFile>;
  readonly found: FolderModels;
}

/** @throws LabError unsupported-model, and as `lookUp` */
async function listingOf(
  hub: Hub,
  repository: string,
  revision: string,
  accessToken: string | null,
): Promise<Listing> {
  const list = (path: string | null) =>
    filesIn(hub, 'model', { repository, revision }, { path, recursive: false }, accessToken);
  const top = await list(null);
  const files = new Map(top.files);
  for (const folder of top.folders.filter((name) => INNER_FOLDERS.includes(name))) {
    for (const [name, file] of (await list(folder)).files) files.set(name, file);
  }
  const found = modelsIn([...files.keys()]);
  if (found.missing !== null) throw noneHere(repository, found.missing);
  return { files, found };
}

/** The models that the lab can use, given the architecture that the Hub names. @throws LabError unsupported-model */
function usable(repository: string, architecture: string | null, { files, found }: Listing): FolderModels {
  if (architecture === null) return found;
  const use = useOf(architecture, [...files.keys()]);
  if (use === 'policy') {
    if (found.safetensors !== null || found.ggufs.length > 0) return { ...found, onnx: [] };
    throw noneHere(
      repository,
      `It is a language model in ONNX (${architecture}), but policies are read from safetensors and GGUF.`,
    );
  }
  if (found.onnx.length > 0) return { ...found, safetensors: null, ggufs: [] };
  throw noneHere(
    repository,
    `It cannot be a policy (${architecture}), and it has no ONNX files, from which judges are read.`,
  );
}

function choicesOf(files: Listing['files'], { safetensors, ggufs, onnx }: FolderModels): readonly RemoteChoice[] {
  return [...(safetensors === null ? [] : [safetensors]), ...ggufs, ...onnx].map(({ name, files: names }) => {
    const chosen = names.flatMap((each) => files.get(each) ?? []);
    return { name, files: chosen, bytes: chosen.reduce((sum, file) => sum + file.bytes, 0) };
  });
}

function noneHere(repository: string, reason: string): LabError {
  return new LabError(
    'unsupported-model',
    `${repository} holds no model that the lab can read. ${reason}`,
    'Choose another repository.',
  );
}

async function mayRead(
  hub: Hub,
  repository: string,
  revision: string,
  { files }: RemoteChoice,
  accessToken: string,
): Promise<void> {
  const path = files[0]?.name ?? '';
  await asked(hub, () =>
    fileDownloadInfo({
      repo: repository,
      path,
      revision,
      hubUrl: hub.url,
      accessToken,
      fetch: askAbout(hub, repository, true),
    }),
  );
}
