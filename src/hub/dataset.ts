/**
 * Data sets of the Hub: lists the files that may hold prompts, and downloads one of them into memory. This module is
 * loaded on first use.
 */
import { LabError } from '../lib/errors';
import { sha256 } from '../lib/sha256';
import type { DatasetOffer } from '../records/prompt-import';
import { checkToken, type Hub } from './ask-hub';
import { fetchFile, PATIENCE, type Patience, type Sink } from './fetch-file';
import { gated, KEPT } from './hub-errors';
import { parseReference } from './reference';
import { type Digest, filesIn, infoOf } from './repository';

const READABLE = /\.(jsonl|ndjson|json|csv|tsv|txt)(\.gz)?$|\.parquet$/i;
/** Files that describe a data set and hold no data. */
const METADATA =
  /(^|\/)(dataset_infos?|dataset_dict|state|config|croissant|package)\.json$|(^|\/)(licen[cs]e|requirements)\.txt$/i;
/** Files that are listed. Data sets can have thousands of shards. */
const MOST_SHOWN = 200;

const EVERYWHERE = { path: null, recursive: true };

/** The largest readable file by format, in bytes. */
export interface DatasetLimits {
  readonly text: number;
  readonly parquet: number;
}

/**
 * @param reference `owner/name`, a link, or either with `@revision`
 * @throws LabError not-found, gated, hub-unreachable, hub-failed, bad-prompts
 */
export async function lookUpDataset(
  hub: Hub,
  reference: string,
  token: string | null,
  limits: DatasetLimits,
): Promise<DatasetOffer> {
  const linked = parseReference(reference, 'data set');
  const accessToken = checkToken(token);
  const { about, all } = await withAdvice(async () => {
    const { architecture: _, ...info } = await infoOf(hub, 'data set', linked, accessToken);
    return { about: info, all: await filesIn(hub, 'data set', info, EVERYWHERE, accessToken) };
  });
  const files = [...all.files.values()].filter(
    ({ name }) => READABLE.test(name) && !METADATA.test(name) && !name.startsWith('.'),
  );
  if (files.length === 0) {
    throw new LabError(
      'bad-prompts',
      `${about.repository} holds no file that the lab reads.`,
      'Choose a data set with JSON, JSON lines, CSV, Parquet or text files. ' +
        'The Hub’s own Parquet copy is at @refs/convert/parquet.',
    );
  }
  const refused = (name: string, bytes: number) => {
    const most = /\.parquet$/i.test(name) ? limits.parquet : limits.text;
    return bytes > most ? `Larger than the ${Math.round(most / 1e6)} MB that are read.` : null;
  };
  const shown = files
    .map(({ name, bytes }) => ({ name, bytes, refused: refused(name, bytes) }))
    .sort(
      (a, b) =>
        Number(b.name === linked.file) - Number(a.name === linked.file) ||
        a.name.localeCompare(b.name, 'en', { numeric: true }),
    )
    .slice(0, MOST_SHOWN);
  return { ...about, files: shown, more: files.length - shown.length, cut: all.cut, linkedFile: linked.file };
}

/** Corrects the advice of errors: unlike a model, a data set is held in memory, so nothing of it is kept. */
async function withAdvice<T>(asking: () => Promise<T>): Promise<T> {
  try {
    return await asking();
  } catch (error) {
    if (!(error instanceof LabError) || (error.code !== 'hub-failed' && error.code !== 'hub-unreachable')) throw error;
    const { code, message, advice } = error;
    throw new LabError(code, message, `Nothing was imported. ${advice.replace(KEPT, '').replace('  ', ' ').trim()}`, {
      cause: error,
    });
  }
}

export interface DatasetTransport {
  readonly signal: AbortSignal;
  readonly patience?: Patience;
  onProgress(received: number, bytes: number): void;
}

/**
 * Downloads one file at the offer's commit, and checks its digest.
 * @throws LabError as `lookUpDataset`, and bad-file; the signal's reason when it aborts
 */
export async function fetchDatasetFile(
  hub: Hub,
  offer: DatasetOffer,
  name: string,
  token: string | null,
  { signal, patience = PATIENCE, onProgress }: DatasetTransport,
): Promise<Blob> {
  const { repository, revision } = offer;
  const accessToken = checkToken(token);
  if (offer.gated && accessToken === null) throw gated(repository, false);
  const { files } = await withAdvice(() => filesIn(hub, 'data set', offer, EVERYWHERE, accessToken));
  const file = files.get(name);
  if (file === undefined)
    throw new LabError('not-found', `${repository} has no ${name}.`, 'Look the data set up again.');
  const path = name.split('/').map(encodeURIComponent).join('/');
  const url = `${hub.url}/datasets/${repository}/resolve/${revision}/${path}`;
  const into = new MemorySink();
  await withAdvice(() =>
    fetchFile({ url, name, repository, bytes: file.bytes }, into, {
      ...{ fetch: hub.fetch, token: accessToken, patience, signal },
      onProgress: (received) => onProgress(received, file.bytes),
    }),
  );
  const blob = into.blob();
  if (!(await matches(blob, file.digest))) {
    throw new LabError(
      'bad-file',
      `${name} differs from the file on the Hub.`,
      'Nothing was imported. Download it again.',
    );
  }
  return blob;
}

class MemorySink implements Sink {
  received = 0;
  etag: string | null = null;
  private parts: Uint8Array<ArrayBuffer>[] = [];

  async append(bytes: Uint8Array): Promise<void> {
    this.parts.push(Uint8Array.from(bytes));
    this.received += bytes.length;
  }

  async restart(etag: string | null): Promise<void> {
    this.parts = [];
    this.received = 0;
    this.etag = etag;
  }

  blob(): Blob {
    return new Blob(this.parts);
  }
}

async function matches(blob: Blob, { kind, hex }: Digest): Promise<boolean> {
  if (kind === 'sha256') return (await sha256(new Uint8Array(await blob.arrayBuffer()))) === hex;
  const named = new Blob([`blob ${blob.size}\0`, blob]);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', await named.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('') === hex;
}
