import type { RecipeFault } from './check-recipe';
import { type Recipe, TARGET_MODULES, type TargetModule } from './recipe';

/** What decides how an adapter's tensors are shaped and scaled. */
export interface AdapterSettings {
  readonly rank: number;
  readonly alpha: number;
  readonly rsLora: boolean;
  readonly targetModules: readonly TargetModule[];
}

/** Why a run of the recipe cannot go on from an adapter, with the value to change; null where it can. */
export function adapterFault(recipe: Recipe, adapter: AdapterSettings): RecipeFault | null {
  for (const field of ['rank', 'alpha', 'rsLora', 'targetModules'] as const) {
    const [its, ours] = [textOf(adapter[field]), textOf(recipe[field])];
    if (its === ours) continue;
    const message = `The imported adapter has ${field} ${its}, the recipe ${ours}: set ${field} to ${its}, or begin with a fresh adapter.`;
    return { field, message };
  }
  return null;
}

/** Modules in the order of the recipe's list: it does not matter in which one they are named. */
function textOf(value: AdapterSettings[keyof AdapterSettings]): string {
  return typeof value === 'object'
    ? TARGET_MODULES.filter((module) => value.includes(module)).join(',')
    : String(value);
}
