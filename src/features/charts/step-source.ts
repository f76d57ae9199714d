/** Curves of the optimiser steps: both arms on one x, the step counted over the iterations. */
import type { Arm } from '../../recipe/recipe';
import type { StepColumn, StepLog } from '../../state/step-log';
import type { ChartData, Series } from '../../ui/chart/chart-data';

export interface Curve {
  readonly column: StepColumn;
  /** Said after the arm's name; empty where the arm says it all. */
  readonly label: string;
  readonly dash: boolean;
}

export const ARM_LABEL: Record<Arm, string> = { thinking: 'thinks first', direct: 'answers at once' };

/** A source that charts can subscribe to. */
export function stepSource(log: StepLog, arms: readonly Arm[], curves: readonly Curve[]) {
  return { subscribe: log.subscribe, version: log.version, read: () => readSteps(log, arms, curves) };
}

function readSteps(log: StepLog, arms: readonly Arm[], curves: readonly Curve[]): ChartData {
  const first = Math.min(...arms.map((arm) => log.first(arm)));
  const last = Math.max(0, ...arms.map((arm) => log.count(arm)));
  const length = Math.max(0, last - first + 1);
  const series = arms.flatMap((arm) =>
    curves.map((curve): Series => {
      const values: (number | null)[] = new Array(length).fill(null);
      const offset = log.first(arm) - first;
      log.column(arm, curve.column).forEach((value, i) => {
        values[offset + i] = Number.isFinite(value) ? value : null;
      });
      return { label: [ARM_LABEL[arm], curve.label].filter(Boolean).join(', '), colour: arm, dash: curve.dash, values };
    }),
  );
  return { x: Array.from({ length }, (_, i) => first + i), series, marks: marks(log, arms, first) };
}

/** Where each iteration begins, by the arm that is furthest. */
function marks(log: StepLog, arms: readonly Arm[], first: number): ChartData['marks'] {
  const [arm] = arms.toSorted((a, b) => log.count(b) - log.count(a));
  if (arm === undefined) return [];
  const found: { at: number; label: string }[] = [];
  let before = -1;
  log.column(arm, 'iteration').forEach((iteration, i) => {
    if (iteration !== before) found.push({ at: Math.max(first, log.first(arm)) + i, label: `iteration ${iteration}` });
    before = iteration;
  });
  return found.length > 1 ? found : [];
}
