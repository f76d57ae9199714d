import { type JudgeKindRecord, type JudgeRoleField, largerModel } from './kind';

/** The policy's base weights, without the adapter. It compares two responses, and does not rate. */
export const self = {
  kind: 'self',
  label: 'The model itself, without its adapter',
  runName: () => 'its own judge',
  description: 'the base model itself, comparing two responses in both orders',
  included: {
    name: 'The model itself',
    bytes: 0,
    about: 'The base model, without the adapter, compares two responses.',
  },
  fields: {},
  evaluates: true,
  appliesChecks: false,
  method: 'comparison',
  pace: 'policy-idle',
  limited: false,
  model: { source: 'policy', field: 'model' },
  timedBy: ['model'],
  fault: () => null,
  remedy: (_: unknown, role: JudgeRoleField) => largerModel(role),
} as const satisfies JudgeKindRecord;
