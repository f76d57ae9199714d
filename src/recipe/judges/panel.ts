/** A panel: several judges, each with a weight, `rule:1,onnx:0.5`. */
import { panelMembers } from '../declare';
import type { Advice, FieldFault, JudgeKindRecord, JudgeRoleField } from './kind';

export interface PanelMember<K extends string> {
  readonly kind: K;
  readonly weight: number;
}

export const MAX_WEIGHT = 1000;

const entriesOf = (panel: string): string[][] =>
  panel.split(',').flatMap((entry) => (entry.trim() === '' ? [] : [entry.trim().split(':')]));

/** null where the text is no weight. A member without one has weight 1. */
function weightOf(text = '1'): number | null {
  const weight = text.trim() === '' ? Number.NaN : Number(text);
  return weight > 0 && weight <= MAX_WEIGHT ? weight : null;
}

const kindNamed = <K extends string>(name = '', kinds: readonly K[]): K | null =>
  kinds.find((kind) => kind === name.trim()) ?? null;

/**
 * The members that can be read; `panelFault` reports the others.
 * @param kinds that may be members
 */
export function readPanel<K extends string>(panel: string, kinds: readonly K[]): PanelMember<K>[] {
  return entriesOf(panel).flatMap(([name, weightText]) => {
    const kind = kindNamed(name, kinds);
    const weight = weightOf(weightText);
    return kind === null || weight === null ? [] : [{ kind, weight }];
  });
}

export function formatPanel(members: readonly PanelMember<string>[]): string {
  return members.map(({ kind, weight }) => `${kind}:${weight}`).join(',');
}

/** The first fault of a panel, as a sentence; null where there is none. */
export function panelFault(panel: string, kinds: readonly string[]): string | null {
  const seen = new Set<string>();
  for (const [name, weight, ...rest] of entriesOf(panel)) {
    const kind = kindNamed(name, kinds);
    if (kind === null)
      return `The panel names ${JSON.stringify(name)}, which is no judge: choose among ${kinds.join(', ')}.`;
    if (weightOf(weight) === null || rest.length > 0) {
      return `The weight of ${kind} on the panel must be one number above 0, at most ${MAX_WEIGHT}.`;
    }
    if (seen.has(kind)) return `The panel names ${kind} twice: give it one weight.`;
    seen.add(kind);
  }
  return seen.size < 2 ? 'A panel needs at least two members: add a judge, or choose that judge alone.' : null;
}

/** @param kinds that may be members */
export const panelOf = (kinds: readonly string[]) =>
  ({
    kind: 'panel',
    label: 'A panel of these',
    runName: () => 'panel',
    description: 'a panel of judges, their scores made comparable and added by weight',
    included: null,
    fields: {
      panel: panelMembers({
        label: 'Panel',
        explanation: 'Each member’s scores are made comparable (z-scores per prompt) and added by weight.',
        group: 'Judge',
        max: 512,
        default: '',
        addedLater: true,
      }),
    },
    evaluates: false,
    appliesChecks: false,
    method: 'members',
    pace: null,
    limited: false,
    model: null,
    timedBy: [],
    fault: ({ panel }: { readonly panel: string }): FieldFault<'panel'> | null => {
      const message = panelFault(panel, kinds);
      return message === null ? null : { field: 'panel', message };
    },
    remedy: (_: unknown, _role: JudgeRoleField): Advice<'panel'> => ({
      advice: 'Keep those of its members that pass, and take the others off.',
      field: 'panel',
    }),
  }) as const satisfies JudgeKindRecord;
