/** Times the generator, for the benchmark and the self-test. */
import { Generator } from '../model/generation/generator';
import type { Workspace } from './workspace';

export interface Asked {
  readonly prompts: number;
  readonly k: number;
  readonly maxNewTokens: number;
  readonly temperature: number;
}

export interface GenerationTimer {
  seconds(asked: Asked): Promise<number>;
  /** Decoding speed in tokens per second, without the first token, which includes the prefill. */
  decode(lanes: number, maxNewTokens: number, temperature: number): Promise<number>;
}

/**
 * @param promptTokens returns the tokens of the nth prompt. No token ends a completion, so all have the full length
 */
export function generationTimer(
  workspace: Workspace,
  adapter: string,
  promptTokens: (n: number) => readonly number[],
): GenerationTimer {
  const { device, plan, readbacks, pace } = workspace;
  const capacity = plan.spec.generation;
  const generator = new Generator({
    device,
    prefill: workspace.prefill,
    decode: workspace.decode,
    capacity,
    context: capacity.maxPrompt + capacity.maxNewTokens,
    vocabulary: plan.spec.weights.model.config.vocabulary,
    positions: plan.positions,
    ends: new Set(),
    readbacks,
    pace,
  });
  const seconds = async ({ prompts, k, maxNewTokens, temperature }: Asked): Promise<number> => {
    const requests = Array.from({ length: prompts }, (_, position) => ({
      position,
      promptTokens: promptTokens(position),
      k,
      stream: position,
    }));
    const sampling = { temperature, topP: 0.95, topK: 0, maxNewTokens, seed: 1 };
    const on = { tokens: () => {}, prompt: () => {} };
    const start = performance.now();
    await generator.generate(workspace.slots(adapter), requests, sampling, on, new AbortController().signal);
    return (performance.now() - start) / 1000;
  };
  return {
    seconds,
    async decode(k, maxNewTokens, temperature) {
      const first = await seconds({ prompts: 1, k, maxNewTokens: 1, temperature });
      return (k * (maxNewTokens - 1)) / ((await seconds({ prompts: 1, k, maxNewTokens, temperature })) - first);
    },
  };
}
