/** Both engines with the same model, decoding greedily. */
import { WebllmSession } from '../../src/judges/webllm/session';
import { at } from '../../src/lib/assert';
import { PRESETS } from '../../src/recipe/presets';
import { openPolicy } from '../policy';
import type { WebllmOptions } from './report';

export interface Reply {
  readonly text: string;
  readonly promptTokens: number;
  /** From the call to the last token. */
  readonly seconds: number;
}

/** Writes a reply to one user message. Both engines read the whole prompt at each call. */
export type Write = (message: string, newTokens: number) => Promise<Reply>;

const timed = async <T>(action: () => Promise<T>): Promise<readonly [T, number]> => {
  const begun = performance.now();
  const result = await action();
  return [result, (performance.now() - begun) / 1000];
};

export async function openWebllm(record: WebllmOptions['webllm']): Promise<Write> {
  const session = new WebllmSession(record.id);
  await session.load({ id: record.id, record }, true, () => {});
  return async (message, maxTokens) => {
    const [{ text, promptTokens }, seconds] = await timed(() => session.complete({ message, maxTokens }));
    return { text, promptTokens, seconds };
  };
}

/**
 * Our engine, with LoRA adapters on all projections as in a run. WebLLM has none.
 * @param messages all messages that will be asked
 * @param lanes the most candidates that decode at once
 * @returns a function that decodes the reply in so many lanes at once
 */
export async function openOurs(
  file: WebllmOptions['model'],
  messages: readonly string[],
  lanes: number,
  newTokens: number,
): Promise<(lanes: number) => Write> {
  const { policy, prompts } = await openPolicy(file, messages, (model) => ({
    ...PRESETS.quick,
    model: model.name,
    arms: ['direct'],
    lanes,
    k: lanes,
    maxNewTokensDirect: newTokens,
    pairsPerStep: 1,
  }));
  return (k) => async (message, maxNewTokens) => {
    const promptTokens = at(prompts, messages.indexOf(message));
    const sampling = { temperature: 0, topP: 1, topK: 0, seed: 1, maxNewTokens };
    const replies: string[] = [];
    const on = {
      tokens: () => {},
      prompt(_: number, completions: readonly { readonly tokens: readonly number[] }[]) {
        replies.push(...completions.map(({ tokens }) => policy.decode(tokens)));
      },
    };
    const request = { position: 0, promptTokens, k, stream: 0 };
    const [, seconds] = await timed(() =>
      policy.generate('direct', [request], sampling, on, new AbortController().signal),
    );
    if (new Set(replies).size !== 1) throw new Error(`Greedy replies of ${k} lanes differ: ${replies.join(' | ')}`);
    return { text: at(replies, 0), promptTokens: promptTokens.length, seconds };
  };
}
