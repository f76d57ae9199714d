import { LabError } from '../lib/errors';

/** What a file of a model says. @throws LabError bad-file */
export function parseModelJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LabError('bad-file', `${name} is not JSON.`, 'Download the model again.', { cause });
  }
}
