/** Prompts that a model generates from examples, until the user keeps or discards them. */
import type { MakePromptsOptions } from '../../records/prompt-sets';
import { lab } from '../lab';
import { attempt } from '../session/session-actions';
import { failureOf, showStored } from './prompt-actions';
import { type GeneratedPrompts, NO_GENERATION, promptsStore } from './prompts';

export async function makePrompts(options: MakePromptsOptions): Promise<void> {
  promptsStore.setState({ making: { status: 'making', options, progress: null } });
  const current = () => {
    const { making } = promptsStore.getState();
    return making.status === 'making' && making.options === options;
  };
  try {
    const made = await lab().makePrompts(options);
    if (current())
      promptsStore.setState({ making: { status: 'made', made, out: new Set(), name: null, failure: null } });
  } catch (error) {
    if (current()) promptsStore.setState({ making: { ...NO_GENERATION, failure: failureOf(error) } });
  }
}

export async function cancelMaking(): Promise<void> {
  promptsStore.setState({ making: NO_GENERATION });
  await attempt(() => lab().cancelMakePrompts());
}

function changeMade(change: (now: GeneratedPrompts) => Partial<GeneratedPrompts>): void {
  const { making } = promptsStore.getState();
  if (making.status === 'made') promptsStore.setState({ making: { ...making, ...change(making) } });
}

/** Excludes a generated prompt, or includes it again. */
export function toggleGenerated(index: number): void {
  changeMade(({ out }) => {
    const next = new Set(out);
    if (!next.delete(index)) next.add(index);
    return { out: next };
  });
}

export const nameGenerated = (name: string): void => changeMade(() => ({ name }));

export function discardGenerated(): void {
  const { making } = promptsStore.getState();
  if (making.status !== 'made') return;
  promptsStore.setState({ making: { ...NO_GENERATION, discarded: making.made.kept.length > 0 ? making : null } });
}

export function undoDiscard(): void {
  const { making } = promptsStore.getState();
  if (making.status === 'none' && making.discarded !== null) promptsStore.setState({ making: making.discarded });
}

export async function keepGenerated(name: string): Promise<void> {
  const { making } = promptsStore.getState();
  if (making.status !== 'made') return;
  const { made, out } = making;
  try {
    const kept = await lab().keepPrompts(
      name,
      made.kept.filter((_, i) => !out.has(i)),
      made.how,
    );
    promptsStore.setState({ making: NO_GENERATION });
    await showStored([kept], true);
  } catch (error) {
    changeMade(() => ({ failure: failureOf(error) }));
  }
}
