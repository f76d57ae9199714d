import type { Advice, JudgeKindRecord, JudgeRoleField } from './kind';

/** The user chooses the best and the worst response, and does not see which is which. */
export const human = {
  kind: 'human',
  label: 'You, blind',
  runName: () => 'judged by you',
  description: 'a person who chose the best and the worst response, blind',
  included: {
    name: 'You',
    bytes: 0,
    about: 'You choose between responses yourself, without seeing the thoughts.',
  },
  fields: {},
  evaluates: false,
  appliesChecks: false,
  method: 'none',
  pace: 'patient',
  limited: false,
  model: null,
  timedBy: [],
  fault: () => null,
  remedy: (_: unknown, role: JudgeRoleField): Advice<JudgeRoleField> => ({
    advice: 'Take your time: the votes wait for you.',
    field: role,
  }),
} as const satisfies JudgeKindRecord;
