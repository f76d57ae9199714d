import type { Device } from '../../engine/device';
import type { Pace } from '../../engine/pace';
import type { Plan } from '../../engine/plan';
import type { Readback } from '../../engine/readback';
import type { GenerationCapacity } from './generation-plans';

export interface GeneratorParts {
  readonly device: Device;
  readonly prefill: Plan;
  readonly decode: Plan;
  readonly capacity: GenerationCapacity;
  /** Most tokens of a prompt and its completion together. */
  readonly context: number;
  /** Rows of the embedding and of the position table. */
  readonly vocabulary: number;
  readonly positions: number;
  readonly ends: ReadonlySet<number>;
  /** Used in turn, because the tokens of one submit are read while the next one runs. */
  readonly readbacks: readonly [Readback, Readback];
  readonly pace: Pace;
}
