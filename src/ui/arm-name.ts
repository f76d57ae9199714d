import type { Arm } from '../recipe/recipe';

/** The arms as the reader meets them. */
export const ARM_NAME: Record<Arm, string> = { thinking: 'thinks first', direct: 'answers at once' };
