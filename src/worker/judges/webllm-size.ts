/** Asks the host of a WebLLM model for its size: reads two small configuration files, and no weights. */
import * as v from 'valibot';
import { broken, unexpected, unreachable, webPage } from '../../hub/hub-errors';
import { LabError } from '../../lib/errors';

const ANSWER_MS = 30_000;
/** Longest file, in characters. The largest models have some hundred shards, each with dozens of parameters. */
const LONGEST = 16e6;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const WeightsSchema = v.object({ records: v.pipe(v.array(v.object({ nbytes: count })), v.minLength(1)) });

/**
 * Bytes of the weights.
 * @param folder URL, with a slash at the end
 * @throws LabError not-found, hub-unreachable, hub-failed
 */
export async function weightsBytes(folder: string, fetch: typeof globalThis.fetch): Promise<number> {
  const parsed = v.safeParse(WeightsSchema, await jsonOf(folder, 'tensor-cache.json', fetch));
  if (!parsed.success) throw unexpected(new URL(folder).host, 'tensor-cache.json is not a list of weights');
  return parsed.output.records.reduce((sum, { nbytes }) => sum + nbytes, 0);
}

const positive = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 24));
/** mlc-chat-config.json of a plain transformer. */
const ShapeSchema = v.object({
  quantization: v.string(),
  context_window_size: positive,
  model_config: v.object({
    num_hidden_layers: positive,
    num_attention_heads: positive,
    num_key_value_heads: positive,
    hidden_size: positive,
    head_dim: v.optional(positive),
  }),
});

/**
 * Bytes of the KV cache for the whole context, which WebLLM allocates when it loads the model. Null if the
 * configuration does not say.
 * @throws LabError not-found, hub-unreachable, hub-failed
 */
export async function cacheBytes(folder: string, fetch: typeof globalThis.fetch): Promise<number | null> {
  const parsed = v.safeParse(ShapeSchema, await jsonOf(folder, 'mlc-chat-config.json', fetch));
  if (!parsed.success) return null;
  const { quantization, context_window_size: context, model_config } = parsed.output;
  const {
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    hidden_size,
  } = model_config;
  const { head_dim = hidden_size / heads } = model_config;
  return 2 * layers * kvHeads * head_dim * context * (quantization.includes('f16') ? 2 : 4);
}

async function jsonOf(folder: string, name: string, fetch: typeof globalThis.fetch): Promise<unknown> {
  const url = new URL(name, folder);
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) }).catch((cause: unknown) => {
    throw unreachable(url.host, cause);
  });
  if (response.status === 404 || response.status === 401) {
    throw new LabError(
      'not-found',
      `There is no model for WebLLM at ${folder}: it has no ${name}.`,
      'Check the address: it must be a folder with tensor-cache.json and mlc-chat-config.json.',
    );
  }
  if (!response.ok) throw broken(url.host, response.status);
  if (response.headers.get('content-type')?.startsWith('text/html')) throw webPage(url.host, name);
  return parseJson(await shortText(response, name, url.host));
}

async function shortText({ body }: Response, name: string, host: string): Promise<string> {
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) {
    text += piece.value;
    if (text.length > LONGEST) {
      await reader?.cancel();
      throw unexpected(host, `${name} is too long`);
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
