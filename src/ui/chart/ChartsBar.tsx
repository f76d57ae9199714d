import type { Colour } from './chart-data';

interface Props {
  /** What the colours stand for. */
  readonly names: readonly { readonly colour: Colour; readonly name: string }[];
  /** What a dashed line stands for, where it is not said elsewhere. */
  readonly dashed?: string;
  readonly smoothing: number;
  readonly onSmoothing: (weight: number) => void;
}

/** What the colours of the small charts mean, and how smooth they are. */
export function ChartsBar({ names, dashed, smoothing, onSmoothing }: Props) {
  return (
    <div className="charts-bar">
      <ul className="legend">
        {names.map(({ colour, name }) => (
          <li key={colour} className="legend-item">
            <svg className={`legend-line colour-${colour}`} width="16" height="8" aria-hidden="true">
              <line x1="0" x2="16" y1="4" y2="4" stroke="currentColor" strokeWidth="2" />
            </svg>
            {name}
          </li>
        ))}
        {dashed !== undefined && <li className="legend-item">dashed: {dashed}</li>}
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
