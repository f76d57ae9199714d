/** Generates with the most probable token at every step. */
import { at } from '../../lib/assert';
import { Generator } from '../../model/generation/generator';
import type { Workspace } from '../workspace';

/** Returns k equal completions of each prompt, in the order of the prompts. */
export async function generateGreedily(
  workspace: Workspace,
  adapter: string,
  prompts: readonly (readonly number[])[],
  maxNewTokens: number,
  ends: ReadonlySet<number>,
  k = 1,
): Promise<(readonly number[])[]> {
  const { plan, device, readbacks, pace } = workspace;
  const generator = new Generator({
    device,
    prefill: workspace.prefill,
    decode: workspace.decode,
    capacity: plan.spec.generation,
    context: plan.spec.weights.model.config.context,
    vocabulary: plan.spec.weights.model.config.vocabulary,
    positions: plan.positions,
    ends,
    readbacks,
    pace,
  });
  const completions = prompts.map((): (readonly number[])[] => []);
  await generator.generate(
    workspace.slots(adapter),
    prompts.map((promptTokens, position) => ({ position, promptTokens, k, stream: position })),
    { temperature: 0, topP: 1, topK: 0, maxNewTokens, seed: 0 },
    {
      tokens: () => {},
      prompt: (position, made) => at(completions, position).push(...made.map(({ tokens }) => tokens)),
    },
    new AbortController().signal,
  );
  return completions.flat();
}
