/** Which kernel variant an operation uses: what the adapter can be offered, and what the autotuner measured there. */
import type { Device } from './device';
import { capacity, type Extent } from './tensor';

/** Increased when kernels change so much that everything that was measured must be measured again. */
const TUNER_VERSION = 7;

/** The key of stored measurements: they are valid for one adapter and one version of the kernels. */
export const tunerKey = (adapter: string): string => `${adapter}, version ${TUNER_VERSION}`;

/** The chosen variant of each decision, by the decision's key. */
export type Choices = Readonly<Record<string, string>>;

/** The properties of the adapter with which plans choose kernels. */
export interface Tuning {
  /** The adapter has no GPU. Kernels with barriers are slow there, and slower still to compile. */
  readonly software: boolean;
  /** Features of the device, e.g. `shader-f16`. */
  readonly features: readonly string[];
  readonly choices: Choices;
  /**
   * For tests: the name of the variant that an operation uses, whether or not this adapter is offered it. Where it is
   * undefined, the variant is chosen as usual.
   */
  readonly force?: (variants: Readonly<Record<string, Variant>>) => string | undefined;
}

export function tuningOf({ isSoftware, gpu }: Device, choices: Choices = {}): Tuning {
  return { software: isSoftware, features: [...gpu.features], choices };
}

/** A GPU that has not been measured, without optional features. */
export const UNTUNED: Tuning = { software: false, features: [], choices: {} };

/** The conditions under which a variant is offered. */
export interface Variant {
  /** The only kind of adapter that it is offered to. By default both. */
  readonly only?: 'hardware' | 'software';
  /** A feature that the device must have. */
  readonly needs?: string;
  /** The fewest and the most rows for which it can be the fastest. By default any number. */
  readonly least?: number;
  readonly most?: number;
}

/** The choice if the adapter is offered it, otherwise the first candidate. Undefined without candidates. */
export function chosenOf(candidates: readonly string[], choice: string | undefined): string | undefined {
  return choice !== undefined && candidates.includes(choice) ? choice : candidates[0];
}

/** The variants that the decisions of a plan use, the defaults included. */
export function usedChoices(
  decisions: Iterable<{ readonly key: string; readonly candidates: readonly string[] }>,
  choices: Choices,
): Record<string, string> {
  const used: Record<string, string> = {};
  for (const { key, candidates } of decisions) {
    const name = chosenOf(candidates, choices[key]);
    if (name !== undefined) used[key] = name;
  }
  return used;
}

/** Operations on numbers of rows in one class share a decision. */
export interface RowClass {
  /** Most rows of the class. */
  readonly most: number;
  /** Number of rows that the autotuner measures. */
  readonly measured: number;
}

const HARDWARE_CLASSES: readonly RowClass[] = [
  ...[1, 2, 4, 8, 16, 32, 64, 256].map((rows) => ({ most: rows, measured: rows })),
  { most: Number.POSITIVE_INFINITY, measured: 512 },
];

/** On software adapters the speed depends on loads and not on the number of threads, so few classes differ. */
const SOFTWARE_CLASSES: readonly RowClass[] = [
  { most: 1, measured: 1 },
  { most: 8, measured: 8 },
  { most: Number.POSITIVE_INFINITY, measured: 64 },
];

export function rowClass(rows: Extent, { software }: Pick<Tuning, 'software'>): RowClass {
  const size = capacity(rows);
  return (software ? SOFTWARE_CLASSES : HARDWARE_CLASSES).find(({ most }) => size <= most) as RowClass;
}

/** Names of the variants that an adapter is offered for so many rows, in the order of their declaration. */
export function candidatesOf(
  variants: Readonly<Record<string, Variant>>,
  rows: number,
  { software, features }: Pick<Tuning, 'software' | 'features'>,
): readonly string[] {
  return Object.entries(variants)
    .filter(([, { only }]) => only === undefined || (only === 'software') === software)
    .filter(([, { needs }]) => needs === undefined || features.includes(needs))
    .filter(([, { least = 0, most = Number.POSITIVE_INFINITY }]) => least <= rows && rows <= most)
    .map(([name]) => name);
}
