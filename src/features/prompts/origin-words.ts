import type { PromptFormat } from '../../records/prompt-import';
import type { PromptOrigin, PromptSetInfo } from '../../records/prompts';
import { moment, plural } from '../../ui/format';

export const FORMAT_NAME: Record<PromptFormat, string> = {
  jsonl: 'JSON lines',
  json: 'JSON',
  csv: 'CSV',
  tsv: 'TSV',
  parquet: 'Parquet',
  lines: 'plain lines',
};

/** Short, for a list. */
export function originWords(origin: PromptOrigin): string {
  switch (origin.kind) {
    case 'bundled':
      return 'bundled';
    case 'file':
      return 'your file';
    case 'paste':
      return 'pasted';
    case 'dataset':
      return origin.repository;
    case 'model':
      return 'made by a model';
    default:
      return origin satisfies never;
  }
}

/** Where it came from and what was left out, as sentences. */
export function originSentence({ origin, split, leftOut, created }: PromptSetInfo): string {
  const when = created === 0 ? '' : `, ${moment(created)}`;
  const parts = [`${sourceOf(origin)}${when}.`];
  if (split !== null) {
    parts.push(`The ${split.side} side of a split by hash with ${Math.round(split.share * 100)}% held out.`);
  }
  const left = [
    ...(leftOut.duplicates > 0 ? [plural(leftOut.duplicates, 'duplicate')] : []),
    ...(leftOut.faulty > 0
      ? [
          origin.kind === 'model'
            ? `${leftOut.faulty} of ${origin.written} written`
            : `${plural(leftOut.faulty, 'row')} with a fault`,
        ]
      : []),
    ...(leftOut.rest ? ['what stands behind the first 100,000 rows'] : []),
  ];
  if (left.length > 0) parts.push(`Left out: ${left.join(', ')}.`);
  return parts.join(' ');
}

function sourceOf(origin: PromptOrigin): string {
  switch (origin.kind) {
    case 'bundled':
      return 'Comes with the page';
    case 'file':
      return `From the file ${origin.name}${origin.format === null ? '' : ` (${FORMAT_NAME[origin.format]})`}`;
    case 'paste':
      return `Pasted as ${FORMAT_NAME[origin.format]}`;
    case 'dataset': {
      const { repository, revision, file, licence } = origin;
      return `From ${file} of ${repository} on the Hugging Face Hub at commit ${revision.slice(0, 7)}, ${licence ?? 'no licence named'}`;
    }
    case 'model': {
      const { model, from, examples, seed, temperature, topP } = origin;
      return `Written by ${model} after ${plural(examples, 'example')} of ${from} each, at temperature ${temperature} and top-p ${topP}, seed ${seed}`;
    }
    default:
      return origin satisfies never;
  }
}
