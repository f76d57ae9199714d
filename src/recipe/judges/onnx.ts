import { judgeModel, text } from '../declare';
import { type JudgeKindRecord, type JudgeRoleField, largerModel } from './kind';

/** The bundled reward model. `bytes`: size of the weights and the tokenizer, which are fetched to run it. */
export const BUNDLED_JUDGE = { name: 'tiny-judge', bytes: 3_868_954 } as const;

const source = { source: 'stored', use: 'reward', bundled: BUNDLED_JUDGE.name } as const;

interface RewardModel {
  readonly onnxModel: string;
}
const storedModel = ({ onnxModel }: RewardModel): boolean => onnxModel !== '';

/** A sequence-classification model in ONNX. */
export const onnx = {
  kind: 'onnx',
  label: 'Reward model',
  runName: ({ onnxModel }: RewardModel): string => (onnxModel === '' ? BUNDLED_JUDGE.name : 'reward model'),
  description: 'a reward model that reads the instruction and the response',
  included: { ...BUNDLED_JUDGE, about: 'A reward model for the bundled tiny tasks only.' },
  fields: {
    onnxModel: judgeModel({
      label: 'Reward model',
      explanation: 'A sequence-classification model in ONNX: its logit is the score. tiny-judge comes with the page.',
      group: 'Judge',
      from: source,
      default: '',
      addedLater: true,
    }),
    onnxTemplate: text({
      label: 'Template of its input',
      explanation:
        'A text with {instruction} and {response}. Empty: the model’s own chat template, or the two texts as a pair.',
      group: 'Judge',
      max: 8192,
      long: true,
      default: '',
      when: storedModel,
      addedLater: true,
    }),
    onnxLabel: text({
      label: 'Label that is the score',
      explanation: 'Its name or number, if the model has several labels. Empty: the last one.',
      group: 'Judge',
      max: 256,
      default: '',
      when: storedModel,
      addedLater: true,
    }),
  },
  evaluates: true,
  appliesChecks: false,
  method: 'score',
  pace: 'at-once',
  limited: false,
  model: { ...source, field: 'onnxModel' },
  timedBy: ['onnxModel'],
  fault: () => null,
  remedy: (_: unknown, role: JudgeRoleField) => largerModel(role),
} as const satisfies JudgeKindRecord;
