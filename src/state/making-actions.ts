import type { MakePromptsWish } from '../records/prompts';
import { attempt } from './actions';
import { lab } from './lab';
import { failureOf, showStored } from './prompt-actions';
import { type Made, NO_MAKING, usePrompts } from './prompts';

export async function makePrompts(wish: MakePromptsWish): Promise<void> {
  usePrompts.setState({ making: { status: 'making', wish, progress: null } });
  const current = () => {
    const { making } = usePrompts.getState();
    return making.status === 'making' && making.wish === wish;
  };
  try {
    const made = await lab().makePrompts(wish);
    if (current())
      usePrompts.setState({ making: { status: 'made', made, out: new Set(), name: null, failure: null } });
  } catch (error) {
    if (current()) usePrompts.setState({ making: { ...NO_MAKING, failure: failureOf(error) } });
  }
}

export async function cancelMaking(): Promise<void> {
  usePrompts.setState({ making: NO_MAKING });
  await attempt(() => lab().cancelMakePrompts());
}

function changeMade(change: (now: Made) => Partial<Made>): void {
  const { making } = usePrompts.getState();
  if (making.status === 'made') usePrompts.setState({ making: { ...making, ...change(making) } });
}

/** Takes one out of what is kept, or in again. */
export function toggleMade(index: number): void {
  changeMade(({ out }) => {
    const next = new Set(out);
    if (!next.delete(index)) next.add(index);
    return { out: next };
  });
}

export const nameMade = (name: string): void => changeMade(() => ({ name }));

export function throwMadeAway(): void {
  const { making } = usePrompts.getState();
  if (making.status !== 'made') return;
  usePrompts.setState({ making: { ...NO_MAKING, thrown: making.made.kept.length > 0 ? making : null } });
}

export function undoThrowing(): void {
  const { making } = usePrompts.getState();
  if (making.status === 'none' && making.thrown !== null) usePrompts.setState({ making: making.thrown });
}

export async function keepMade(name: string): Promise<void> {
  const { making } = usePrompts.getState();
  if (making.status !== 'made') return;
  const { made, out } = making;
  try {
    const kept = await lab().keepPrompts(
      name,
      made.kept.filter((_, i) => !out.has(i)),
      made.how,
    );
    usePrompts.setState({ making: NO_MAKING });
    await showStored([kept], true);
  } catch (error) {
    changeMade(() => ({ failure: failureOf(error) }));
  }
}
