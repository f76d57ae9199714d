import { type Advice, type JudgeKindRecord, type JudgeRoleField, roleName } from './kind';

/** Applies the checks of a prompt to its reference answer: src/recipe/checks.ts. */
export const rule = {
  kind: 'rule',
  label: 'Rule: checks the answer',
  runName: () => 'rule judge',
  description: 'a rule that compares the response with the reference answer of the prompt',
  included: {
    name: 'Rule',
    bytes: 0,
    about: 'Checks the response against the prompt’s reference answer.',
  },
  fields: {},
  evaluates: true,
  appliesChecks: true,
  method: 'none',
  pace: 'at-once',
  limited: false,
  model: null,
  timedBy: [],
  fault: () => null,
  remedy: (_: unknown, role: JudgeRoleField): Advice<JudgeRoleField> => ({
    advice: `Its checks accept too much: make them stricter, or choose a language model as ${roleName(role)}.`,
    field: role,
  }),
} as const satisfies JudgeKindRecord;
