/** Names of repositories as people write them. */
import { LabError } from '../lib/errors';

/** The kind of a repository. */
export type RepositoryKind = 'model' | 'data set';

/** A parsed reference to a repository of the Hub. */
export interface HubReference {
  /** `owner/name`. */
  readonly repository: string;
  /** Branch, tag or commit. Null if none was named. */
  readonly revision: string | null;
  /** Path of the file that a link points to. Null if it points to the repository. */
  readonly file: string | null;
}

const HOSTS = ['huggingface.co', 'www.huggingface.co', 'hf.co'];
const PART = /^[\w][\w.-]*$/;
/** First parts of the paths of pages that are not repositories. */
const OTHERS = ['api', 'blog', 'buckets', 'collections', 'datasets', 'docs', 'kernels', 'models', 'papers', 'spaces'];

/**
 * Parses `owner/name`, `owner/name@revision`, or a link to a repository, to its tree, or to one of its files. A data
 * set may be preceded by `datasets/`.
 * @throws LabError not-found
 */
export function parseReference(reference: string, kind: RepositoryKind = 'model'): HubReference {
  const text = reference.trim();
  const bare = /^(?:https?:\/\/)?([\w.-]+\.co)\/(.*)$/i.exec(text);
  if (bare !== null && !HOSTS.includes((bare[1] ?? '').toLowerCase())) throw noReference(text, kind);
  // The query and the fragment only say how the page is shown.
  const whole = (bare?.[2] ?? text).replace(/[?#].*$/, '').replace(/\/+$/, '');
  const inDatasets = whole.startsWith('datasets/');
  // A link without `datasets/` points to a model.
  if (kind === 'data set' && bare !== null && !inDatasets) throw noReference(text, kind);
  const path = kind === 'data set' && inDatasets ? whole.slice('datasets/'.length) : whole;
  const [, before = path, after = null] = /^([^/]+\/[^/@]+)@(.*)$/.exec(path) ?? [];
  const at = after === null ? null : decoded(after);
  const [owner = '', name = '', view, revision, ...file] = before.split('/').map(decoded);
  if (!PART.test(owner) || !PART.test(name) || at === '' || OTHERS.includes(owner)) throw noReference(text, kind);
  const repository = `${owner}/${name}`;
  if (view === undefined) return { repository, revision: at, file: null };
  // Only a link may have a path below the repository.
  if (bare === null || at !== null) throw noReference(text, kind);
  // A tab of the repository's page, such as /discussions.
  if (!['tree', 'blob', 'resolve', 'raw', 'commit'].includes(view) || revision === undefined)
    return { repository, revision: null, file: null };
  const toFile = view !== 'tree' && view !== 'commit' && file.length > 0;
  return { repository, revision, file: toFile ? file.join('/') : null };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function noReference(text: string, kind: RepositoryKind): LabError {
  return new LabError(
    'not-found',
    text === '' ? `No ${kind} is named.` : `“${text}” is not a ${kind} on the Hugging Face Hub.`,
    kind === 'model'
      ? 'Write owner/name, for example HuggingFaceTB/SmolLM2-135M-Instruct, or paste the link of the model’s page.'
      : 'Write owner/name, for example openai/gsm8k, or paste the link of the data set’s page.',
  );
}
