/** The metadata and the files of a repository of the Hub. Loaded on first use, because the Hub's client is large. */
import { datasetInfo, listFiles, modelInfo } from '@huggingface/hub';
import * as v from 'valibot';
import { LabError } from '../lib/errors';
import { askAbout, type Hub, hostOf } from './ask-hub';
import { unexpected } from './hub-errors';
import type { HubReference, RepositoryKind } from './reference';

/**
 * The expected digest of a file: the sha-256 of its bytes, or git's blob id (sha-1 of `blob <size>\0` and the bytes).
 */
export interface Digest {
  readonly kind: 'sha256' | 'git';
  readonly hex: string;
}

export interface RemoteFile {
  readonly name: string;
  readonly bytes: number;
  readonly digest: Digest;
}

/** Files of a repository that are listed. */
const MOST_FILES = 5000;

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

/** A repository at the commit that its revision currently points to. */
export interface RepositoryInfo {
  readonly repository: string;
  readonly revision: string;
  readonly licence: string | null;
  readonly gated: boolean;
  /** A model's architecture if the Hub knows it, for example `LlamaForCausalLM`. */
  readonly architecture: string | null;
}

/** @throws LabError not-found, gated, hub-unreachable, hub-failed */
export async function infoOf(
  hub: Hub,
  kind: RepositoryKind,
  { repository, revision }: Pick<HubReference, 'repository' | 'revision'>,
  accessToken: string | null,
): Promise<RepositoryInfo> {
  const question = {
    name: repository,
    hubUrl: hub.url,
    fetch: askAbout(hub, repository, accessToken !== null, kind),
    ...(revision !== null && { revision }),
    ...(accessToken !== null && { accessToken }),
  };
  const answer: unknown = await asked(hub, () =>
    kind === 'model'
      ? modelInfo({ ...question, additionalFields: ['sha', 'cardData', 'tags', 'config'] })
      : datasetInfo({ ...question, additionalFields: ['sha', 'cardData', 'tags'] }),
  );
  const info = v.safeParse(InfoSchema, answer);
  if (!info.success) throw unexpected(hostOf(hub), `its description of the ${kind} lacks what is needed`);
  const { name, sha, gated, cardData, tags, config } = info.output;
  const card = cardData?.license === 'other' ? (cardData.license_name ?? 'other') : cardData?.license;
  const licence =
    [card ?? []].flat()[0] ?? tags?.find((tag) => tag.startsWith('license:'))?.slice('license:'.length) ?? null;
  const architecture = config?.architectures?.[0] ?? null;
  return { repository: name, revision: sha, licence, gated: gated !== false, architecture };
}

export interface RepositoryListing {
  /** By path. */
  readonly files: ReadonlyMap<string, RemoteFile>;
  readonly folders: readonly string[];
  /** Whether it has more files than are listed. */
  readonly cut: boolean;
}

/**
 * @param where the folder to list (null for the top), and whether to include its subfolders
 * @throws LabError as `infoOf`
 */
export async function filesIn(
  hub: Hub,
  kind: RepositoryKind,
  { repository, revision }: Pick<RepositoryInfo, 'repository' | 'revision'>,
  where: { readonly path: string | null; readonly recursive: boolean },
  accessToken: string | null,
): Promise<RepositoryListing> {
  const files = new Map<string, RemoteFile>();
  const folders: string[] = [];
  let cut = false;
  await asked(hub, async () => {
    const entries = listFiles({
      repo: { type: kind === 'model' ? 'model' : 'dataset', name: repository },
      revision,
      recursive: where.recursive,
      ...(where.path !== null && { path: where.path }),
      hubUrl: hub.url,
      fetch: askAbout(hub, repository, accessToken !== null, kind),
      ...(accessToken !== null && { accessToken }),
    });
    for await (const entry of entries) {
      const { type, path, size, oid, lfs } = v.parse(EntrySchema, entry);
      if (type === 'directory') folders.push(path);
      if (type !== 'file') continue;
      cut = files.size === MOST_FILES;
      if (cut) break;
      if (lfs) files.set(path, { name: path, bytes: lfs.size, digest: { kind: 'sha256', hex: lfs.oid } });
      else if (oid !== undefined) files.set(path, { name: path, bytes: size, digest: { kind: 'git', hex: oid } });
    }
  });
  return { files, folders, cut };
}

/** Runs a call of the Hub's client. The client's own errors mean that it could not read a response. */
export async function asked<T>(hub: Hub, question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (error instanceof LabError) throw error;
    throw unexpected(
      hostOf(hub),
      error instanceof SyntaxError ? 'its answer is not JSON' : 'its answer cannot be read',
    );
  }
}
