/** Judges that a recipe asks, and the panel among them: `rule:1,onnx:0.5`. */
import { JUDGES, type JudgeKind, type Recipe } from './recipe';

export interface PanelMember {
  readonly kind: JudgeKind;
  readonly weight: number;
}

/** Who may sit on a panel. */
export const PANEL_KINDS = JUDGES.filter((kind) => kind !== 'panel');
const HEAVIEST = 1000;

const entries = (text: string) =>
  text.split(',').flatMap((entry) => (entry.trim() === '' ? [] : [entry.trim().split(':')]));
const kindOf = (name = ''): JudgeKind | null => PANEL_KINDS.find((kind) => kind === name.trim()) ?? null;
/** A member without one weighs 1. */
const weightOf = (text = '1'): number | null => {
  const weight = text.trim() === '' ? Number.NaN : Number(text);
  return weight > 0 && weight <= HEAVIEST ? weight : null;
};

/** The members that can be read; `panelFault` says what cannot. */
export function parsePanel(text: string): PanelMember[] {
  return entries(text).flatMap(([name, weightText]) => {
    const kind = kindOf(name);
    const weight = weightOf(weightText);
    return kind === null || weight === null ? [] : [{ kind, weight }];
  });
}

export function formatPanel(members: readonly PanelMember[]): string {
  return members.map(({ kind, weight }) => `${kind}:${weight}`).join(',');
}

/** What is wrong with a panel, as a sentence; null where nothing is. */
export function panelFault(text: string): string | null {
  const seen = new Set<JudgeKind>();
  for (const [name, weight, ...rest] of entries(text)) {
    const kind = kindOf(name);
    if (kind === null)
      return `The panel names ${JSON.stringify(name)}, which is no judge: choose among ${PANEL_KINDS.join(', ')}.`;
    if (weightOf(weight) === null || rest.length > 0) {
      return `The weight of ${kind} on the panel must be one number above 0, at most ${HEAVIEST}.`;
    }
    if (seen.has(kind)) return `The panel names ${kind} twice: give it one weight.`;
    seen.add(kind);
  }
  return seen.size < 2 ? 'A panel needs two members or more: add a judge, or choose that judge alone.' : null;
}

/** Every kind of judge that has a say, each once: in training, on its panel, in the evaluation. */
export function judgesOf({
  judge,
  evaluationJudge,
  panel,
}: Pick<Recipe, 'judge' | 'evaluationJudge' | 'panel'>): JudgeKind[] {
  const training = judge === 'panel' ? parsePanel(panel).map(({ kind }) => kind) : [judge];
  return [...new Set(evaluationJudge === 'same' ? training : [...training, evaluationJudge])];
}

/** Whether a judge of the training waits for a person. */
export const asksPerson = (recipe: Pick<Recipe, 'judge' | 'panel'>): boolean =>
  judgesOf({ ...recipe, evaluationJudge: 'same' }).includes('human');
