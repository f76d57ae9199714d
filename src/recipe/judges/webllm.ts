import { judgeModel } from '../declare';
import type { FieldFault, JudgeKindRecord, JudgeRoleField } from './kind';
import { betterLanguageModel, type LanguageMethod } from './language';

interface WebllmJudge extends LanguageMethod {
  readonly webllmModel: string;
}

/** A language model that WebLLM runs in this tab. */
export const webllm = {
  kind: 'webllm',
  label: 'Language model in this tab (WebLLM)',
  runName: () => 'WebLLM judge',
  description: 'a language model that compares or rates responses, run by WebLLM',
  included: null,
  fields: {
    webllmModel: judgeModel({
      label: 'WebLLM model',
      explanation: 'A language model that WebLLM runs beside the policy, on the same GPU. You fetch it in Models.',
      group: 'Judge',
      from: { source: 'webllm' },
      default: '',
      addedLater: true,
    }),
  },
  evaluates: true,
  appliesChecks: false,
  method: 'chosen',
  pace: 'at-once',
  limited: false,
  model: { source: 'webllm', field: 'webllmModel' },
  timedBy: ['webllmModel', 'judgeMethod'],
  fault: ({ webllmModel }: WebllmJudge): FieldFault<'webllmModel'> | null =>
    webllmModel === ''
      ? { field: 'webllmModel', message: 'The recipe names no WebLLM model: fetch one in Models and choose it.' }
      : null,
  remedy: ({ webllmModel, judgeMethod }: WebllmJudge, role: JudgeRoleField) =>
    betterLanguageModel(webllmModel, 'webllmModel', judgeMethod, role),
} as const satisfies JudgeKindRecord;
