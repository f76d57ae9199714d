import type { PromptPreview } from '../../records/prompt-import';
import { count, plural } from '../../ui/format';

interface Props {
  readonly preview: PromptPreview;
  readonly unit: 'line' | 'row';
}

export function Faults({ preview: { faults, faulty }, unit }: Props) {
  return (
    <section className="panel prompts-section" aria-labelledby="faults-title">
      <h2 id="faults-title">{plural(faulty, 'row')} with a fault</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <ul className="faults scroll" tabIndex={0} aria-label="Faults">
        {faults.map(({ line, fault }) => (
          <li key={line}>
            <span className="fault-line tabular">
              {unit === 'line' ? 'Line' : 'Row'} {count(line)}
            </span>
            {fault}
          </li>
        ))}
      </ul>
      {faulty > faults.length && <p className="quiet">The first {faults.length} of them.</p>}
    </section>
  );
}
