/** Data sets of the Hub: which of their files hold prompts, and one of them in memory. Loaded when one is first asked for. */
import { LabError } from '../lib/errors';
import { sha256 } from '../lib/sha256';
import type { DatasetOffer } from '../records/prompt-import';
import { checkToken, type Hub } from './ask-hub';
import { fetchFile, PATIENCE, type Patience, type Sink } from './fetch-file';
import { gated, KEPT } from './hub-errors';
import { parseReference } from './reference';
import { type Digest, filesIn, infoOf } from './repository';

const READ = /\.(jsonl|ndjson|json|csv|tsv|txt)(\.gz)?$|\.parquet$/i;
/** What describes a data set and is none of its data. */
const ABOUT =
  /(^|\/)(dataset_infos?|dataset_dict|state|config|croissant|package)\.json$|(^|\/)(licen[cs]e|requirements)\.txt$/i;
/** As the reader's file is shown; a list of thousands of shards helps nobody. */
const MOST_SHOWN = 200;

const EVERYWHERE = { path: null, recursive: true };

/** What of a format is read, in bytes. */
export interface DatasetLimits {
  readonly text: number;
  readonly parquet: number;
}

/** @param reference `owner/name`, a link, or either with `@revision`. @throws LabError not-found, gated, hub-unreachable, hub-failed, bad-prompts */
export async function lookUpDataset(
  hub: Hub,
  reference: string,
  token: string | null,
  limits: DatasetLimits,
): Promise<DatasetOffer> {
  const wanted = parseReference(reference, 'data set');
  const accessToken = checkToken(token);
  const { about, all } = await nothingKept(async () => {
    const { architecture: _, ...info } = await infoOf(hub, 'data set', wanted, accessToken);
    return { about: info, all: await filesIn(hub, 'data set', info, EVERYWHERE, accessToken) };
  });
  const files = [...all.files.values()].filter(
    ({ name }) => READ.test(name) && !ABOUT.test(name) && !name.startsWith('.'),
  );
  if (files.length === 0) {
    throw new LabError(
      'bad-prompts',
      `${about.repository} holds no file that the lab reads.`,
      'Choose a data set with JSON, JSON lines, CSV, Parquet or text files; the Hub’s own Parquet copy is at @refs/convert/parquet.',
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
        Number(b.name === wanted.file) - Number(a.name === wanted.file) ||
        a.name.localeCompare(b.name, 'en', { numeric: true }),
    )
    .slice(0, MOST_SHOWN);
  return { ...about, files: shown, more: files.length - shown.length, cut: all.cut, wanted: wanted.file };
}

/** Of what stays in memory nothing is kept, whatever the Hub's errors say of models. */
async function nothingKept<T>(asking: () => Promise<T>): Promise<T> {
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

/** One file at the offer's commit, checked. @throws LabError as `lookUpDataset`, bad-file; the signal's reason when it is aborted */
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
  const { files } = await nothingKept(() => filesIn(hub, 'data set', offer, EVERYWHERE, accessToken));
  const file = files.get(name);
  if (file === undefined)
    throw new LabError('not-found', `${repository} has no ${name}.`, 'Look the data set up again.');
  const url = `${hub.url}/datasets/${repository}/resolve/${revision}/${name.split('/').map(encodeURIComponent).join('/')}`;
  const into = new MemorySink();
  await nothingKept(() =>
    fetchFile({ url, name, repository, bytes: file.bytes }, into, {
      ...{ fetch: hub.fetch, token: accessToken, patience, signal },
      onProgress: (received) => onProgress(received, file.bytes),
    }),
  );
  const blob = into.blob();
  if (!(await matches(blob, file.digest))) {
    throw new LabError(
      'bad-file',
      `${name} did not arrive as the Hub has it.`,
      'Nothing was imported. Fetch it again.',
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
