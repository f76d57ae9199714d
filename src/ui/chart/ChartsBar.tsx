import type { Arm } from '../../recipe/recipe';
import { ARM_NAME } from '../arm-name';

interface Props {
  readonly arms: readonly Arm[];
  readonly smoothing: number;
  readonly onSmoothing: (weight: number) => void;
}

/** What the colours of the small charts mean, and how smooth they are. */
export function ChartsBar({ arms, smoothing, onSmoothing }: Props) {
  return (
    <div className="charts-bar">
      <ul className="legend">
        {arms.map((arm) => (
          <li key={arm} className="legend-item">
            <svg className={`legend-line colour-${arm}`} width="16" height="8" aria-hidden="true">
              <line x1="0" x2="16" y1="4" y2="4" stroke="currentColor" strokeWidth="2" />
            </svg>
            {ARM_NAME[arm]}
          </li>
        ))}
      </ul>
      <label className="charts-smoothing" title="An exponential mean; the values themselves stand behind it.">
        Smoothing
        <input
          type="range"
          min="0"
          max="0.95"
          step="0.05"
          value={smoothing}
          onChange={(event) => onSmoothing(event.currentTarget.valueAsNumber)}
        />
        <output className="tabular">{smoothing.toFixed(2)}</output>
      </label>
    </div>
  );
}
