import { LabError } from '../../lib/errors';
import type { JudgeTexts } from '../onnx/reading';

/** The texts of a folder at an address. */
export function folderTexts(folder: string): JudgeTexts {
  const get = (file: string) => fetch(new URL(file, folder)).catch(() => null);
  return {
    async text(file) {
      const response = await get(file);
      if (!response?.ok) throw new LabError('not-found', `${file} could not be fetched.`);
      return response.text();
    },
    async optionalText(file) {
      const response = await get(file);
      return response?.ok && !response.headers.get('content-type')?.startsWith('text/html') ? response.text() : null;
    },
  };
}
