/** What a repository of the Hub offers, at one commit. Loaded when it is first asked for: the Hub's client is large. */
import { fileDownloadInfo, listFiles, modelInfo } from '@huggingface/hub';
import * as v from 'valibot';
import { type FolderModels, modelsIn } from '../formats/model-folder';
import { useOf } from '../formats/model-use';
import { LabError } from '../lib/errors';
import { INNER_FOLDERS } from '../recipe/model-id';
import type { HubOffer } from '../worker/protocol';
import { askAbout, checkToken, type Hub, hostOf } from './ask-hub';
import { unexpected } from './hub-errors';
import { parseReference } from './reference';

/** What a file must be: the sha-256 of its bytes, or git's name for them (sha-1 of `blob <size>\0` and the bytes). */
export interface Digest {
  readonly kind: 'sha256' | 'git';
  readonly hex: string;
}

export interface RemoteFile {
  readonly name: string;
  readonly bytes: number;
  readonly digest: Digest;
}

interface RemoteChoice {
  readonly name: string;
  readonly files: readonly RemoteFile[];
  readonly bytes: number;
}

const InfoSchema = v.object({
  name: v.pipe(v.string(), v.regex(/^[\w.-]+\/[\w.-]+$/)),
  sha: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/)),
  gated: v.optional(v.union([v.boolean(), v.string()]), false),
  cardData: v.nullish(
    v.object({
      license: v.nullish(v.union([v.string(), v.array(v.string())])),
      license_name: v.nullish(v.string()),
    }),
  ),
  tags: v.nullish(v.array(v.string())),
  config: v.nullish(v.looseObject({ architectures: v.nullish(v.array(v.string())) })),
});

const bytes = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const EntrySchema = v.object({
  type: v.string(),
  path: v.string(),
  size: bytes,
  oid: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/))),
  lfs: v.nullish(v.object({ oid: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)), size: bytes })),
});

/**
 * @param reference `owner/name`, a link, or either with `@revision`; a GGUF that a link leads to comes first
 * @throws LabError not-found, gated, hub-unreachable, hub-failed, unsupported-model
 */
export async function lookUp(hub: Hub, reference: string, token: string | null): Promise<HubOffer> {
  const wanted = parseReference(reference);
  const accessToken = checkToken(token);
  const { architecture, ...about } = await infoOf(hub, wanted.repository, wanted.revision, accessToken);
  const listing = await listingOf(hub, about.repository, about.revision, accessToken);
  const choices = choicesOf(listing.files, usable(about.repository, architecture, listing));
  const [first] = choices;
  // Names and sizes are for everyone; whether the token may read is known by asking for one byte.
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
      .sort((a, b) => Number(b.name === wanted.file) - Number(a.name === wanted.file)),
  };
}

/** A choice's files with what they must be. @throws LabError as `lookUp` */
export async function filesOf(
  hub: Hub,
  { repository, revision }: Pick<HubOffer, 'repository' | 'revision'>,
  choice: string,
  token: string | null,
): Promise<readonly RemoteFile[]> {
  const listing = await listingOf(hub, repository, revision, checkToken(token));
  const found = choicesOf(listing.files, listing.found).find(({ name }) => name === choice);
  if (found === undefined) throw new LabError('not-found', `${repository} has no ${choice}.`, 'Look the model up again.');
  return found.files;
}

async function infoOf(
  hub: Hub,
  repository: string,
  revision: string | null,
  accessToken: string | null,
): Promise<Omit<HubOffer, 'choices'> & { readonly architecture: string | null }> {
  const answer: unknown = await asked(hub, () =>
    modelInfo({
      name: repository,
      hubUrl: hub.url,
      fetch: askAbout(hub, repository, accessToken !== null),
      additionalFields: ['sha', 'cardData', 'tags', 'config'],
      ...(revision !== null && { revision }),
      ...(accessToken !== null && { accessToken }),
    }),
  );
  const info = v.safeParse(InfoSchema, answer);
  if (!info.success) throw unexpected(hostOf(hub), 'its description of the model lacks what is needed');
  const { name, sha, gated, cardData, tags, config } = info.output;
  const card = cardData?.license === 'other' ? (cardData.license_name ?? 'other') : cardData?.license;
  const licence = [card ?? []].flat()[0] ?? tags?.find((tag) => tag.startsWith('license:'))?.slice('license:'.length) ?? null;
  const architecture = config?.architectures?.[0] ?? null;
  return { repository: name, revision: sha, licence, gated: gated !== false, architecture };
}

interface Listing {
  /** By path. */
  readonly files: ReadonlyMap<string, RemoteFile>;
  readonly found: FolderModels;
}

/** @throws LabError unsupported-model, and as `lookUp` */
async function listingOf(hub: Hub, repository: string, revision: string, accessToken: string | null): Promise<Listing> {
  const files = new Map<string, RemoteFile>();
  const inner: string[] = [];
  const list = (folder: string | null) =>
    asked(hub, async () => {
      const entries = listFiles({
        repo: repository,
        revision,
        hubUrl: hub.url,
        fetch: askAbout(hub, repository, accessToken !== null),
        ...(folder !== null && { path: folder }),
        ...(accessToken !== null && { accessToken }),
      });
      for await (const entry of entries) {
        const { type, path, size, oid, lfs } = v.parse(EntrySchema, entry);
        if (type === 'directory' && INNER_FOLDERS.includes(path)) inner.push(path);
        if (type !== 'file') continue;
        if (lfs) files.set(path, { name: path, bytes: lfs.size, digest: { kind: 'sha256', hex: lfs.oid } });
        else if (oid !== undefined) files.set(path, { name: path, bytes: size, digest: { kind: 'git', hex: oid } });
      }
    });
  await list(null);
  for (const folder of inner) await list(folder);
  const found = modelsIn([...files.keys()]);
  if (found.missing !== null) throw noneHere(repository, found.missing);
  return { files, found };
}

/** What of it is of use, where the Hub says what the model is. @throws LabError unsupported-model */
function usable(repository: string, architecture: string | null, { files, found }: Listing): FolderModels {
  if (architecture === null) return found;
  const use = useOf(architecture, [...files.keys()]);
  if (use === 'policy') {
    if (found.safetensors !== null || found.ggufs.length > 0) return { ...found, onnx: [] };
    throw noneHere(
      repository,
      `It is a language model in ONNX (${architecture}), and policies are read from safetensors and GGUF.`,
    );
  }
  if (found.onnx.length > 0) return { ...found, safetensors: null, ggufs: [] };
  throw noneHere(repository, `It can be no policy (${architecture}), and judges are read from ONNX files, of which it has none.`);
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
    `${repository} holds no model that the lab reads. ${reason}`,
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
    fileDownloadInfo({ repo: repository, path, revision, hubUrl: hub.url, accessToken, fetch: askAbout(hub, repository, true) }),
  );
}

/** The client's own errors are about answers that it cannot read. */
async function asked<T>(hub: Hub, question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (error instanceof LabError) throw error;
    throw unexpected(hostOf(hub), error instanceof SyntaxError ? 'its answer is not JSON' : 'its answer cannot be read');
  }
}
