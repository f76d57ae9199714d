import { text } from '../declare';
import type { FieldFault, JudgeKindRecord, JudgeRoleField } from './kind';
import { betterLanguageModel, type LanguageMethod } from './language';
import { parseRemoteAddress } from './remote-address';

interface RemoteJudge extends LanguageMethod {
  readonly remoteUrl: string;
  readonly remoteModel: string;
}

/** A language model at an OpenAI-compatible address. Its key is no part of the recipe. */
export const remote = {
  kind: 'remote',
  label: 'Language model at an address',
  runName: () => 'remote judge',
  description: 'a language model that compares or rates responses, at an OpenAI-compatible address',
  included: null,
  fields: {
    remoteUrl: text({
      label: 'Address',
      explanation: 'Base address of an OpenAI-compatible server, such as http://localhost:8080/v1.',
      group: 'Judge',
      max: 2048,
      default: '',
      addedLater: true,
    }),
    remoteModel: text({
      label: 'Model at the address',
      explanation: 'The model’s name on that server.',
      group: 'Judge',
      max: 256,
      default: '',
      addedLater: true,
    }),
  },
  evaluates: true,
  appliesChecks: false,
  method: 'chosen',
  pace: 'at-once',
  limited: true,
  model: { source: 'server', field: 'remoteModel' },
  timedBy: ['remoteUrl', 'remoteModel', 'judgeMethod', 'judgeReplyTokens'],
  fault: ({ remoteUrl, remoteModel }: RemoteJudge): FieldFault<'remoteUrl' | 'remoteModel'> | null => {
    const address = parseRemoteAddress(remoteUrl);
    if ('fault' in address) return { field: 'remoteUrl', message: address.fault };
    if (remoteModel.trim() !== '') return null;
    return {
      field: 'remoteModel',
      message: `The recipe names no model of ${address.host}: list the models of the server, and choose one.`,
    };
  },
  remedy: ({ remoteModel, judgeMethod }: Omit<RemoteJudge, 'remoteUrl'>, role: JudgeRoleField) =>
    betterLanguageModel(remoteModel, 'remoteModel', judgeMethod, role),
} as const satisfies JudgeKindRecord;
