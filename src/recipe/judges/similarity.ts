import { judgeModel } from '../declare';
import { type FieldFault, type JudgeKindRecord, type JudgeRoleField, largerModel } from './kind';

const source = { source: 'stored', use: 'embedding', bundled: null } as const;

/** Cosine similarity of the response and the reference answer, by a sentence-embedding model in ONNX. */
export const similarity = {
  kind: 'similarity',
  label: 'Similarity to the reference answer',
  runName: () => 'similarity',
  description: 'the similarity of the response to the reference answer, by a sentence-embedding model',
  included: null,
  fields: {
    similarityModel: judgeModel({
      label: 'Embedding model',
      explanation: 'A sentence-embedding model in ONNX: the score is the cosine of response and reference answer.',
      group: 'Judge',
      from: source,
      default: '',
      addedLater: true,
    }),
  },
  evaluates: true,
  appliesChecks: false,
  method: 'score',
  pace: 'at-once',
  limited: false,
  model: { ...source, field: 'similarityModel' },
  timedBy: ['similarityModel'],
  fault: ({ similarityModel }: { readonly similarityModel: string }): FieldFault<'similarityModel'> | null =>
    similarityModel === ''
      ? {
          field: 'similarityModel',
          message: 'The recipe names no sentence-embedding model: add one in Models and choose it.',
        }
      : null,
  remedy: (_: unknown, role: JudgeRoleField) => largerModel(role),
} as const satisfies JudgeKindRecord;
