/** How much a model of WebLLM is to fetch: asked of its host, and nothing else is fetched. */
import * as v from 'valibot';
import { broken, unexpected, unreachable, webPage } from '../hub/hub-errors';
import { LabError } from '../lib/errors';

const ANSWER_MS = 30_000;
/** Shards of the largest models are some hundred, each with some dozen parameters. */
const LONGEST = 16e6;

const WeightsSchema = v.object({
  records: v.pipe(v.array(v.object({ nbytes: v.pipe(v.number(), v.integer(), v.minValue(0)) })), v.minLength(1)),
});

/**
 * Bytes of the weights.
 * @param folder address, with a slash at the end
 * @throws LabError not-found, hub-unreachable, hub-failed
 */
export async function weightsBytes(folder: string, fetch: typeof globalThis.fetch): Promise<number> {
  const url = new URL('tensor-cache.json', folder);
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) }).catch((cause: unknown) => {
    throw unreachable(url.host, cause);
  });
  if (response.status === 404 || response.status === 401) {
    throw new LabError(
      'not-found',
      `There are no weights for WebLLM at ${folder}.`,
      'Check the address: it is a folder with tensor-cache.json.',
    );
  }
  if (!response.ok) throw broken(url.host, response.status);
  if (response.headers.get('content-type')?.startsWith('text/html')) throw webPage(url.host, 'a list of weights');
  const parsed = v.safeParse(WeightsSchema, parseJson(await shortText(response, url.host)));
  if (!parsed.success) throw unexpected(url.host, 'tensor-cache.json is no list of weights');
  return parsed.output.records.reduce((sum, { nbytes }) => sum + nbytes, 0);
}

async function shortText({ body }: Response, host: string): Promise<string> {
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) {
    text += piece.value;
    if (text.length > LONGEST) {
      await reader?.cancel();
      throw unexpected(host, 'tensor-cache.json is too long');
    }
  }
  return text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
