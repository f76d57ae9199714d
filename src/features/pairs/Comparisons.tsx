import type { Rollout } from '../../records/candidates';
import type { Comparison } from '../../records/judgements';
import { ARM_NAME } from '../../ui/arm-name';
import { plural, subscript } from '../../ui/format';
import { JudgeCalls } from '../../ui/judge/JudgeCalls';

/** A policy's samples of a held-out prompt against another policy's, as the evaluation's judge compared them. */
export function Comparisons({ rollout: { comparisons, position } }: { readonly rollout: Rollout }) {
  return comparisons.map((comparison) => {
    const { against, outcomes, calls } = comparison;
    const other = `M${subscript(against.iteration)}, ${ARM_NAME[against.arm]}`;
    return (
      <section key={`${position} ${other}`}>
        <h3>
          Against {other}: {outcomeWords(comparison)}
        </h3>
        {calls.map((ofSample, sample) => (
          <JudgeCalls
            // biome-ignore lint/suspicious/noArrayIndexKey: samples are their number
            key={sample}
            calls={ofSample}
            nameOf={(which) => (which === 0 ? `candidate ${sample + 1}` : `that of ${other}`)}
          />
        ))}
        {outcomes.length > 0 && calls.every((ofSample) => ofSample.length === 0) && (
          <p className="quiet">No judge was asked: one of two is malformed, or both are the same.</p>
        )}
      </section>
    );
  });
}

function outcomeWords({ outcomes }: Comparison): string {
  const of = (wanted: number | null) => outcomes.filter((outcome) => outcome === wanted).length;
  const words = [
    [of(1), 'won'],
    [of(0), 'lost'],
    [of(0.5), 'tied'],
    [of(null), 'without a verdict'],
  ] as const;
  const said = words.flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`]));
  return `${said.join(', ')} of ${plural(outcomes.length, 'sample')}`;
}
